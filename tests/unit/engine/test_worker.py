"""The trainer as its own process, steered as the supervisor steers it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.unit.engine.runs import events, make_run, payloads, train_here
from workbench.core.control import Command, write_control
from workbench.core.events import (
    Ack,
    Bye,
    CheckpointSaved,
    Failed,
    Hello,
    Metric,
    RunState,
    StateChanged,
)  # fmt: skip
from workbench.core.recipes import DpoConfig
from workbench.core.run_folder import AttemptFolder, RunFolder

PATIENCE_S = 180  # starting torch takes its time on a busy machine
_started: list[subprocess.Popen[bytes]] = []
ENDLESS = {"max_steps": 100_000, "save_steps": 0, "eval_steps": 0}


def start(run: RunFolder) -> tuple[subprocess.Popen[bytes], AttemptFolder]:
    attempt = run.next_attempt()
    with attempt.output_log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.engine.worker", str(run.path), str(attempt.number)],
            stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    _started.append(process)
    return process, attempt


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    yield
    while _started:
        with _started.pop() as process:
            process.kill()


def wait_for(attempt: AttemptFolder, seen: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not (attempt.events.exists() and seen()):
        assert time.monotonic() < deadline, attempt.output_log.read_text(encoding="utf-8")
        time.sleep(0.02)


@pytest.mark.timeout(900)
def test_paused_resumed_terminated_killed_and_finished(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig(**ENDLESS))
    paused = pause(run)
    stopped = resume_and_terminate(run, paused)
    newest = resume_and_kill(run, stopped)

    spec = json.loads(run.spec.read_text(encoding="utf-8"))
    spec["config"]["max_steps"] = newest + 2
    run.spec.write_text(json.dumps(spec), encoding="utf-8")
    assert train_here(run).state is RunState.FINISHED
    assert (run.adapter / "adapter_model.safetensors").is_file()
    assert [metric.step for metric in payloads(run.attempt(4), Metric)] == [newest + 1, newest + 2]


def pause(run: RunFolder) -> int:
    """Start the run and pause it; returns the step."""
    process, attempt = start(run)
    wait_for(attempt, lambda: len(payloads(attempt, Metric)) > 2)
    (hello,) = payloads(attempt, Hello)
    assert events(attempt)[0].payload == hello
    assert hello.pid == process.pid
    assert hello.process_started_at == psutil.Process(process.pid).create_time()
    assert (hello.device, hello.total_steps, hello.resumed_from_step) == ("cpu", 100_000, None)
    assert hello.versions["torch"]

    control = write_control(attempt.control, Command.PAUSE)
    assert process.wait(PATIENCE_S) == 0
    assert payloads(attempt, Ack) == [Ack(control.id, "pause")]
    (bye,) = payloads(attempt, Bye)
    assert bye.state is RunState.PAUSED
    assert run.checkpoint_steps() == [bye.step]
    assert [event.seq for event in events(attempt)] == list(range(1, len(events(attempt)) + 1))
    step: int = bye.step
    return step


def resume_and_terminate(run: RunFolder, paused: int) -> int:
    """Resume, then end it as a shutdown would; returns the step of its checkpoint."""
    process, attempt = start(run)
    wait_for(attempt, lambda: payloads(attempt, Metric))
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    assert events(attempt)[0].seq == 1
    assert payloads(attempt, Hello)[0].resumed_from_step == paused
    assert payloads(attempt, Metric)[0].step == paused + 1
    (bye,) = payloads(attempt, Bye)
    assert bye.state is RunState.STOPPED
    assert [saved.step for saved in payloads(attempt, CheckpointSaved)] == [bye.step]
    assert events(attempt)[-1].payload == bye
    assert payloads(attempt, StateChanged)[-1].state is RunState.STOPPED
    step: int = bye.step
    return step


def resume_and_kill(run: RunFolder, stopped: int) -> int:
    """Resume, ask for a checkpoint, kill; returns the newest complete checkpoint."""
    process, attempt = start(run)
    wait_for(attempt, lambda: payloads(attempt, Metric))
    write_control(attempt.control, Command.CHECKPOINT)
    wait_for(attempt, lambda: payloads(attempt, CheckpointSaved))
    process.kill()
    process.wait(PATIENCE_S)
    assert not payloads(attempt, Bye)
    newest = run.checkpoint_steps()[-1]
    assert newest > stopped
    return newest


def test_a_persons_mistake_is_one_sentence(tmp_path: Path, tiny_model_dir: Path) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig())
    run.train_data.write_text("{not json\n", encoding="utf-8")
    process, attempt = start(run)
    assert process.wait(PATIENCE_S) == 2
    (failure,) = payloads(attempt, Failed)
    assert failure.known
    assert failure.message.startswith("train.jsonl, line 1: ")
    assert payloads(attempt, Bye)[0].state is RunState.CRASHED
    assert "Traceback" not in attempt.output_log.read_text(encoding="utf-8")


def test_a_spec_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.spec.write_text('{"run_id": "x"}', encoding="utf-8")
    process, attempt = start(run)
    assert process.wait(PATIENCE_S) == 2
    assert payloads(attempt, Failed)[0].message.startswith("spec.json, name: ")
