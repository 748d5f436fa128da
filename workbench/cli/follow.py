"""Training in the foreground: start a run's folder and follow it on the terminal.

The trainer is the same background process that the window starts. Ctrl+C asks it to save a
checkpoint and stop; a terminal that dies leaves it running.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from workbench.cli.bar import Bar, progress_bar
from workbench.core import events
from workbench.core.control import Command
from workbench.core.errors import RunError
from workbench.core.events import Event, Hello, Metric, RunState, StateChanged, Warned
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.launch import start_attempt
from workbench.runner.liveness import AttemptStatus, attempt_status
from workbench.runner.spec_file import read_spec
from workbench.runner.steering import end
from workbench.runner.tail import read_chunk

_POLL_S = 0.2


def train(run_dir: Path) -> int:
    """Start or resume the run in `run_dir` and wait for its end; raises RunError."""
    folder = RunFolder(run_dir)
    name = read_spec(run_dir).name
    attempts = folder.attempts()
    if attempts and attempt_status(attempts[-1]).state is RunState.FINISHED:
        raise RunError(f"{name} is finished: its adapter is in {folder.adapter}.")
    status = follow(folder, start_attempt(folder), f"Training {name}")
    if status.state is RunState.CRASHED:
        raise RunError(status.detail)
    print(f"{name} is {status.state.value}. {status.detail}".strip())
    return 0


def follow(folder: RunFolder, attempt: AttemptFolder, title: str) -> AttemptStatus:
    """Show the attempt's progress until it has ended; Ctrl+C stops it first."""
    with progress_bar(None, title) as bar:
        try:
            return _wait(attempt, bar)
        except KeyboardInterrupt:
            bar.say("stopping: saving a checkpoint")
            return _stop(folder, attempt)


def _stop(folder: RunFolder, attempt: AttemptFolder) -> AttemptStatus:
    """Ask for a checkpoint and the end, and insist after 30 s; more Ctrl+C changes nothing."""
    ending = end(folder, Command.STOP, time.monotonic())
    while (status := attempt_status(attempt)).state.is_active:
        with contextlib.suppress(KeyboardInterrupt):
            ending.advance(time.monotonic())
            time.sleep(_POLL_S)
    return status


def _wait(attempt: AttemptFolder, bar: Bar) -> AttemptStatus:
    offset = 0
    while True:
        status = attempt_status(attempt)  # first, so that an ended one has said everything
        chunk = read_chunk(attempt.events, offset, events.decode)
        offset = chunk.offset
        for event in chunk.items:
            show(event, bar)
        if not status.state.is_active:
            return status
        if status.state in {RunState.QUEUED, RunState.STARTING, RunState.NO_CONTACT}:
            bar.say(status.detail)
        time.sleep(_POLL_S)


def show(event: Event, bar: Bar) -> None:
    """Show on `bar` what an event says of a run at work; how it ended is told afterwards."""
    payload = event.payload
    if isinstance(payload, Hello):
        bar.move_to(payload.resumed_from_step or 0, payload.total_steps)
    elif isinstance(payload, Metric) and "loss" in payload.values:
        bar.move_to(payload.step)
        bar.say(_figures(payload))
    elif isinstance(payload, StateChanged) and payload.state.is_active:
        bar.say(payload.detail)
    elif isinstance(payload, Warned):
        bar.tell(payload.message)


def _figures(metric: Metric) -> str:
    shown = {"loss": "loss", "rewards/margins": "margin", "rewards/accuracies": "accuracy"}
    return ", ".join(
        f"{words} {metric.values[name]:.3f}"
        for name, words in shown.items()
        if name in metric.values
    )
