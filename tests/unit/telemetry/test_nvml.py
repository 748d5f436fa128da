"""What NVML says is told as it is; what it does not say is None, never 0."""

from __future__ import annotations

import dataclasses
import math

import pynvml
import pytest

from tests.unit.telemetry.fake_nvml import FakeNvml
from workbench.core.telemetry import GpuReading
from workbench.telemetry.nvml import NO_GPU, GpuName, NvidiaGpus, list_gpus
from workbench.telemetry.sampler import Sampler

FULL = GpuReading(
    index=0, uuid="GPU-1234", name="NVIDIA H100", busy_percent=97.0, sm_active_percent=50.0,
    tensor_active_percent=50.0, fp32_active_percent=50.0, dram_active_percent=50.0,
    memory_used_bytes=10, memory_total_bytes=80, temperature_c=61.0, power_w=412.5,
)  # fmt: skip


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def read_after(nvml: FakeNvml, *elapsed_s: float) -> list[GpuReading]:
    """One reading after each of the times."""
    clock = Clock()
    gpus = NvidiaGpus(nvml, clock)
    readings = []
    for span_s in elapsed_s:
        clock.now += span_s
        readings += gpus.read()
    gpus.close()
    return readings


def test_a_card_that_answers_everything() -> None:
    nvml = FakeNvml()
    assert read_after(nvml, 1.0) == [FULL]
    assert nvml.freed == 2
    assert nvml.called[-1] == "nvmlShutdown"


def test_each_reading_compares_the_two_newest_samples() -> None:
    nvml = FakeNvml()
    read_after(nvml, 1.0, 1.0, 1.0)
    assert nvml.compared == [(1, 2), (2, 3), (3, 4)]


def test_samples_too_close_together_are_not_compared() -> None:
    nvml = FakeNvml()
    early, later, soon = read_after(nvml, 0.1, 0.2, 0.1)
    assert early.sm_active_percent is None
    assert later.sm_active_percent == soon.sm_active_percent == 50.0
    assert nvml.compared == [(1, 2)]


EVERY_CALL = {
    "nvmlDeviceGetUtilizationRates": {"busy_percent"},
    "nvmlDeviceGetMemoryInfo": {"memory_used_bytes", "memory_total_bytes"},
    "nvmlGpmMetricsGet": {
        "sm_active_percent", "tensor_active_percent", "fp32_active_percent", "dram_active_percent",
    },
    "nvmlGpmQueryDeviceSupport": {
        "sm_active_percent", "tensor_active_percent", "fp32_active_percent", "dram_active_percent",
    },
    "nvmlGpmSampleAlloc": {
        "sm_active_percent", "tensor_active_percent", "fp32_active_percent", "dram_active_percent",
    },
    "nvmlGpmSampleGet": {
        "sm_active_percent", "tensor_active_percent", "fp32_active_percent", "dram_active_percent",
    },
    "nvmlDeviceGetHandleByUUID": set(),
}  # fmt: skip


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize(
    "error", [pynvml.NVML_ERROR_NOT_SUPPORTED, pynvml.NVML_ERROR_UNKNOWN, 12345]
)
def test_an_error_blanks_its_own_figures_only(call: str, error: int) -> None:
    (reading,) = read_after(FakeNvml(errors={call: error}), 1.0)
    blank = dict.fromkeys(EVERY_CALL[call])
    assert reading == dataclasses.replace(FULL, **blank)


def test_what_a_card_lacks_is_asked_for_once() -> None:
    name = "nvmlDeviceGetUtilizationRates"
    lacking = FakeNvml(errors={name: pynvml.NVML_ERROR_NOT_SUPPORTED})
    read_after(lacking, 1.0, 1.0, 1.0)
    assert lacking.called.count(name) == 1
    failing = FakeNvml(errors={name: pynvml.NVML_ERROR_TIMEOUT})
    read_after(failing, 1.0, 1.0, 1.0)
    assert failing.called.count(name) == 3


def test_older_calls_take_over() -> None:
    missing = pynvml.NVML_ERROR_FUNCTION_NOT_FOUND
    nvml = FakeNvml(
        errors={"nvmlDeviceGetTemperatureV": missing, "nvmlDeviceGetFieldValues": missing}
    )
    (reading,) = read_after(nvml, 1.0)
    assert (reading.temperature_c, reading.power_w) == (62.0, 400.0)
    nvml = FakeNvml(errors={"field": pynvml.NVML_ERROR_NOT_SUPPORTED})
    assert read_after(nvml, 1.0)[0].power_w == 400.0


def test_a_metric_that_gpm_lacks_or_cannot_tell_is_blank() -> None:
    nvml = FakeNvml(
        gpm_values={pynvml.NVML_GPM_METRIC_SM_UTIL: math.nan},
        gpm_returns={pynvml.NVML_GPM_METRIC_FP32_UTIL: pynvml.NVML_ERROR_NOT_SUPPORTED},
    )
    (reading,) = read_after(nvml, 1.0)
    assert reading == dataclasses.replace(FULL, sm_active_percent=None, fp32_active_percent=None)


def test_a_card_without_gpm_is_still_read() -> None:
    nvml = FakeNvml(has_gpm=False)
    (reading,) = read_after(nvml, 1.0)
    assert (reading.busy_percent, reading.sm_active_percent) == (97.0, None)
    assert "nvmlGpmSampleAlloc" not in nvml.called


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, NO_GPU),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, NO_GPU),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "version mismatch"),
    ],
)
def test_no_driver_has_a_reason(error: int, reason: str) -> None:
    nvml = FakeNvml(errors={"nvmlInit": error})
    gpus = NvidiaGpus(nvml)
    assert gpus.read() == ()
    assert gpus.no_gpu_reason is not None
    assert reason in gpus.no_gpu_reason
    gpus.close()
    assert list_gpus(nvml) == ()
    assert "nvmlShutdown" not in nvml.called


def test_a_driver_without_cards_is_no_gpu() -> None:
    gpus = NvidiaGpus(FakeNvml(errors={"nvmlDeviceGetCount": pynvml.NVML_ERROR_UNKNOWN}))
    assert (gpus.read(), gpus.no_gpu_reason) == ((), NO_GPU)
    gpus.close()


def test_cards_are_listed_by_uuid() -> None:
    nvml = FakeNvml()
    assert list_gpus(nvml) == (GpuName(0, "GPU-1234", "NVIDIA H100"),)
    assert nvml.called[-1] == "nvmlShutdown"


def test_a_sampler_tells_of_gpus_and_closes_them() -> None:
    sampler = Sampler(gpus=NvidiaGpus(FakeNvml()))
    reading = sampler.read()
    assert reading.gpus[0].name == "NVIDIA H100"
    assert reading.no_gpu_reason is None
    sampler.close()
    assert sampler.read().gpus == ()
