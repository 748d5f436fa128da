"""Starting one of our own modules in another Python process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import workbench

_NICER = 5


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
    if hasattr(os, "nice"):
        os.nice(_NICER)
