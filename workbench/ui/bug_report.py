"""What a person can send us when something of ours broke. No Qt."""

from __future__ import annotations

import platform
import traceback
from importlib.metadata import PackageNotFoundError, version

from workbench import __version__

_PACKAGES = ("PySide6-Essentials", "pyqtgraph", "torch", "transformers", "peft")


def bug_report(error: BaseException) -> str:
    """Versions and the traceback, as text; it names no file of the person's but those in it."""
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    trace = "".join(traceback.format_exception(error))
    return (
        f"Workbench {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{versions}\n\n{trace}"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
