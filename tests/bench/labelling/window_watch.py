"""How long the window is ever deaf: a timer on its thread that notes when it comes late."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QTimer

_TICK_MS = 5


@dataclass(frozen=True, slots=True)
class Block:
    """The longest that the window did not answer: by the clock, and at work itself.

    They differ where other programs, or the panel's own threads, had the processor meanwhile.
    """

    wall_ms: float
    work_ms: float


class WindowWatch:
    """Measures from `start` to `stop`, on the thread that makes it."""

    def __init__(self) -> None:
        self._gaps: list[tuple[float, float]] = []
        self._last = (0.0, 0.0)
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = (time.perf_counter(), time.thread_time())
        self._timer.start(_TICK_MS)

    def stop(self) -> Block:
        """The longest block since `start`."""
        self._tick()
        self._timer.stop()
        return Block(max(wall for wall, _ in self._gaps), max(work for _, work in self._gaps))

    def _tick(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        wall_ms, work_ms = (
            (after - before) * 1000 for after, before in zip(now, self._last, strict=True)
        )
        self._gaps.append((wall_ms - _TICK_MS, work_ms))
        self._last = now


def live_until(is_done: Callable[[], bool], longest_s: float = 120.0) -> None:
    """Let the window live until something is so."""
    end = time.monotonic() + longest_s
    while not is_done():
        QCoreApplication.processEvents()
        if time.monotonic() > end:
            raise TimeoutError("the window did not come so far")
        time.sleep(0.0005)
