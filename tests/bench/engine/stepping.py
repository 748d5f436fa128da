"""A training process that makes one step when told to, so that two can take turns.

The parent writes a line to its standard input for each step; the process answers each with a JSON
line on the pipe that `--answers` names: {"step_s", "tokens"}, and at the end {"peak_bytes"}.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any


class Turns:
    """The child's side: wait for a turn, tell how long it took."""

    def __init__(self, answers: int) -> None:
        self._answers = os.fdopen(answers, "w")
        self._started = 0.0

    def wait(self) -> bool:
        """Block until the next step is wanted; False when no more is."""
        line = sys.stdin.readline().strip()
        self._started = time.perf_counter()
        return line == "step"

    def done(self, tokens: int, **more: float) -> None:
        """Tell that the step is over; `tokens` is what it read or wrote."""
        self._say({"step_s": time.perf_counter() - self._started, "tokens": tokens, **more})

    def ready(self) -> None:
        self._say({"ready": True})

    def finish(self) -> None:
        """Tell how much memory was needed at most, host or GPU."""
        import torch

        if torch.cuda.is_available():
            peak = torch.cuda.max_memory_allocated()
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self._say({"peak_bytes": peak})

    def _say(self, value: dict[str, Any]) -> None:
        self._answers.write(json.dumps(value) + "\n")
        self._answers.flush()


class Stepper:
    """The parent's side: a process that trains step by step."""

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        read, write = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--answers", str(write)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[write], text=True,
            env=environment,
        )  # fmt: skip
        os.close(write)
        self._answers = os.fdopen(read)
        self._hear()

    def step(self) -> dict[str, float]:
        """Let it make one step; returns what it tells."""
        return self._tell("step")

    def close(self) -> int:
        """End it; returns its peak memory in bytes."""
        peak = int(self._tell("end")["peak_bytes"])
        self._process.wait(60)
        return peak

    def _tell(self, word: str) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, float]:
        line = self._answers.readline()
        if not line:
            raise SystemExit(f"A training process ended early with {self._process.wait()}.")
        value: dict[str, float] = json.loads(line)
        return value
