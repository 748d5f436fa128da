"""Which device a run means, so that two runs on one device wait for each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.telemetry.nvml import GpuName, list_gpus


@dataclass(frozen=True, slots=True)
class Device:
    """`key` names the device's lock; `title` is for people."""

    key: str
    title: str


CPU = Device("cpu", "the processor")
APPLE_GPU = Device("mps", "the Apple GPU")


def resolve_device(
    wanted: str,
    gpus: Sequence[GpuName] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Device:
    """Turn `auto`, `cpu`, `mps`, `cuda` or `cuda:N` into a device, without torch.

    N counts the GPUs that CUDA_VISIBLE_DEVICES leaves visible, in the order of the PCI bus, as
    CUDA does in the environment of `computing_environment`.
    """
    if wanted == "cpu":
        return CPU
    if wanted == "mps" or (wanted == "auto" and sys.platform == "darwin"):
        return APPLE_GPU
    visible = _visible(list_gpus() if gpus is None else gpus, environment)
    if wanted == "auto" and not visible:
        return CPU
    index = int(wanted.partition(":")[2] or 0) if wanted.startswith("cuda") else 0
    if index < len(visible):
        gpu = visible[index]
        return Device(gpu.uuid or f"cuda-{gpu.index}", f"GPU {gpu.index} ({gpu.name})")
    return Device(f"cuda-{index}", f"GPU {index}")


def _visible(gpus: Sequence[GpuName], environment: Mapping[str, str]) -> list[GpuName]:
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return list(gpus)
    visible = []
    for entry in (part.strip() for part in chosen.split(",")):
        found = [gpu for gpu in gpus if _is_meant(gpu, entry)]
        if len(found) != 1:  # CUDA itself ignores everything after an entry that is not there
            break
        visible.append(found[0])
    return visible


def _is_meant(gpu: GpuName, entry: str) -> bool:
    if entry.isdigit():
        return gpu.index == int(entry)
    return bool(entry) and gpu.uuid.startswith(entry)
