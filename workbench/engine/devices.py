"""Which device a run computes on, and how it is named to people."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
from typing import TYPE_CHECKING

from workbench.core.errors import RunError

if TYPE_CHECKING:
    import torch

_PACKAGES = ("workbench", "torch", "transformers", "peft", "accelerate")


def versions() -> dict[str, str]:
    """Versions of what decides a run's result, read without importing it."""
    found = {}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def expected_device(wanted: str) -> str:
    """Guess what `resolve_device` will say, in milliseconds: importing torch takes seconds."""
    if wanted != "auto":
        return wanted
    if "+cpu" in importlib.metadata.version("torch"):
        return "cpu"
    import pynvml

    try:
        pynvml.nvmlInit()
        return "cuda:0" if pynvml.nvmlDeviceGetCount() else "cpu"
    except pynvml.NVMLError:
        return "cpu"


def resolve_device(wanted: str) -> torch.device:
    """The device for `auto`, `cpu`, `cuda`, `cuda:1` or `mps`; raises RunError where it is not."""
    import torch

    if wanted in {"auto", "cuda"} and torch.cuda.is_available():
        # Each of several processes has a card of its own.
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    if wanted == "auto":
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(wanted)
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            here = f"only {count} CUDA devices are" if count else "no CUDA device is"
            raise RunError(f"The run asks for {wanted}, but {here} here: choose device auto.")
        return torch.device("cuda", device.index or 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise RunError("The run asks for mps, which is not here: choose device auto.")
    return device


def has_bfloat16_units(device: torch.device) -> bool:
    """Whether matrix products are much faster in bfloat16: CUDA from Ampere on, CPUs with AMX."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and torch.cpu.get_capabilities().get("amx_bf16", False)


def describe(device: torch.device) -> str:
    """`cpu`, or `cuda:0 (NVIDIA H100)`."""
    import torch

    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)
