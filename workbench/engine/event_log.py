"""The trainer's side of the run protocol: events appended to one file, each line flushed."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType

from workbench.core.events import (
    Event,
    Heartbeat,
    Metric,
    Payload,
    RunState,
    StateChanged,
    encode,
)  # fmt: skip

HEARTBEAT_S = 5.0


class EventLog:
    """Appends events, and a heartbeat whenever nothing was said for `heartbeat_s` seconds.

    Use as a context manager; leaving it ends the heartbeat's thread. Safe from several threads.
    """

    def __init__(
        self, path: Path, run: str, attempt: int, *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._run = run
        self._attempt = attempt
        self._heartbeat_s = heartbeat_s
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._seq = 0
        self._last = time.monotonic()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self.doing = ""
        self.last_step = 0

    def __enter__(self) -> EventLog:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._thread.join()
        self._file.close()

    def emit(self, payload: Payload) -> None:
        with self._lock:
            self._seq += 1
            event = Event(self._run, self._attempt, self._seq, time.time(), payload)
            self._file.write(encode(event))
            self._file.flush()
            self._last = time.monotonic()
            if isinstance(payload, Metric):
                self.last_step = payload.step

    def report(self, doing: str) -> None:
        """Say what happens before the first step; heartbeats repeat it while it lasts."""
        self.doing = doing
        self.emit(StateChanged(RunState.STARTING, doing))

    def _beat(self) -> None:
        while not self._closed.wait(self._heartbeat_s / 5):
            if time.monotonic() - self._last >= self._heartbeat_s:
                self.emit(Heartbeat(self.doing))
