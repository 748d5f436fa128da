"""A process that writes what a trainer writes, five steps a second, until it is ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil

from workbench.core.events import (
    Event,
    Heartbeat,
    Hello,
    Metric,
    Payload,
    RunState,
    StateChanged,
    encode,
)

_STEP_S = 0.2
_METRICS = 24


def main(attempt: Path) -> None:
    run = attempt.parent.name
    with (attempt / "events.jsonl").open("a", encoding="utf-8") as file:
        started_at = psutil.Process().create_time()
        payloads: list[Payload] = [
            Hello(os.getpid(), started_at, "cpu", total_steps=1_000_000),
            StateChanged(RunState.RUNNING),
        ]
        step = 0
        seq = 0
        while True:
            for payload in payloads:
                seq += 1
                file.write(encode(Event(run, 1, seq, time.time(), payload)))
            file.flush()
            time.sleep(_STEP_S)
            step += 1
            values = {f"metric/{number}": 1.0 / (step + number) for number in range(_METRICS)}
            payloads = [Metric(step, values), Heartbeat("training")]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
