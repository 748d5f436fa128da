"""Where the application keeps things on this machine.

`WORKBENCH_HOME` moves everything under one folder: for tests, and for a portable copy.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_APP = "workbench"


def _place(kind: str, default: str) -> Path:
    home = os.environ.get("WORKBENCH_HOME")
    folder = Path(home) / kind if home else Path(default)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cache_dir() -> Path:
    """What can be made again: the embedded model, cached reference log-probabilities."""
    return _place("cache", platformdirs.user_cache_dir(_APP))


def data_dir() -> Path:
    """What belongs to the person: projects, unless they chose another folder."""
    return _place("data", platformdirs.user_data_dir(_APP))


def state_dir() -> Path:
    """Recent projects, window geometry, device locks."""
    return _place("state", platformdirs.user_state_dir(_APP))


def projects_dir() -> Path:
    folder = data_dir() / "projects"
    folder.mkdir(exist_ok=True)
    return folder


def device_locks_dir() -> Path:
    """One lock file a device; the operating system frees a lock when its holder dies."""
    folder = state_dir() / "devices"
    folder.mkdir(exist_ok=True)
    return folder


def embedded_model_dir() -> Path:
    """The embedded default model as safetensors; complete once `config.json` is there."""
    return cache_dir() / "models" / "SmolLM2-135M-Instruct"


def resources_dir() -> Path:
    """Icons, fonts and the demo project's data: beside the package, or inside a built wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"
