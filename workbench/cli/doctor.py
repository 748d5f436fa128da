"""What is here, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from workbench import __version__
from workbench.cli.display import missing_libraries, what_is_wrong_with_the_display
from workbench.core import paths
from workbench.core.errors import ModelFolderError
from workbench.modelfiles.embedded import EMBEDDED_NAME, embedded_model
from workbench.modelfiles.inspect import inspect_model
from workbench.telemetry.host import memory_bytes
from workbench.telemetry.nvml import list_gpus

_OLDEST_PYTHON, _NEWEST_PYTHON = (3, 11), (3, 13)
_PACKAGES = (
    "torch", "transformers", "peft", "accelerate", "safetensors", "huggingface_hub", "gguf",
    "PySide6-Essentials", "pyqtgraph", "QtAwesome", "sqlite-utils", "pydantic", "platformdirs",
    "psutil", "filelock", "nvidia-ml-py", "numpy", "tqdm",
)  # fmt: skip
_ROOM_NEEDED_BYTES = 2 * 1024**3
_SET_UP = "packaging/run sets everything up."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `advice` is there when something is missing or could be better.

    `needed_for` says what does not work without it; empty where everything works.
    """

    name: str
    found: str
    is_well: bool = True
    needed_for: str = ""
    advice: str = ""


def examine(*, as_json: bool) -> int:
    """Print what was found, be it well or not; returns 0."""
    findings = list(_findings())
    if as_json:
        is_well = all(finding.is_well for finding in findings)
        print(json.dumps({"is_well": is_well, "findings": [asdict(item) for item in findings]}))
    else:
        print("\n".join(_line(finding) for finding in findings))
    return 0


def _findings() -> Iterator[Finding]:
    yield Finding("workbench", __version__)
    yield _python()
    yield Finding("system", platform.platform())
    yield from (_package(name) for name in _PACKAGES)
    yield from _devices()
    yield _disk()
    yield _display()
    yield _libraries()
    yield _embedded()


def _python() -> Finding:
    version = sys.version_info[:2]
    if _OLDEST_PYTHON <= version <= _NEWEST_PYTHON:
        return Finding("Python", platform.python_version())
    return Finding(
        "Python", platform.python_version(), False, "everything", "Use Python 3.11, 3.12 or 3.13."
    )


def _package(name: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "not installed", False, "everything", _SET_UP)


def _devices() -> Iterator[Finding]:
    used, total = memory_bytes()
    gib = 1024**3
    yield Finding("processor", f"{os.cpu_count()} cores")
    yield Finding("memory", f"{(total - used) / gib:.1f} of {total / gib:.1f} GiB free")
    gpus = list_gpus()
    if not gpus:
        yield Finding("GPU", "no NVIDIA GPU here; runs use the processor")
    for gpu in gpus:
        yield _gpu(gpu.index, gpu.name)


def _gpu(index: int, name: str) -> Finding:
    try:
        is_cpu_build = "+cpu" in importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        is_cpu_build = False
    if not is_cpu_build:
        return Finding(f"GPU {index}", name)
    advice = "Install torch without +cpu, from the package index that your GPU's driver asks for."
    return Finding(f"GPU {index}", f"{name}, but torch is built without CUDA", False, "it", advice)


def _disk() -> Finding:
    folder = paths.data_dir()
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free for projects in {folder}"
    if free >= _ROOM_NEEDED_BYTES:
        return Finding("disk", found)
    return Finding("disk", found, False, "training", "Free 2 GiB or more.")


def _display() -> Finding:
    problem = what_is_wrong_with_the_display()
    if problem is None:
        return Finding("display", os.environ.get("QT_QPA_PLATFORM") or "there is one")
    return Finding(
        "display", problem, False, "the window", "Without a window: workbench demo --headless."
    )


def _libraries() -> Finding:
    missing = missing_libraries()
    if not missing:
        return Finding("Qt's libraries", "all there")
    names = ", ".join(library.name for library in missing)
    packages = " ".join(sorted({library.package for library in missing}))
    return Finding(
        "Qt's libraries", f"missing {names}", False, "the window", f"apt-get install {packages}"
    )


def _embedded() -> Finding:
    embedded = embedded_model()
    name = "embedded model"
    advice = "Make it with: workbench prepare."
    if not embedded.is_ready:
        return Finding(name, f"{EMBEDDED_NAME} is not made yet", False, "the demo", advice)
    try:
        details = inspect_model(embedded.folder, EMBEDDED_NAME)
    except ModelFolderError as error:
        advice = f"Delete {embedded.folder} and call: workbench prepare."
        return Finding(name, str(error), False, "the demo", advice)
    return Finding(
        name, f"{details.name}, {details.parameters / 1e6:.0f} million parameters, {details.dtype}"
    )


def _line(finding: Finding) -> str:
    mark = "✓" if finding.is_well else "✗"
    line = f"{mark} {finding.name:<20} {finding.found}"
    if finding.is_well:
        return line
    return f"{line}\n  {'':<20} needed for {finding.needed_for}. {finding.advice}"
