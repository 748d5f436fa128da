"""Runs that do not answer are ended all the same, stage by stage."""

from __future__ import annotations

import time

from tests.unit.runner.conftest import MakeRun, start, wait_for_report, wait_until
from workbench.core.control import Command
from workbench.core.events import RunState
from workbench.runner.exit_report import ExitKind
from workbench.runner.facts import read_facts
from workbench.runner.steering import Ending, Stage, end


def stages_of(ending: Ending) -> list[Stage]:
    """Advance until the end; returns each stage that was gone through, in order."""
    seen = [ending.stage]

    def advance() -> bool:
        stage = ending.advance(time.monotonic())
        if stage is not seen[-1]:
            seen.append(stage)
        return stage is Stage.ENDED

    wait_until(advance)
    return seen


def test_a_trainer_that_answers_is_left_to_save_its_checkpoint(make_run: MakeRun) -> None:
    folder = make_run(steps=100_000, step_s=0.02)
    attempt = start(folder)
    wait_until(lambda: (read_facts(attempt.events).last_step or 0) > 2)
    seen = stages_of(end(folder, Command.PAUSE, time.monotonic()))
    assert Stage.TERMINATING not in seen
    report = wait_for_report(attempt)
    assert report.state is RunState.PAUSED
    assert folder.checkpoint_steps() == [report.last_step]


def test_a_deaf_trainer_is_ended_by_force(make_run: MakeRun) -> None:
    folder = make_run(steps=100_000, step_s=0.02, deaf=True, child=True)
    attempt = start(folder)
    wait_until(lambda: (read_facts(attempt.events).last_step or 0) > 2)
    ending = end(
        folder, Command.STOP, time.monotonic(), answer_within_s=0.2, terminate_within_s=0.2
    )
    assert stages_of(ending) == [Stage.ASKED, Stage.TERMINATING, Stage.KILLING, Stage.ENDED]
    report = wait_for_report(attempt)
    assert (report.state, report.kind) == (RunState.STOPPED, ExitKind.KILLED)


def test_a_run_in_the_queue_ends_without_force(make_run: MakeRun) -> None:
    running, waiting = make_run(steps=100_000, step_s=0.02), make_run()
    first = start(running)
    wait_until(lambda: read_facts(first.events).hello)
    second = start(waiting)
    assert stages_of(end(waiting, Command.STOP, time.monotonic())) == [Stage.ASKED, Stage.ENDED]
    assert wait_for_report(second).state is RunState.STOPPED
    stages_of(end(running, Command.STOP, time.monotonic()))
