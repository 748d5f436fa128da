"""One reading of the whole machine."""

from __future__ import annotations

import time

from workbench.core.telemetry import MachineReading
from workbench.telemetry.host import HostCpu, ProcessTree, memory_bytes
from workbench.telemetry.nvml import NvidiaGpus


class Sampler:
    """Reads the machine, and the trainer's processes when its pid is given.

    Shares of time are over the time since the last reading: read about once a second.
    A reading takes some milliseconds; do it outside the thread that paints.
    """

    def __init__(self, trainer_pid: int | None = None, gpus: NvidiaGpus | None = None) -> None:
        self._cpu = HostCpu()
        self._gpus = gpus or NvidiaGpus()
        self._trainer = None if trainer_pid is None else ProcessTree(trainer_pid)

    def read(self) -> MachineReading:
        used_bytes, total_bytes = memory_bytes()
        trainer = self._trainer.read() if self._trainer else None
        return MachineReading(
            t=time.time(),
            cpu_percent=self._cpu.percent(),
            memory_used_bytes=used_bytes,
            memory_total_bytes=total_bytes,
            gpus=self._gpus.read(),
            no_gpu_reason=self._gpus.no_gpu_reason,
            trainer_cpu_percent=trainer.cpu_percent if trainer else None,
            trainer_memory_bytes=trainer.memory_bytes if trainer else None,
        )

    def close(self) -> None:
        """Give back what the driver lent; a closed sampler reads no GPUs."""
        self._gpus.close()
