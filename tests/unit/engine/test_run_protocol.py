"""The trainer's events and the commands it takes; its learning rate and when it stops."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from workbench.core.control import Command, write_control
from workbench.core.events import Ack, Heartbeat, Metric, RunState, StateChanged, decode
from workbench.core.recipes import SftConfig
from workbench.engine.drift import DriftWatch
from workbench.engine.event_log import EventLog
from workbench.engine.schedule import learning_rate_at
from workbench.engine.steering import Interrupted, Steering


def test_events_are_numbered_and_silence_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path, "run", 2, heartbeat_s=0.05) as log:
        log.report("loading the model")
        log.emit(Metric(1, {"loss": float("nan")}))
        deadline = time.monotonic() + 60
        while "heartbeat" not in path.read_text(encoding="utf-8").splitlines()[-1]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    events = [decode(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert {(event.run, event.attempt) for event in events} == {("run", 2)}
    payloads = [event.payload for event in events]
    # On a busy machine the silence before or between the two is filled as well.
    begun, step = (payload for payload in payloads if not isinstance(payload, Heartbeat))
    assert begun == StateChanged(RunState.STARTING, "loading the model")
    assert isinstance(step, Metric)
    assert payloads[-1] == Heartbeat("loading the model")
    assert log.last_step == 1


def test_each_command_is_acknowledged_once_and_taken_once(tmp_path: Path) -> None:
    acks: list[Ack] = []
    steering = Steering(tmp_path / "control.json", acks.append)
    assert steering.take() is None
    first = write_control(tmp_path / "control.json", Command.CHECKPOINT)
    steering.poll()
    steering.poll()
    assert steering.take() is Command.CHECKPOINT
    assert steering.take() is None
    second = write_control(tmp_path / "control.json", Command.PAUSE)
    assert steering.take() is Command.PAUSE
    assert acks == [Ack(first.id, "checkpoint"), Ack(second.id, "pause")]


def test_run_takes_a_pause_back(tmp_path: Path) -> None:
    steering = Steering(tmp_path / "control.json", lambda _: None)
    write_control(tmp_path / "control.json", Command.PAUSE)
    steering.poll()
    write_control(tmp_path / "control.json", Command.RUN)
    assert steering.take() is None


def test_being_terminated_is_a_stop(tmp_path: Path) -> None:
    steering = Steering(tmp_path / "control.json", lambda _: None)
    steering.interrupt()
    steering.terminate()
    assert steering.take() is Command.STOP
    with pytest.raises(Interrupted):
        steering.interrupt()


@pytest.mark.parametrize("kind", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("warmup", [0, 3])
def test_learning_rates_are_those_of_transformers(kind: str, warmup: int) -> None:
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    name = "constant_with_warmup" if kind == "constant" else kind
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=10)
    config = SftConfig(learning_rate=0.5, warmup_steps=warmup, lr_scheduler_type=kind)
    for step in range(10):
        assert learning_rate_at(step, config, 10) == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()


def follow(rewards: Sequence[float]) -> tuple[DriftWatch, str | None]:
    """Measure every 4 steps until the watch calls."""
    watch, reason = DriftWatch(), None
    for place, reward in enumerate(rewards, start=1):
        reason = reason or watch.record(4 * place, {"eval_rewards/chosen": reward})
    return watch, reason


def test_drift_is_called_after_the_peak_of_good_answers() -> None:
    """Figures of the demo: its answers were best at step 16 and broken at step 32."""
    watch, reason = follow([0.131, 0.273, 0.376, 0.373, 0.279, 0.164])
    assert reason is not None
    assert "at step 24" in reason
    assert "the model of step 16" in reason
    assert watch.result_step(24) == 16


def test_a_wobble_is_no_drift() -> None:
    watch, reason = follow([0.2, 0.1, 0.25, 0.1, 0.3])
    assert reason is None
    assert watch.result_step(22) == 22


def test_good_answers_below_the_start_are_drift_too() -> None:
    watch, reason = follow([-0.2, -0.1])
    assert reason is not None
    assert watch.best_step == 8


def test_a_run_that_got_worse_at_its_end_keeps_its_best() -> None:
    watch, reason = follow([0.2, 0.4, 0.1])
    assert reason is None
    assert watch.result_step(12) == 8
    assert DriftWatch().result_step(5) == 5
