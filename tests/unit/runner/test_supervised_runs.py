"""Real supervisors and real trainer processes, ended in every way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from tests.unit.runner.conftest import (
    FAKE_TRAINER,
    MakeRun,
    has_ended,
    start,
    wait_for_report,
    wait_until,
)
from workbench.core.control import Command, write_control
from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.exit_report import ExitKind, read_report
from workbench.runner.facts import read_facts
from workbench.runner.liveness import attempt_status
from workbench.runner.oom_counter import OomCounter
from workbench.runner.processes import is_alive
from workbench.runner.steering import Stage, request
from workbench.runner.supervisor import Supervisor
from workbench.runner.supervisor_record import SupervisorRecord, read_record

LONG = {"steps": 100_000, "step_s": 0.02}


def step_of(attempt: AttemptFolder) -> int:
    return read_facts(attempt.events).last_step or 0


def record_of(attempt: AttemptFolder) -> SupervisorRecord:
    """What the supervisor wrote down of a trainer that is at work.

    The trainer may be further by then than the supervisor that started it.
    """

    def with_trainer() -> SupervisorRecord | None:
        record = read_record(attempt.supervisor_pid)
        return record if record is not None and record.trainer is not None else None

    record = wait_until(with_trainer)
    assert isinstance(record, SupervisorRecord)
    return record


def wait_for_step(attempt: AttemptFolder, step: int) -> None:
    wait_until(lambda: step_of(attempt) >= step)


def test_a_run_finishes_and_leaves_its_telemetry(make_run: MakeRun) -> None:
    # A real trainer needs seconds to start; this one could end before its supervisor looks.
    folder = make_run(steps=3, ends_after="attempt-1/telemetry.jsonl")
    attempt = start(folder)
    report = wait_for_report(attempt)
    assert (report.state, report.kind, report.last_step) == (
        RunState.FINISHED, ExitKind.FINISHED, 3,
    )  # fmt: skip
    assert report.exit_code == 0
    assert "fake trainer at work" in attempt.output_log.read_text()
    assert '"memory_total_bytes"' in attempt.telemetry.read_text()
    assert attempt_status(attempt).state is RunState.FINISHED


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        ("error", ExitKind.EXCEPTION, "ValueError: no such thing"),
        ("known", ExitKind.KNOWN_ERROR, "choose another model"),
        ("7", ExitKind.EXCEPTION, "fake trainer at work"),
        ("raise", ExitKind.DISK_FULL, "The disk is full"),
        ("SIGSEGV", ExitKind.SIGNAL, "segmentation fault"),
        ("SIGKILL", ExitKind.KILLED, "ended from outside (SIGKILL)"),
    ],
)
def test_each_end_has_its_own_reason(
    make_run: MakeRun, end: str, kind: ExitKind, words: str
) -> None:
    attempt = start(make_run(steps=4, save_steps=2, end=end))
    report = wait_for_report(attempt)
    assert (report.state, report.kind, report.last_step) == (RunState.CRASHED, kind, 4)
    assert words in report.message
    assert "Resume goes on from step 4" in report.message
    assert attempt_status(attempt).state is RunState.CRASHED


def test_the_run_goes_on_when_its_launcher_is_killed(make_run: MakeRun) -> None:
    folder = make_run(**LONG)
    code = (
        "import sys, time; from pathlib import Path;"
        "from workbench.core.run_folder import RunFolder;"
        "from workbench.runner.launch import start_attempt;"
        f"start_attempt(RunFolder(Path(sys.argv[1])), trainer_module={FAKE_TRAINER!r});"
        "print('started', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder.path)], stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        # The supervisor inherited no descriptor, or this line's pipe would stay open for ever.
        assert launcher.stdout.readline() == "started\n"
        attempt = folder.attempt(1)
        wait_for_step(attempt, 1)
        launcher.kill()
        assert launcher.stdout.read() == ""
    before = step_of(attempt)
    wait_for_step(attempt, before + 5)
    assert attempt_status(attempt).state is RunState.RUNNING
    request(folder, Command.STOP)
    assert wait_for_report(attempt).kind is ExitKind.STOPPED


def test_starting_leaves_no_child_behind(make_run: MakeRun) -> None:
    before = set(psutil.Process().children())
    attempt = start(make_run(steps=1))
    assert set(psutil.Process().children()) <= before  # one of another test may be reaped here
    wait_for_report(attempt)


def test_killing_the_trainer_is_a_crash_that_can_be_resumed(make_run: MakeRun) -> None:
    folder = make_run(**LONG, save_steps=5, child=True)
    attempt = start(folder)
    wait_for_step(attempt, 6)
    trainer = record_of(attempt).trainer
    assert trainer is not None
    child = psutil.Process(int((folder.path / "child.pid").read_text()))
    os.kill(trainer.pid, signal.SIGKILL)
    report = wait_for_report(attempt)
    assert (report.state, report.kind) == (RunState.CRASHED, ExitKind.KILLED)
    wait_until(lambda: has_ended(child))

    resumed = start(folder)
    assert resumed.number == 2
    hello = wait_until(lambda: read_facts(resumed.events).hello)
    assert hello.resumed_from_step is not None
    assert hello.resumed_from_step >= 5
    request(folder, Command.PAUSE)
    assert wait_for_report(resumed).state is RunState.PAUSED


def test_killing_supervisor_and_trainer_is_a_crash(make_run: MakeRun) -> None:
    attempt = start(make_run(**LONG, save_steps=2))
    wait_for_step(attempt, 3)
    record = record_of(attempt)
    assert record.trainer is not None
    os.kill(record.process.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(record.process))
    # Without its supervisor the trainer goes on, and still counts as running.
    wait_for_step(attempt, step_of(attempt) + 2)
    assert attempt_status(attempt).state is RunState.RUNNING
    os.kill(record.trainer.pid, signal.SIGKILL)
    wait_until(lambda: attempt_status(attempt).state is RunState.CRASHED)
    status = attempt_status(attempt)
    assert status.report is not None
    assert status.report.kind is ExitKind.KILLED
    assert "without a word" in status.detail
    assert read_report(attempt.exit) is None


def test_a_run_that_lost_its_supervisor_keeps_its_device(make_run: MakeRun) -> None:
    first = start(make_run(**LONG))
    wait_for_step(first, 1)
    record = record_of(first)
    assert record.trainer is not None
    os.kill(record.process.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(record.process))
    second = start(make_run(steps=1))
    wait_until(lambda: attempt_status(second).detail.startswith("Waiting for"))
    os.kill(record.trainer.pid, signal.SIGKILL)
    assert wait_for_report(second).state is RunState.FINISHED


def test_runs_on_one_device_take_turns_in_order(make_run: MakeRun) -> None:
    running, *queued = (make_run(**LONG), make_run(), make_run(), make_run())
    first = start(running)
    wait_for_step(first, 1)
    attempts = []
    for folder in queued:
        attempt = start(folder)
        wait_until(lambda a=attempt: attempt_status(a).detail.startswith("Waiting for the proc"))
        attempts.append(attempt)
    assert [attempt_status(attempt).state for attempt in attempts] == [RunState.QUEUED] * 3
    said = "Waiting for the processor, 1 more ahead"
    wait_until(lambda: attempt_status(attempts[1]).detail == said)
    request(running, Command.STOP)
    for attempt in attempts:
        assert wait_for_report(attempt).state is RunState.FINISHED
    started = [_first_event_at(attempt) for attempt in attempts]
    assert started == sorted(started)


def _first_event_at(attempt: AttemptFolder) -> float:
    hello = read_facts(attempt.events).hello
    assert hello is not None
    return hello.process_started_at


def test_stop_and_pause_in_the_queue(make_run: MakeRun) -> None:
    running = make_run(**LONG)
    first = start(running)
    wait_for_step(first, 1)
    for command, state in ((Command.STOP, RunState.STOPPED), (Command.PAUSE, RunState.PAUSED)):
        folder = make_run()
        attempt = start(folder)
        wait_until(lambda a=attempt: attempt_status(a).detail.startswith("Waiting"))
        request(folder, command)
        assert wait_for_report(attempt).state is state
        assert not attempt.events.exists()
    request(running, Command.STOP)
    wait_for_report(first)


def test_ending_the_supervisor_stops_the_run_in_order(make_run: MakeRun) -> None:
    attempt = start(make_run(**LONG))
    wait_for_step(attempt, 1)
    os.kill(record_of(attempt).process.pid, signal.SIGTERM)
    assert wait_for_report(attempt).kind is ExitKind.STOPPED


def test_a_run_at_work_is_not_started_twice(make_run: MakeRun) -> None:
    folder = make_run(**LONG)
    attempt = start(folder)
    with pytest.raises(RunError, match="already at work"):
        start(folder)
    wait_for_step(attempt, 1)
    with pytest.raises(RunError, match="already at work"):
        start(folder)
    request(folder, Command.STOP)
    wait_for_report(attempt)
    with pytest.raises(RunError, match="not at work"):
        request(folder, Command.STOP)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        start(RunFolder(tmp_path))


def test_a_spec_that_cannot_be_read_is_left_to_the_trainer_to_tell(make_run: MakeRun) -> None:
    folder = make_run()
    folder.spec.write_text("{}")
    report = wait_for_report(start(folder))
    assert (report.kind, report.message) == (
        ExitKind.EXCEPTION,
        "The trainer met an error of ours: KeyError: 'run_id'. The log has the whole of it.",
    )


def test_a_kill_that_the_system_counted_is_the_computers_memory(
    make_run: MakeRun, tmp_path: Path
) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("oom_kill 0\n")
    folder = make_run(steps=2, end="SIGKILL", oom_counter=str(counter))
    supervisor = Supervisor(
        folder, folder.next_attempt(), FAKE_TRAINER, oom_counter=OomCounter(counter)
    )
    report = supervisor.run()
    assert (report.kind, report.last_step) == (ExitKind.HOST_OUT_OF_MEMORY, 2)


def test_the_supervisor_insists_when_nobody_else_does(make_run: MakeRun) -> None:
    """Whoever asked the run to stop is gone, and its trainer does not listen."""
    folder = make_run(**LONG, deaf=True)
    attempt = folder.next_attempt()
    write_control(attempt.control, Command.CHECKPOINT)
    stages: list[str] = []

    class Noted(Supervisor):
        """Its file may be read too late to see each stage."""

        def _remember(self, record: SupervisorRecord) -> None:
            stages.append(record.ending)
            super()._remember(record)

    supervisor = Noted(folder, attempt, FAKE_TRAINER, answer_within_s=0.2, terminate_within_s=0.2)

    def ask() -> None:
        wait_for_step(attempt, 2)
        request(folder, Command.STOP)

    asking = threading.Thread(target=ask)
    asking.start()
    report = supervisor.run()
    asking.join()
    assert (report.state, report.kind) == (RunState.STOPPED, ExitKind.KILLED)
    assert Stage.TERMINATING.value in stages


def test_a_supervisor_whose_run_was_deleted_ends(make_run: MakeRun) -> None:
    folder = make_run(**LONG)
    attempt = start(folder)
    wait_for_step(attempt, 1)
    record = record_of(attempt)
    assert record.trainer is not None
    folder.path.rename(folder.path.with_name("gone"))
    os.kill(record.trainer.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(record.process))
