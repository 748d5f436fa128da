"""How long somebody looked at a pair."""

from __future__ import annotations

import time
from collections.abc import Callable


class Stopwatch:
    """Counts seconds while it runs; it stands still while the window has no focus."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted_s = 0.0
        self._started_at: float | None = None

    @property
    def elapsed_s(self) -> float:
        running_s = 0.0 if self._started_at is None else self._clock() - self._started_at
        return self._counted_s + running_s

    def restart(self) -> None:
        self._counted_s = 0.0
        self._started_at = self._clock()

    def pause(self) -> None:
        self._counted_s = self.elapsed_s
        self._started_at = None

    def resume(self) -> None:
        if self._started_at is None:
            self._started_at = self._clock()
