"""Progress of a command whose output goes to a file."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from workbench.cli.bar import LogLines
from workbench.cli.follow import show
from workbench.core.events import Event, Metric, Payload, RunState, StateChanged, Warned

_WORK = """
from workbench.cli.bar import progress_bar
with progress_bar(None, "Training") as bar:
    for step in range(1, 501):
        bar.move_to(step, 500)
        bar.say(f"loss {1 / step:.3f}")
"""


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_log_gets_a_line_now_and_then() -> None:
    out, clock = io.StringIO(), Clock()
    lines = LogLines(out, "Training", None, every_s=20, clock=clock)
    for step in range(61):
        lines.move_to(step, 60)
        lines.say(f"loss {step}")
        clock.now_s += 1
    lines.end()
    assert out.getvalue().splitlines() == [
        "Training: 0 of 60",
        "Training: 20 of 60, loss 19",
        "Training: 40 of 60, loss 39",
        "Training: 60 of 60, loss 59",
        "Training: 60 of 60, loss 60",
    ]


def test_what_should_be_read_later_stands_in_the_log_at_once() -> None:
    out, clock = io.StringIO(), Clock()
    lines = LogLines(out, "Training", 8, every_s=20, clock=clock)
    lines.say("starting")
    lines.tell("The loss is not a number.")
    lines.say("saving")
    assert out.getvalue().splitlines() == [
        "Training: 0 of 8, starting",
        "The loss is not a number.",
    ]


def test_why_a_run_ended_is_not_told_again_behind_its_last_step() -> None:
    out, clock = io.StringIO(), Clock()
    lines = LogLines(out, "Training", 8, every_s=20, clock=clock)
    why = "Chosen answers became less likely."
    happened: list[Payload] = [
        StateChanged(RunState.RUNNING, "training on the processor"), Metric(6, {"loss": 0.5}),
        Warned("drift", why, step=6), StateChanged(RunState.FINISHED, why),
    ]  # fmt: skip
    for seq, payload in enumerate(happened, start=1):
        show(Event("run", 1, seq, 0.0, payload), lines)
    lines.end()
    assert out.getvalue().splitlines() == [
        "Training: 0 of 8, training on the processor",
        why,
        "Training: 6 of 8, loss 0.500",
    ]


def test_a_command_writes_few_whole_lines_into_a_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        subprocess.run([sys.executable, "-c", _WORK], stderr=out, check=True)
    said = log.read_bytes().decode()
    assert "\r" not in said
    assert said.splitlines()[-1] == "Training: 500 of 500, loss 0.002"
    # A machine that stands still for long writes some more; each step would be hundreds.
    assert len(said.splitlines()) < 50
