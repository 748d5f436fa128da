"""As much work as a verdict is, but only that: no window, no lock of Python's; and a bare write.

What these take longer than they should is the machine's doing: other programs on its processors and
at its disk, or the host of a virtual machine, which keeps them to itself for a while.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import psutil

_SAMPLE_BYTES = 1 << 20
_SAMPLES = 30
_WRITTEN = bytes(8192)  # about what a verdict adds to the log


class PlainWork:
    """Hashes so many bytes as take `work_ms` on a processor that nobody else wants."""

    def __init__(self, work_ms: float) -> None:
        sample = bytes(_SAMPLE_BYTES)
        fastest_ms = min(_hashing_ms(sample) for _ in range(_SAMPLES))
        self._bytes = bytes(round(work_ms / fastest_ms * _SAMPLE_BYTES))

    def time_ms(self) -> float:
        """Do it once; returns how long it took by the clock."""
        return _hashing_ms(self._bytes)


def plain_write_ms(path: Path) -> float:
    """Add as much to a file as a verdict does to the log; how long until it is on the disk."""
    started = time.perf_counter()
    with path.open("ab", buffering=0) as file:
        file.write(_WRITTEN)
        os.fsync(file.fileno())
    return (time.perf_counter() - started) * 1000


def kept_by_host_s() -> float:
    """How long a virtual machine's processors stood still so far although there was work."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def _hashing_ms(data: bytes) -> float:
    started = time.perf_counter()
    hashlib.sha256(data)
    return (time.perf_counter() - started) * 1000
