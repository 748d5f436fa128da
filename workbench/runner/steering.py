"""Steering a run: ask by its control file, and insist where it does not answer."""

from __future__ import annotations

import signal
from enum import StrEnum

from workbench.core import events
from workbench.core.control import Command, Control, write_control
from workbench.core.errors import RunError
from workbench.core.events import Ack, Event
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.facts import read_facts
from workbench.runner.liveness import attempt_status, trainer_of
from workbench.runner.processes import signal_group
from workbench.runner.supervisor_record import read_record
from workbench.runner.tail import read_chunk


class Stage(StrEnum):
    """How far a request to stop or pause has come."""

    ASKED = "Asked, waiting for an answer"
    ANSWERED = "Saving a checkpoint"
    TERMINATING = "No answer: told to end"
    KILLING = "Still there: ending it by force"
    ENDED = "Ended"


def request(folder: RunFolder, command: Command) -> Control:
    """Ask the run's newest attempt; returns what was asked, whose id the answer repeats.

    Raises RunError when nothing is at work on the run.
    """
    return write_control(_active_attempt(folder).control, command)


def _active_attempt(folder: RunFolder) -> AttemptFolder:
    attempts = folder.attempts()
    if not attempts or not attempt_status(attempts[-1]).state.is_active:
        raise RunError("This run is not at work: there is nothing to stop. Resume it first.")
    return attempts[-1]


class Ending:
    """Sees a stop or a pause through: ask, then SIGTERM, then end the whole process group.

    Call `advance` now and then, once a second say; no thread, no clock of its own. The run's
    supervisor does so by itself; this is for runs that lost theirs, and to show the stage.
    """

    def __init__(
        self,
        attempt: AttemptFolder,
        control: Control,
        now: float,
        *,
        answer_within_s: float = 30.0,
        terminate_within_s: float = 10.0,
    ) -> None:
        self.stage = Stage.ASKED
        self._attempt = attempt
        self.control = control
        self._answer_within_s = answer_within_s
        self._terminate_within_s = terminate_within_s
        self._last_sign_at = now
        self._terminated_at = now
        self._offset = 0

    def advance(self, now: float) -> Stage:
        """Do what is due at the time `now`, in seconds of any clock that only goes forward."""
        if self.stage is Stage.ENDED or self._has_ended():
            self.stage = Stage.ENDED
        elif self.stage in (Stage.ASKED, Stage.ANSWERED):
            self._listen(now)
            if now - self._last_sign_at > self._answer_within_s:
                self._signal(signal.SIGTERM)
                self.stage, self._terminated_at = Stage.TERMINATING, now
        elif now - self._terminated_at > self._terminate_within_s:
            self._signal(signal.SIGKILL)
            self.stage = Stage.KILLING
        return self.stage

    def _has_ended(self) -> bool:
        status = attempt_status(self._attempt)
        return not status.state.is_active and status.trainer is None

    def _listen(self, now: float) -> None:
        """Once it has answered, every further word of the trainer is a sign of life."""
        chunk = read_chunk(self._attempt.events, self._offset, events.decode)
        self._offset = chunk.offset
        if self.stage is Stage.ASKED:
            if any(self._is_answer(event) for event in chunk.items):
                self.stage, self._last_sign_at = Stage.ANSWERED, now
        elif chunk.items:
            self._last_sign_at = now

    def _is_answer(self, event: Event) -> bool:
        return isinstance(event.payload, Ack) and event.payload.control_id == self.control.id

    def _signal(self, number: signal.Signals) -> None:
        record = read_record(self._attempt.supervisor_pid)
        target = trainer_of(record, read_facts(self._attempt.events))
        if target is None and record is not None:  # still in the queue
            target = record.process
        if target is not None:
            signal_group(target, number)


def end(
    folder: RunFolder,
    command: Command,
    now: float,
    *,
    answer_within_s: float = 30.0,
    terminate_within_s: float = 10.0,
) -> Ending:
    """Ask the run to stop or pause; the returned `Ending` insists as its `advance` is called.

    Raises RunError when nothing is at work on the run.
    """
    attempt = _active_attempt(folder)
    control = write_control(attempt.control, command)
    return Ending(
        attempt,
        control,
        now,
        answer_within_s=answer_within_s,
        terminate_within_s=terminate_within_s,
    )
