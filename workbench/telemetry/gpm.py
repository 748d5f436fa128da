"""GPM: the shares of a GPU's parts that were at work between two samples (Hopper and later)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from workbench.telemetry.nvml_calls import NvmlCalls

_SHORTEST_SPAN_S = 0.2


@dataclass(frozen=True, slots=True)
class GpmReading:
    """Percent, averaged over the time between two samples; None is not available."""

    sm_active: float | None = None
    tensor_active: float | None = None
    fp32_active: float | None = None
    dram_active: float | None = None


@dataclass
class Gpm:
    """Two samples of one device that are swapped at each reading."""

    nvml: ModuleType
    handle: Any
    calls: NvmlCalls
    clock: Callable[[], float] = time.monotonic
    _older: Any = None
    _newer: Any = None
    _sampled_at: float = 0.0
    _last: GpmReading = field(default_factory=GpmReading)

    def start(self) -> bool:
        """Take the first sample; False when this device has no GPM."""
        nvml = self.nvml
        support = self.calls.ask("gpm", lambda: nvml.nvmlGpmQueryDeviceSupport(self.handle))
        if support is None or not support.isSupportedDevice:
            return False
        self._older = self.calls.ask("gpm", nvml.nvmlGpmSampleAlloc)
        self._newer = self.calls.ask("gpm", nvml.nvmlGpmSampleAlloc)
        if self._older is None or self._newer is None or not self._sample(self._older):
            self.close()
            return False
        return True

    def read(self) -> GpmReading:
        """Figures since the last reading; asked again too soon, the last figures."""
        if self._older is None or self.clock() - self._sampled_at < _SHORTEST_SPAN_S:
            return self._last
        if not self._sample(self._newer):
            self._last = GpmReading()
            return self._last
        self._last = self._figures()
        self._older, self._newer = self._newer, self._older
        return self._last

    def close(self) -> None:
        for sample in (self._older, self._newer):
            if sample is not None:
                self._ask_free(sample)
        self._older = self._newer = None

    def _ask_free(self, sample: Any) -> None:
        self.calls.ask("gpm free", lambda: self.nvml.nvmlGpmSampleFree(sample))

    def _sample(self, sample: Any) -> bool:
        taken = self.calls.ask(
            "gpm sample", lambda: self.nvml.nvmlGpmSampleGet(self.handle, sample)
        )
        if taken is None:
            return False
        self._sampled_at = self.clock()
        return True

    def _figures(self) -> GpmReading:
        nvml = self.nvml
        wanted = (
            nvml.NVML_GPM_METRIC_SM_UTIL,
            nvml.NVML_GPM_METRIC_ANY_TENSOR_UTIL,
            nvml.NVML_GPM_METRIC_FP32_UTIL,
            nvml.NVML_GPM_METRIC_DRAM_BW_UTIL,
        )
        request = nvml.c_nvmlGpmMetricsGet_t()
        request.version = nvml.NVML_GPM_METRICS_GET_VERSION
        request.numMetrics = len(wanted)
        request.sample1, request.sample2 = self._older, self._newer
        for place, metric in enumerate(wanted):
            request.metrics[place].metricId = metric
        if self.calls.ask("gpm metrics", lambda: nvml.nvmlGpmMetricsGet(request)) is None:
            return GpmReading()
        answers = request.metrics[: len(wanted)]
        return GpmReading(*(_percent(answer, nvml.NVML_SUCCESS) for answer in answers))


def _percent(answer: Any, success: int) -> float | None:
    value = float(answer.value)
    return value if answer.nvmlReturn == success and math.isfinite(value) else None
