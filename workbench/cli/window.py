"""Opening the window, where there is a display and everything that Qt needs."""

from __future__ import annotations

from pathlib import Path

from workbench.cli.display import missing_libraries, what_is_wrong_with_the_display
from workbench.core.errors import KnownError

_HEADLESS = "The same round without a window: workbench demo --headless"


def open_window(project: Path | None, *, demo: bool) -> int:
    """Open the window on a project, the demo or the last one; returns its exit code.

    Raises KnownError where no window can open.
    """
    problem = what_is_wrong_with_the_display()
    if problem is not None:
        raise KnownError(f"{problem}\n{_HEADLESS}")
    missing = missing_libraries()
    if missing:
        packages = " ".join(sorted({library.package for library in missing}))
        raise KnownError(
            f"Qt lacks system libraries: install them with apt-get install {packages}\n{_HEADLESS}"
        )
    if demo:
        from workbench.runner.demo_project import demo_project_folder, open_demo_project

        open_demo_project().close()
        project = demo_project_folder()
    from workbench.ui.app import main

    return main([str(project)] if project is not None else [])
