"""NVIDIA GPUs through NVML: each figure is what NVML says it is, or None."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import pynvml

from workbench.core.telemetry import GpuReading
from workbench.telemetry.gpm import Gpm, GpmReading
from workbench.telemetry.nvml_calls import NvmlCalls

NO_GPU = "No NVIDIA GPU here"


@dataclass(frozen=True, slots=True)
class GpuName:
    """A GPU by NVML's index, which follows the PCI bus, and by the UUID that stays with it."""

    index: int
    uuid: str
    name: str


class Gpu:
    """Reads one GPU."""

    def __init__(
        self, nvml: ModuleType, gpu: GpuName, handle: Any, clock: Callable[[], float]
    ) -> None:
        self._nvml = nvml
        self._gpu = gpu
        self._handle = handle
        self._calls = NvmlCalls(nvml)
        self._gpm: Gpm | None = Gpm(nvml, handle, self._calls, clock)
        if not self._gpm.start():
            self._gpm = None

    def read(self) -> GpuReading:
        gpm = self._gpm.read() if self._gpm else GpmReading()
        used_bytes, total_bytes = self._memory()
        return GpuReading(
            index=self._gpu.index,
            uuid=self._gpu.uuid,
            name=self._gpu.name,
            busy_percent=self._busy_percent(),
            sm_active_percent=gpm.sm_active,
            tensor_active_percent=gpm.tensor_active,
            fp32_active_percent=gpm.fp32_active,
            dram_active_percent=gpm.dram_active,
            memory_used_bytes=used_bytes,
            memory_total_bytes=total_bytes,
            temperature_c=self._temperature_c(),
            power_w=self._power_w(),
        )

    def close(self) -> None:
        if self._gpm:
            self._gpm.close()
            self._gpm = None

    def _ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call NVML's function `name` for this device; None when it can't answer."""
        return self._calls.ask(
            f"{name} {options}",
            lambda: getattr(self._nvml, name)(self._handle, *arguments, **options),
        )

    def _busy_percent(self) -> float | None:
        rates = self._ask("nvmlDeviceGetUtilizationRates")
        return None if rates is None else float(rates.gpu)

    def _memory(self) -> tuple[int | None, int | None]:
        memory = self._ask("nvmlDeviceGetMemoryInfo", version=self._nvml.nvmlMemory_v2)
        if memory is None:  # drivers before 510
            memory = self._ask("nvmlDeviceGetMemoryInfo")
        return (None, None) if memory is None else (int(memory.used), int(memory.total))

    def _temperature_c(self) -> float | None:
        sensor = self._nvml.NVML_TEMPERATURE_GPU
        for name in ("nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature"):
            temperature = self._ask(name, sensor)
            if temperature is not None:
                return float(temperature)
        return None

    def _power_w(self) -> float | None:
        fields = self._ask("nvmlDeviceGetFieldValues", [self._nvml.NVML_FI_DEV_POWER_INSTANT])
        if fields is not None and fields[0].nvmlReturn == self._nvml.NVML_SUCCESS:
            return float(fields[0].value.uiVal) / 1000
        power_mw = self._ask("nvmlDeviceGetPowerUsage")
        return None if power_mw is None else float(power_mw) / 1000


class NvidiaGpus:
    """Every NVIDIA GPU of this machine; none, with the reason, where there is no driver."""

    def __init__(
        self, nvml: ModuleType = pynvml, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._nvml = nvml
        self._gpus: list[Gpu] = []
        self._is_open = False
        self.no_gpu_reason: str | None = NO_GPU
        try:
            nvml.nvmlInit()
        except nvml.NVMLError as error:
            self.no_gpu_reason = _why_none(nvml, error)
            return
        self._is_open = True
        self._gpus = [Gpu(nvml, gpu, handle, clock) for gpu, handle in _found(nvml)]
        if self._gpus:
            self.no_gpu_reason = None

    def read(self) -> tuple[GpuReading, ...]:
        return tuple(gpu.read() for gpu in self._gpus)

    def close(self) -> None:
        for gpu in self._gpus:
            gpu.close()
        self._gpus = []
        if self._is_open:
            self._is_open = False
            NvmlCalls(self._nvml).ask("nvmlShutdown", self._nvml.nvmlShutdown)


def list_gpus(nvml: ModuleType = pynvml) -> tuple[GpuName, ...]:
    """The machine's NVIDIA GPUs in NVML's order; none where there is no driver."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return ()
    try:
        return tuple(gpu for gpu, _ in _found(nvml))
    finally:
        NvmlCalls(nvml).ask("nvmlShutdown", nvml.nvmlShutdown)


def _found(nvml: ModuleType) -> list[tuple[GpuName, Any]]:
    calls = NvmlCalls(nvml)
    found = []
    for index in range(calls.ask("count", nvml.nvmlDeviceGetCount) or 0):
        by_index = calls.ask("by index", partial(nvml.nvmlDeviceGetHandleByIndex, index))
        if by_index is None:
            continue
        uuid = calls.ask("uuid", partial(nvml.nvmlDeviceGetUUID, by_index))
        name = calls.ask("name", partial(nvml.nvmlDeviceGetName, by_index))
        by_uuid = uuid and calls.ask("by uuid", partial(nvml.nvmlDeviceGetHandleByUUID, uuid))
        gpu = GpuName(index, str(uuid or ""), str(name or "NVIDIA GPU"))
        found.append((gpu, by_uuid or by_index))
    return found


def _why_none(nvml: ModuleType, error: Any) -> str:
    if error.value in (nvml.NVML_ERROR_LIBRARY_NOT_FOUND, nvml.NVML_ERROR_DRIVER_NOT_LOADED):
        return NO_GPU
    return f"The NVIDIA driver does not answer: {error}"
