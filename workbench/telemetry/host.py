"""CPU and memory of the machine, and of the trainer with its child processes."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field

import psutil

# A share of time needs some time: over a shorter span the kernel's clock ticks show.
_SHORTEST_SPAN_S = 0.1


@dataclass(frozen=True, slots=True)
class TreeReading:
    """One process with all its descendants; 100 % is one core kept busy."""

    cpu_percent: float | None
    memory_bytes: int


@dataclass
class HostCpu:
    """How busy all cores together are, 0 to 100, since the last reading."""

    _read_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        psutil.cpu_percent()

    def percent(self) -> float | None:
        now = time.monotonic()
        if now - self._read_at < _SHORTEST_SPAN_S:
            return None
        self._read_at = now
        return psutil.cpu_percent()


@dataclass
class ProcessTree:
    """Watches process `pid` and its descendants. CPU is told from the second reading on."""

    pid: int
    _cpu_s: dict[psutil.Process, float] = field(default_factory=dict)
    _read_at: float | None = None

    def read(self) -> TreeReading | None:
        """None when the process is gone."""
        now = time.monotonic()
        try:
            root = psutil.Process(self.pid)
            processes = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return None
        cpu_s: dict[psutil.Process, float] = {}
        memory_bytes = 0
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
                times = process.cpu_times()
                memory_bytes += process.memory_info().rss
                cpu_s[process] = times.user + times.system
        percent = self._percent(cpu_s, now)
        if self._read_at is None or percent is not None:
            self._cpu_s, self._read_at = cpu_s, now
        return TreeReading(percent, memory_bytes) if cpu_s else None

    def _percent(self, cpu_s: dict[psutil.Process, float], now: float) -> float | None:
        if self._read_at is None or now - self._read_at < _SHORTEST_SPAN_S:
            return None
        # A child that is new since the last reading used all its time since then.
        used_s = sum(value - self._cpu_s.get(process, 0.0) for process, value in cpu_s.items())
        return 100 * max(0.0, used_s) / (now - self._read_at)


def memory_bytes() -> tuple[int, int]:
    """Used and total. Used is what the system could not give to another program."""
    memory = psutil.virtual_memory()
    return memory.total - memory.available, memory.total
