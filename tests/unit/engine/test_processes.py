"""Two processes that train one model, each with all of it (DDP) or a part of it (FSDP2), do what
one does with batches twice as large."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.online_runs import SMALL, make_online_run
from tests.unit.engine.runs import events, make_run, payloads, train_here
from workbench.core.errors import RunError
from workbench.core.events import Metric, RunState
from workbench.core.recipes import AdapterConfig, DpoConfig, GrpoConfig, SftConfig
from workbench.core.run_folder import RunFolder
from workbench.engine.sharding import Sharding

ADAPTER = AdapterConfig(r=4, lora_alpha=8, precision="fp32")  # 16 bits round too much

FSDP2 = {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}  # what accelerate launch sets


def start(run: RunFolder, **environment: str) -> subprocess.CompletedProcess[str]:
    """One attempt in two processes on the CPU (gloo), as `accelerate launch` starts them."""
    attempt = run.next_attempt()
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
        "-m", "workbench.engine.worker", str(run.path), str(attempt.number),
    ]  # fmt: skip
    return subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"} | environment, capture_output=True,
        text=True, timeout=250, check=False,
    )  # fmt: skip


def launch(run: RunFolder, **environment: str) -> None:
    done = start(run, **environment)
    assert done.returncode == 0, done.stderr[-3000:]


def losses(run: RunFolder) -> list[float]:
    """Of the first attempt, with the gradient's norm."""
    steps = [metric.values for metric in payloads(run.attempts()[0], Metric)]
    return [step[name] for step in steps if "loss" in step for name in ("loss", "grad_norm")]


def weights(run: RunFolder) -> dict[str, torch.Tensor]:
    adapter = run.adapter / "adapter_model.safetensors"
    return load_file(adapter if adapter.exists() else run.model / "model.safetensors")


def assert_close(found: RunFolder, expected: RunFolder) -> None:
    assert losses(found) == pytest.approx(losses(expected), rel=1e-4, abs=1e-6)
    theirs = weights(found)
    assert theirs.keys() == weights(expected).keys()
    for name, weight in weights(expected).items():
        assert theirs[name].sub(weight).abs().max() < 1e-4, name


def test_two_processes_make_the_steps_of_one(tmp_path: Path, tiny_model_dir: Path) -> None:
    common = {"learning_rate": 1e-2, "max_steps": 3, "eval_steps": 0, "save_steps": 2}
    alone = make_run(
        tmp_path / "alone", tiny_model_dir, DpoConfig(**common, per_device_train_batch_size=4),
        adapter=ADAPTER,
    )  # fmt: skip
    train_here(alone)
    shared = make_run(
        tmp_path / "shared", tiny_model_dir,
        DpoConfig(**common, per_device_train_batch_size=1, gradient_accumulation_steps=2),
        adapter=ADAPTER,
    )  # fmt: skip
    launch(shared)
    assert_close(shared, alone)
    (attempt,) = shared.attempts()
    numbers = [event.seq for event in events(attempt)]
    assert numbers == list(range(1, len(numbers) + 1))  # one process wrote them all
    assert events(attempt)[-1].payload.state is RunState.FINISHED
    assert shared.checkpoint_steps() == [2, 3]


def test_weights_shared_out_make_the_same_steps(tmp_path: Path, tiny_model_dir: Path) -> None:
    adapter = AdapterConfig(tuning="full")
    common = {"learning_rate": 1e-2, "max_steps": 3, "eval_steps": 2, "save_steps": 2}
    alone = make_run(
        tmp_path / "alone", tiny_model_dir, SftConfig(**common, per_device_train_batch_size=4),
        adapter=adapter,
    )  # fmt: skip
    train_here(alone)
    shared = make_run(
        tmp_path / "shared", tiny_model_dir,
        SftConfig(**common, per_device_train_batch_size=1, gradient_accumulation_steps=2),
        adapter=adapter,
    )  # fmt: skip
    launch(shared, **FSDP2)
    assert_close(shared, alone)
    moments, expected = (
        load_file(run.checkpoint(2) / "optimizer.safetensors") for run in (shared, alone)
    )
    assert moments.keys() == expected.keys()
    for name, moment in expected.items():
        assert moments[name].sub(moment).abs().max() < 1e-4, name


def test_answers_are_written_with_all_weights_and_a_run_goes_on(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    # Answers are used twice, so that those still to be learnt from are in the first checkpoint.
    common = SMALL | {"max_steps": 2, "beta": 0.05, "save_steps": 1, "num_iterations": 2}
    alone, shared = (
        make_online_run(
            tmp_path / str(size), tiny_model_dir,
            GrpoConfig(**common | {"per_device_train_batch_size": size}), adapter=ADAPTER,
        )
        for size in (2, 1)
    )  # fmt: skip
    train_here(alone)
    launch(shared, **FSDP2)
    assert_close(shared, alone)
    shutil.rmtree(shared.checkpoint(2))
    shutil.rmtree(shared.adapter)
    launch(shared, **FSDP2)
    assert_close(shared, alone)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, "--use_fsdp --fsdp_version 2"),
        ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "1"}, "--fsdp_version 2"),
        (FSDP2 | {"FSDP_OFFLOAD_PARAMS": "true"}, "--fsdp_offload_params"),
    ],
)
def test_other_ways_to_share_out_are_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match=said):
        Sharding.wanted()


def test_without_being_asked_nothing_is_shared_out() -> None:
    assert Sharding.wanted() is None
