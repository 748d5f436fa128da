"""Where an attempt stands, told from its files and from which processes live."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from workbench.core.control import read_control
from workbench.core.events import RunState
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.exit_reasons import TrainerEnd, explain, last_line
from workbench.runner.exit_report import ExitKind, ExitReport, read_report
from workbench.runner.facts import EventFacts, read_facts
from workbench.runner.processes import ProcessIdentity, is_alive
from workbench.runner.supervisor_record import SupervisorRecord, read_record

_LOG_TAIL_BYTES = 8192
_ENDING = "Ending"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is borne, in seconds. Trainers send a heartbeat every 5."""

    silent_after_s: float = 30.0
    first_word_after_s: float = 180.0  # importing torch from a slow disk takes a while
    supervisor_after_s: float = 60.0


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class AttemptStatus:
    """Where an attempt stands; `detail` says in words what it does, waits for or died of.

    `report` is there when it has ended.
    """

    state: RunState
    detail: str = ""
    report: ExitReport | None = None
    trainer: ProcessIdentity | None = None


def attempt_status(
    attempt: AttemptFolder, *, now: float | None = None, patience: Patience = PATIENCE
) -> AttemptStatus:
    """Infer where `attempt` stands at the time `now` (seconds since 1970).

    It has ended only when its processes have: whoever sees an ended state can read everything.
    """
    now = time.time() if now is None else now
    report = read_report(attempt.exit)
    if report is not None:
        return AttemptStatus(report.state, report.message, report)
    record = read_record(attempt.supervisor_pid)
    facts = read_facts(attempt.events)
    trainer = trainer_of(record, facts)
    if trainer is not None and is_alive(trainer):
        status = _at_work(trainer, facts, now, patience)
        return replace(status, detail=record.ending) if record and record.ending else status
    if record is not None and is_alive(record.process):
        if trainer is None:
            return AttemptStatus(RunState.QUEUED, record.waiting_for)
        return AttemptStatus(RunState.RUNNING, _ENDING, trainer=trainer)
    age_s = now - attempt.path.stat().st_mtime
    if record is None and trainer is None and age_s < patience.supervisor_after_s:
        return AttemptStatus(RunState.QUEUED, "Starting its supervisor")
    explained = _never_started if trainer is None else _without_witness
    report = read_report(attempt.exit) or explained(attempt)
    return AttemptStatus(report.state, report.message, report)


def trainer_of(record: SupervisorRecord | None, facts: EventFacts) -> ProcessIdentity | None:
    """The attempt's trainer, as its supervisor or else the trainer itself has told."""
    if record is not None and record.trainer is not None:
        return record.trainer
    if facts.hello is not None:
        return ProcessIdentity(facts.hello.pid, facts.hello.process_started_at)
    return None


def end_of(
    attempt: AttemptFolder, facts: EventFacts, *, return_code: int | None, oom_kills: int = 0
) -> TrainerEnd:
    """Gather what an ended attempt's folder says about its end."""
    control = read_control(attempt.control)
    checkpoints = RunFolder(attempt.path.parent).checkpoint_steps()
    return TrainerEnd(
        return_code=return_code,
        facts=facts,
        log_tail=_tail(attempt),
        oom_kills=oom_kills,
        command=control.command if control else None,
        resume_step=checkpoints[-1] if checkpoints else None,
    )


def _at_work(
    trainer: ProcessIdentity,
    facts: EventFacts,
    now: float,
    patience: Patience,
) -> AttemptStatus:
    if facts.last_event_at is None:
        silent_s, limit_s = now - trainer.started_at, patience.first_word_after_s
    else:
        silent_s, limit_s = now - facts.last_event_at, patience.silent_after_s
    if silent_s > limit_s:
        detail = f"Nothing heard for {int(silent_s)} s, though its process lives"
        return AttemptStatus(RunState.NO_CONTACT, detail, trainer=trainer)
    if facts.bye is not None:  # how it ended is known for certain once its process is gone
        return AttemptStatus(RunState.RUNNING, _ENDING, trainer=trainer)
    return AttemptStatus(facts.state or RunState.STARTING, facts.detail, trainer=trainer)


def _without_witness(attempt: AttemptFolder) -> ExitReport:
    # Read again: the trainer may have said more before it ended.
    facts = read_facts(attempt.events)
    return explain(end_of(attempt, facts, return_code=None))


def _never_started(attempt: AttemptFolder) -> ExitReport:
    reason = last_line(_tail(attempt)) or "it was ended from outside, or the computer went off"
    message = f"The run's supervisor ended before training began: {reason}. Resume tries again."
    return ExitReport(RunState.CRASHED, ExitKind.EXCEPTION, message)


def _tail(attempt: AttemptFolder) -> str:
    for log in (attempt.output_log, attempt.supervisor_log):
        try:
            with log.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - _LOG_TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            continue
        if text.strip():
            return text
    return ""
