"""How long the window is ever deaf: a timer on its thread that notes when it comes late."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QTimer

_TICK_MS = 5


@dataclass(frozen=True, slots=True)
class Block:
    """The longest that the window did not answer: by the clock, and at work itself.

    They need not be of the same moment. `queued_ms` is of the longest by the clock: how long the
    window's thread could have gone on but other programs, or the panel's own threads, had the
    processors. What is left of it then is Python's lock, the disk, or the machine's host.
    """

    wall_ms: float
    work_ms: float
    queued_ms: float


class WindowWatch:
    """Measures from `start` to `stop`, on the thread that makes it."""

    def __init__(self) -> None:
        self._gaps: list[Block] = []
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._last = self._now()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = self._now()
        self._timer.start(_TICK_MS)

    def stop(self) -> Block:
        """The longest block since `start`."""
        self._tick()
        self._timer.stop()
        longest = max(self._gaps, key=lambda gap: gap.wall_ms)
        return replace(longest, work_ms=max(gap.work_ms for gap in self._gaps))

    def _tick(self) -> None:
        now = self._now()
        wall_ms, work_ms, queued_ms = (
            after - before for after, before in zip(now, self._last, strict=True)
        )
        self._gaps.append(Block(wall_ms - _TICK_MS, work_ms, queued_ms))
        self._last = now

    def _now(self) -> tuple[float, float, float]:
        """Milliseconds by the clock, at work, and waiting for a processor."""
        queued_ns = 0
        if self._schedule.exists():  # on Linux
            queued_ns = int(self._schedule.read_text().split()[1])
        return time.perf_counter() * 1000, time.thread_time() * 1000, queued_ns / 1e6


def live_until(is_done: Callable[[], bool], longest_s: float = 120.0) -> None:
    """Let the window live until something is so."""
    end = time.monotonic() + longest_s
    while not is_done():
        QCoreApplication.processEvents()
        if time.monotonic() > end:
            raise TimeoutError("the window did not come so far")
        time.sleep(0.0005)
