"""Starting one of our own modules in another Python process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import workbench

_NICER = 5
_SESSION_WEIGHT = Path("/proc/self/autogroup")


def module_command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def module_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which our modules are found, whatever the working folder is."""
    package_root = str(Path(workbench.__file__).resolve().parent.parent)
    path = environment.get("PYTHONPATH")
    return {
        **environment,
        "PYTHONPATH": f"{package_root}{os.pathsep}{path}" if path else package_root,
    }


def stand_back() -> None:
    """Leave the processor first to what a person waits for, such as the window.

    It costs this process nothing where there is processor enough for all.
    """
    if not hasattr(os, "nice"):
        return
    os.nice(_NICER)
    if os.getsid(0) == os.getpid():
        # Linux weighs whole sessions against each other, whatever their processes' niceness is.
        with suppress(OSError):
            _SESSION_WEIGHT.write_text(str(_NICER))
