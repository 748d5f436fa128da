"""As much work as a verdict is, but only that: no window, no disk, no lock of Python's.

What this takes longer than it should is the machine's doing: other programs on its processors, or
the host of a virtual machine, which keeps them to itself for a while.
"""

from __future__ import annotations

import hashlib
import time

import psutil

_SAMPLE_BYTES = 1 << 20
_SAMPLES = 30


class PlainWork:
    """Hashes so many bytes as take `work_ms` on a processor that nobody else wants."""

    def __init__(self, work_ms: float) -> None:
        sample = bytes(_SAMPLE_BYTES)
        fastest_ms = min(_hashing_ms(sample) for _ in range(_SAMPLES))
        self._bytes = bytes(round(work_ms / fastest_ms * _SAMPLE_BYTES))

    def time_ms(self) -> float:
        """Do it once; returns how long it took by the clock."""
        return _hashing_ms(self._bytes)


def kept_by_host_s() -> float:
    """How long a virtual machine's processors stood still so far although there was work."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def _hashing_ms(data: bytes) -> float:
    started = time.perf_counter()
    hashlib.sha256(data)
    return (time.perf_counter() - started) * 1000
