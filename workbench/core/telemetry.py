"""One reading of the machine. None means "not available here", never zero."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One NVIDIA GPU. Shares are 0 to 100, named for what NVML and GPM really measure."""

    index: int
    uuid: str
    name: str
    busy_percent: float | None = None
    sm_active_percent: float | None = None
    tensor_active_percent: float | None = None
    fp32_active_percent: float | None = None
    dram_active_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    temperature_c: float | None = None
    power_w: float | None = None


@dataclass(frozen=True, slots=True)
class MachineReading:
    """CPU, memory and GPUs at the time `t` (seconds since 1970)."""

    t: float
    cpu_percent: float | None
    memory_used_bytes: int
    memory_total_bytes: int
    gpus: tuple[GpuReading, ...] = ()
    no_gpu_reason: str | None = None
    trainer_cpu_percent: float | None = None
    trainer_memory_bytes: int | None = None

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> MachineReading:
        """Read what `to_json` wrote; fields that this version does not know are left out."""
        fields = _known(cls, value)
        fields["gpus"] = tuple(GpuReading(**_known(GpuReading, gpu)) for gpu in value["gpus"])
        return cls(**fields)


def _known(kind: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    names = {item.name for item in dataclasses.fields(kind)}
    return {name: item for name, item in value.items() if name in names}
