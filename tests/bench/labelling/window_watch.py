"""How long the window is ever deaf: a timer on its thread that notes when it comes late."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer

from tests.bench.labelling.plain_work import kept_by_host_s

_TICK_MS = 5
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class Block:
    """The longest that the window did not answer: by the clock, and at work itself.

    They need not be of the same moment. `queued_ms` is of the longest by the clock: how long the
    window's thread could have gone on but other programs, or the panel's own threads, had the
    processors. `host_ms` is how long the host of a virtual machine kept processors to itself
    meanwhile, all of them together. What is left of it then is Python's lock or the disk.
    """

    wall_ms: float
    work_ms: float
    queued_ms: float
    host_ms: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Milliseconds of one thread so far: by the clock, at work, and waiting for a processor."""

    wall_ms: float
    work_ms: float
    queued_ms: float

    def since(self, earlier: Moment) -> Moment:
        return Moment(
            self.wall_ms - earlier.wall_ms,
            self.work_ms - earlier.work_ms,
            self.queued_ms - earlier.queued_ms,
        )


class ThreadClock:
    """Reads the times of the thread that makes it."""

    def __init__(self) -> None:
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")

    def now(self) -> Moment:
        queued_ns = 0
        if self._schedule.exists():  # on Linux
            queued_ns = int(self._schedule.read_text().split()[1])
        return Moment(time.perf_counter() * 1000, time.thread_time() * 1000, queued_ns / 1e6)


class WindowWatch:
    """Measures from `start` to `stop`, on the thread that makes it."""

    def __init__(self) -> None:
        self._gaps: list[Block] = []
        self._clock = ThreadClock()
        self._last = self._clock.now()
        self._last_host_s = kept_by_host_s()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = self._clock.now()
        self._timer.start(_TICK_MS)

    def stop(self) -> Block:
        """The longest block since `start`."""
        self._tick()
        self._timer.stop()
        longest = max(self._gaps, key=lambda gap: gap.wall_ms)
        return replace(longest, work_ms=max(gap.work_ms for gap in self._gaps))

    def _tick(self) -> None:
        now, host_s = self._clock.now(), kept_by_host_s()
        gap, host_ms = now.since(self._last), (host_s - self._last_host_s) * 1000
        self._gaps.append(Block(gap.wall_ms - _TICK_MS, gap.work_ms, gap.queued_ms, host_ms))
        self._last, self._last_host_s = now, host_s


def live_for(seconds: float) -> None:
    """Let the window live for a while, as between two acts of a person."""
    living = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), living.quit)
    living.exec()


def live_until(is_done: Callable[[], bool], longest_s: float = 120.0) -> None:
    """Let the window live until something is so.

    It sleeps in between, as it does in life: to look a thousand times a second kept processors
    awake, and the host of a virtual machine took them away for tens of milliseconds.
    """
    end = time.monotonic() + longest_s
    while not is_done():
        live_for(_LOOK_S)
        if time.monotonic() > end:
            raise TimeoutError("the window did not come so far")
