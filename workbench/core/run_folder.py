"""A run is a folder: this names everything in it.

spec.json               what to train (RunSpec)
data/train.jsonl        the frozen snapshot it trains on
data/eval.jsonl         examples it is measured on and never trains on (may be empty)
attempt-1/              one per start or resume
    events.jsonl        written by the trainer alone
    telemetry.jsonl     written by the supervisor alone
    control.json        written by whoever steers the run
    output.log          what the trainer printed
    supervisor.log      what the supervisor printed
    exit.json           how the trainer ended, in the supervisor's words
checkpoints/step-00000012/
adapter/ or model/      the result: an adapter, or the whole model where all of it was trained
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ATTEMPT = re.compile(r"attempt-(\d+)")
_CHECKPOINT = re.compile(r"step-(\d+)")


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    path: Path
    number: int

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def telemetry(self) -> Path:
        return self.path / "telemetry.jsonl"

    @property
    def control(self) -> Path:
        return self.path / "control.json"

    @property
    def output_log(self) -> Path:
        return self.path / "output.log"

    @property
    def supervisor_log(self) -> Path:
        return self.path / "supervisor.log"

    @property
    def supervisor_pid(self) -> Path:
        return self.path / "supervisor.json"

    @property
    def exit(self) -> Path:
        return self.path / "exit.json"


@dataclass(frozen=True, slots=True)
class RunFolder:
    path: Path

    @property
    def spec(self) -> Path:
        return self.path / "spec.json"

    @property
    def train_data(self) -> Path:
        return self.path / "data" / "train.jsonl"

    @property
    def eval_data(self) -> Path:
        return self.path / "data" / "eval.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def adapter(self) -> Path:
        return self.path / "adapter"

    @property
    def model(self) -> Path:
        return self.path / "model"

    def checkpoint(self, step: int) -> Path:
        return self.checkpoints / f"step-{step:08d}"

    def checkpoint_steps(self) -> list[int]:
        """Steps of the complete checkpoints, ascending; unfinished ones bear another name."""
        return sorted(_numbers(self.checkpoints, _CHECKPOINT))

    def attempt(self, number: int) -> AttemptFolder:
        return AttemptFolder(self.path / f"attempt-{number}", number)

    def attempts(self) -> list[AttemptFolder]:
        return [self.attempt(number) for number in sorted(_numbers(self.path, _ATTEMPT))]

    def next_attempt(self) -> AttemptFolder:
        """Make and return the folder of a new attempt."""
        attempts = self.attempts()
        attempt = self.attempt(attempts[-1].number + 1 if attempts else 1)
        attempt.path.mkdir(parents=True)
        return attempt


def _numbers(folder: Path, pattern: re.Pattern[str]) -> list[int]:
    if not folder.is_dir():
        return []
    matches = (pattern.fullmatch(child.name) for child in folder.iterdir())
    return [int(match.group(1)) for match in matches if match]
