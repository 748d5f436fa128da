"""Stands in for the module `pynvml`: its real constants and structures, without a driver."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml


@dataclass
class FakeNvml:
    """Functions answer with the values below, or raise what `errors` names for them."""

    errors: dict[str, int] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)
    has_gpm: bool = True
    gpm_values: dict[int, float] = field(default_factory=dict)
    gpm_returns: dict[int, int] = field(default_factory=dict)
    samples: list[Any] = field(default_factory=list)
    compared: list[tuple[int, int]] = field(default_factory=list)
    freed: int = 0

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml") or name == "nvmlMemory_v2":
            return getattr(pynvml, name)
        answer: Callable[..., Any] = getattr(type(self), f"_{name}")

        def call(*arguments: Any, **options: Any) -> Any:
            self.called.append(name)
            if name in self.errors:
                raise pynvml.NVMLError(self.errors[name])
            return answer(self, *arguments, **options)

        return call

    def _nvmlInit(self) -> None: ...

    def _nvmlShutdown(self) -> None: ...

    def _nvmlDeviceGetCount(self) -> int:
        return 1

    def _nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        return f"handle {index}"

    def _nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        return f"handle of {uuid}"

    def _nvmlDeviceGetUUID(self, _handle: str) -> str:
        return "GPU-1234"

    def _nvmlDeviceGetName(self, _handle: str) -> str:
        return "NVIDIA H100"

    def _nvmlDeviceGetUtilizationRates(self, _handle: str) -> SimpleNamespace:
        return SimpleNamespace(gpu=97, memory=30)

    def _nvmlDeviceGetMemoryInfo(self, _handle: str, version: int | None = None) -> SimpleNamespace:
        return SimpleNamespace(used=10 if version else 11, total=80)

    def _nvmlDeviceGetTemperatureV(self, _handle: str, _sensor: int) -> int:
        return 61

    def _nvmlDeviceGetTemperature(self, _handle: str, _sensor: int) -> int:
        return 62

    def _nvmlDeviceGetFieldValues(self, _handle: str, fields: list[int]) -> Any:
        values = (pynvml.c_nvmlFieldValue_t * len(fields))()
        values[0].value.uiVal = 412_500
        values[0].nvmlReturn = self.errors.get("field", pynvml.NVML_SUCCESS)
        return values

    def _nvmlDeviceGetPowerUsage(self, _handle: str) -> int:
        return 400_000

    def _nvmlGpmQueryDeviceSupport(self, _handle: str) -> SimpleNamespace:
        return SimpleNamespace(isSupportedDevice=int(self.has_gpm))

    def _nvmlGpmSampleAlloc(self) -> Any:
        # A pointer to memory of its own, so that the two samples can be told apart.
        memory = ctypes.c_int(-1)
        self.samples.append(memory)
        return ctypes.cast(ctypes.pointer(memory), pynvml.c_nvmlGpmSample_t)

    def _nvmlGpmSampleGet(self, _handle: str, sample: Any) -> Any:
        number = ctypes.cast(sample, ctypes.POINTER(ctypes.c_int))
        number[0] = self.called.count("nvmlGpmSampleGet")
        return sample

    def _nvmlGpmSampleFree(self, _sample: Any) -> None:
        self.freed += 1

    def _nvmlGpmMetricsGet(self, request: Any) -> Any:
        numbers = (
            ctypes.cast(sample, ctypes.POINTER(ctypes.c_int))[0]
            for sample in (request.sample1, request.sample2)
        )
        older, newer = numbers
        self.compared.append((older, newer))
        for place in range(request.numMetrics):
            metric = request.metrics[place]
            metric.value = self.gpm_values.get(metric.metricId, 50.0)
            metric.nvmlReturn = self.gpm_returns.get(metric.metricId, pynvml.NVML_SUCCESS)
        return request
