"""The composition root: makes the application, its look and its window."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from workbench.core.errors import KnownError
from workbench.store.project import Project
from workbench.ui import icons, theme
from workbench.ui.garbage import GarbageCollector
from workbench.ui.main_window import MainWindow
from workbench.ui.preload import Preload
from workbench.ui.settings import SIZES_PERCENT, Settings

_PRELOAD_AFTER_MS = 300
_SWITCH_INTERVAL_S = 0.0002


def main(argv: Sequence[str] = ()) -> int:
    """Open the window on the project in `argv[0]`, else the last one, else on none.

    Returns the exit status once the window is closed. Needs a display: the caller checks.
    """
    settings = Settings.load()
    use_size(settings)
    app = application()
    GarbageCollector(app)
    theme.install(app, settings.theme)
    project, problem = _open(argv, settings)
    window = MainWindow(settings, project)
    _report_what_nobody_caught(window)
    window.show()
    QTimer.singleShot(_PRELOAD_AFTER_MS, window, lambda: Preload(window.session.bridge, window))
    if problem is not None:
        window.show_error(problem)
    return app.exec()


def use_size(settings: Settings) -> None:
    """Have Qt show everything as large as was chosen, unless its own variable says how large."""
    if settings.size_percent in SIZES_PERCENT and settings.size_percent != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", str(settings.size_percent / 100))


def application() -> QApplication:
    """The QApplication, made once."""
    present = QApplication.instance()
    if isinstance(present, QApplication):
        return present
    # A thread that computes lets others go on sooner: a key press waits for several in turn.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    app = QApplication(["workbench"])
    app.setApplicationName("workbench")
    app.setApplicationDisplayName("Workbench")
    app.setDesktopFileName("workbench")
    app.setWindowIcon(icons.app_icon())
    return app


def _open(argv: Sequence[str], settings: Settings) -> tuple[Project | None, KnownError | None]:
    """The project to start with. A named one that can't be opened is a problem to show."""
    if argv:
        wanted = Path(argv[0])
    elif settings.recent_projects and Path(settings.recent_projects[0]).is_dir():
        wanted = Path(settings.recent_projects[0])
    else:
        return None, None
    try:
        return Project.open(wanted), None
    except KnownError as error:
        return None, error


def _report_what_nobody_caught(window: MainWindow) -> None:
    """Show exceptions that reach nobody in the window's bar; they also go to standard error."""

    def on_gui_thread(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, error, trace)
        window.show_error(error)

    def on_other_thread(hook: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(hook)
        if hook.exc_value is not None:
            # The bridge of now: another project has another one.
            window.session.bridge.forward(window.show_error)(hook.exc_value)

    sys.excepthook = on_gui_thread
    threading.excepthook = on_other_thread
