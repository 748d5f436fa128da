"""The process that stands by one attempt: queues for the device, starts the trainer, samples
the machine and says how the trainer ended. It knows neither torch nor the database.

    python -m workbench.runner.supervisor RUN_DIR ATTEMPT
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.core.control import Command, read_control, write_control
from workbench.core.events import RunState
from workbench.core.paths import device_locks_dir
from workbench.core.python_process import computing_environment, module_command
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.device_queue import DeviceTurn
from workbench.runner.devices import Device, resolve_device
from workbench.runner.exit_reasons import explain
from workbench.runner.exit_report import ExitKind, ExitReport, write_report
from workbench.runner.facts import read_facts
from workbench.runner.launch import TRAINER_MODULE
from workbench.runner.liveness import end_of
from workbench.runner.oom_counter import OomCounter, find_oom_counter
from workbench.runner.processes import identity_of, signal_group
from workbench.runner.steering import Ending
from workbench.runner.supervisor_record import SupervisorRecord, write_record
from workbench.telemetry.sampler import Sampler

_POLL_S = 0.1
_REPORT_RETRY_S = 5.0
_REPORT_RETRIES = 120


@dataclass
class Supervisor:
    """Sees one attempt through; `run` returns how it ended and has written it by then."""

    folder: RunFolder
    attempt: AttemptFolder
    trainer_module: str = TRAINER_MODULE
    telemetry_every_s: float = 1.0
    answer_within_s: float = 30.0
    terminate_within_s: float = 10.0
    oom_counter: OomCounter = field(default_factory=find_oom_counter)
    _record: SupervisorRecord = field(init=False)
    _told_to_end: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._record = SupervisorRecord(identity_of(os.getpid()))

    def tell_to_end(self) -> None:
        """Stop the run at the next opportunity; safe to call from a signal's handler."""
        self._told_to_end = True

    def run(self) -> ExitReport:
        device = resolve_device(_wanted_device(self.folder.spec))
        self._remember(replace(self._record, device=device.key))
        with DeviceTurn(device_locks_dir(), device.key) as turn:
            report = self._wait_for(device, turn) or self._train(turn)
            self._write_report(report)
        return report

    def _wait_for(self, device: Device, turn: DeviceTurn) -> ExitReport | None:
        """Return None once the device is ours, or the report of a run that ended in the queue."""
        while True:
            control = read_control(self.attempt.control)
            if self._told_to_end or (control and control.command is Command.STOP):
                return _ended_in_queue(RunState.STOPPED, ExitKind.STOPPED, "Stopped")
            if control and control.command is Command.PAUSE:
                return _ended_in_queue(RunState.PAUSED, ExitKind.PAUSED, "Paused")
            if turn.try_take():
                return None
            ahead = turn.runs_ahead()
            words = f"Waiting for {device.title}"
            if ahead:
                words += f", {ahead} more ahead"
            self._remember(replace(self._record, waiting_for=words))
            time.sleep(_POLL_S)

    def _train(self, turn: DeviceTurn) -> ExitReport:
        oom_kills_before = self.oom_counter.read()
        trainer = self._start(turn)
        leader = identity_of(trainer.pid)
        self._remember(replace(self._record, waiting_for="", trainer=leader))
        self._watch(trainer.pid)
        # While the dead trainer is not reaped its number is nobody else's: end what it left behind.
        signal_group(leader, signal.SIGKILL)
        return_code = trainer.wait()
        oom_kills_after = self.oom_counter.read()
        oom_kills = (oom_kills_after or 0) - (oom_kills_before or 0)
        facts = read_facts(self.attempt.events)
        return explain(end_of(self.attempt, facts, return_code=return_code, oom_kills=oom_kills))

    def _start(self, turn: DeviceTurn) -> subprocess.Popen[bytes]:
        command = module_command(
            self.trainer_module, str(self.folder.path), str(self.attempt.number)
        )
        with self.attempt.output_log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=computing_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # With the lock's descriptor the device stays taken if we die before the trainer.
                pass_fds=(turn.descriptor,),
            )

    def _watch(self, trainer_pid: int) -> None:
        """Sample the machine, and see to requests to stop, until the trainer has ended."""
        sampler = Sampler(trainer_pid)
        ending: Ending | None = None
        next_reading_at = time.monotonic()
        try:
            while not _has_ended(trainer_pid):
                now = time.monotonic()
                if now >= next_reading_at:
                    self._append_reading(sampler)
                    next_reading_at = now + self.telemetry_every_s
                ending = self._see_to_ending(ending, now)
                time.sleep(_POLL_S)
        finally:
            sampler.close()

    def _see_to_ending(self, ending: Ending | None, now: float) -> Ending | None:
        """Insist that the trainer does what it was asked: whoever asked may be gone by now."""
        if self._told_to_end:
            self._told_to_end = False
            write_control(self.attempt.control, Command.STOP)
        control = read_control(self.attempt.control)
        if control is None or control.command not in (Command.STOP, Command.PAUSE):
            self._remember(replace(self._record, ending=""))
            return None
        if ending is None or ending.control != control:
            ending = Ending(
                self.attempt,
                control,
                now,
                answer_within_s=self.answer_within_s,
                terminate_within_s=self.terminate_within_s,
            )
        stage = ending.advance(now)
        self._remember(replace(self._record, ending=stage.value))
        return ending

    def _append_reading(self, sampler: Sampler) -> None:
        line = json.dumps(sampler.read().to_json()) + "\n"
        # A full disk costs readings, not the run.
        with contextlib.suppress(OSError), self.attempt.telemetry.open("a") as file:
            file.write(line)

    def _remember(self, record: SupervisorRecord) -> None:
        """Write the record down when it says something new."""
        if record == self._record:
            return
        self._record = record
        try:
            write_record(self.attempt.supervisor_pid, record)
        except OSError as error:
            _log(f"supervisor.json can't be written: {error}")

    def _write_report(self, report: ExitReport) -> None:
        """Write the report, waiting for room on a full disk; a deleted run needs none."""
        for _ in range(_REPORT_RETRIES):
            if not self.attempt.path.is_dir():
                return
            try:
                write_report(self.attempt.exit, report)
                return
            except OSError as error:
                _log(f"exit.json can't be written: {error}")
                time.sleep(_REPORT_RETRY_S)


def _wanted_device(spec: Path) -> str:
    """Only the device is read: checking the recipe, and telling what is wrong, is the trainer's."""
    try:
        return str(json.loads(spec.read_bytes())["device"])
    except (OSError, ValueError, KeyError, TypeError):
        return "auto"


def _ended_in_queue(state: RunState, kind: ExitKind, word: str) -> ExitReport:
    return ExitReport(state, kind, f"{word} while it waited for its turn.")


def _has_ended(pid: int) -> bool:
    """Whether our child has ended; it is not reaped, so its number stays taken."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workbench.runner.supervisor")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("attempt", type=int)
    parser.add_argument("--trainer", default=TRAINER_MODULE, help="module that trains")
    options = parser.parse_args(arguments)
    with contextlib.suppress(PermissionError):  # we lead a session already
        os.setsid()
    folder = RunFolder(options.run_dir)
    supervisor = Supervisor(folder, folder.attempt(options.attempt), options.trainer)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: supervisor.tell_to_end())
    report = supervisor.run()
    _log(f"{report.state.value}: {report.message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
