from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.runner.conftest import wait_until
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
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.facts import read_facts
from workbench.runner.liveness import Patience, attempt_status
from workbench.runner.processes import ProcessIdentity, identity_of, is_alive, signal_group
from workbench.runner.supervisor_record import SupervisorRecord, write_record


@pytest.fixture
def attempt(tmp_path: Path) -> AttemptFolder:
    return RunFolder(tmp_path).next_attempt()


def hello() -> Hello:
    me = identity_of(os.getpid())
    return Hello(me.pid, me.started_at, "cpu")


def tell(attempt: AttemptFolder, *payloads: Payload, t: float | None = None) -> None:
    with attempt.events.open("a") as file:
        for seq, payload in enumerate(payloads, start=1):
            file.write(encode(Event("r", attempt.number, seq, t or time.time(), payload)))


def test_a_number_given_to_another_process_is_not_ours() -> None:
    me = identity_of(os.getpid())
    assert is_alive(me)
    assert not is_alive(ProcessIdentity(me.pid, me.started_at - 60))


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        identity = identity_of(child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(identity)


def test_a_strangers_group_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as child:
        identity = identity_of(child.pid)
        signal_group(ProcessIdentity(child.pid, identity.started_at - 60), signal.SIGKILL)
        assert is_alive(identity)
        signal_group(identity, signal.SIGKILL)
    assert not is_alive(identity)
    signal_group(identity, signal.SIGKILL)


def test_the_group_of_a_dead_leader_is_still_ended() -> None:
    with subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as leader:
        identity = identity_of(leader.pid)
        assert leader.stdout is not None
        orphan = identity_of(int(leader.stdout.readline()))
        leader.wait()
        assert is_alive(orphan)
        signal_group(identity, signal.SIGKILL)
        wait_until(lambda: not is_alive(orphan))


def test_silence_is_no_contact_and_not_a_crash(attempt: AttemptFolder) -> None:
    tell(attempt, hello(), Metric(1, {"loss": 1.0}), t=time.time() - 100)
    assert attempt_status(attempt).state is RunState.NO_CONTACT
    assert attempt_status(attempt, patience=Patience(silent_after_s=500)).state is RunState.RUNNING
    tell(attempt, Heartbeat("evaluating"))
    assert attempt_status(attempt).state is RunState.RUNNING


def test_a_supervisor_that_never_came_is_a_crash_after_a_while(attempt: AttemptFolder) -> None:
    attempt.supervisor_log.write_text("Traceback\nModuleNotFoundError: No module named 'psutil'\n")
    assert attempt_status(attempt).state is RunState.QUEUED
    status = attempt_status(attempt, now=time.time() + 300)
    assert status.state is RunState.CRASHED
    assert "No module named 'psutil'" in status.detail


def test_a_supervisor_that_died_in_the_queue_is_a_crash(attempt: AttemptFolder) -> None:
    gone = ProcessIdentity(os.getpid(), identity_of(os.getpid()).started_at - 60)
    write_record(attempt.supervisor_pid, SupervisorRecord(gone, "cpu", "Waiting for the processor"))
    status = attempt_status(attempt)
    assert status.state is RunState.CRASHED
    assert "ended before training began" in status.detail


def test_the_state_is_found_behind_any_number_of_heartbeats(attempt: AttemptFolder) -> None:
    beats = [Heartbeat("evaluating the whole of it")] * 200
    tell(attempt, hello(), StateChanged(RunState.RUNNING, "measuring"), *beats)
    facts = read_facts(attempt.events, tail_bytes=256)
    assert (facts.state, facts.detail) == (RunState.RUNNING, "measuring")
    tell(attempt, Metric(5, {"loss": 1.0}))
    facts = read_facts(attempt.events, tail_bytes=512)
    assert facts.hello is not None
    assert (facts.state, facts.last_step) == (RunState.RUNNING, 5)
