"""Two processes that train one model, each with all of it (DDP), a part of it (FSDP2) or of what it
takes to train it (DeepSpeed), do what one does with batches twice as large."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.online_runs import SMALL, make_online_run
from tests.unit.engine.runs import events, make_run, payloads, train_here
from tests.unit.engine.several_runs import ENVIRONMENT
from workbench.core.errors import RunError
from workbench.core.events import Hello, Metric, RunState
from workbench.core.recipes import (
    AdapterConfig,
    DpoConfig,
    GrpoConfig,
    OnlineConfig,
    PpoConfig,
    RewardConfig,
    RlooConfig,
    SftConfig,
)
from workbench.core.rewards import RewardModelReward
from workbench.core.run_folder import RunFolder
from workbench.engine import training
from workbench.engine.processes import Processes
from workbench.engine.sharding import Sharding
from workbench.engine.zero import Zero

pytestmark = pytest.mark.timeout(900)  # torch starts twice at a time, on a busy machine too
FSDP2, ZERO = ENVIRONMENT["fsdp2"], ENVIRONMENT["zero2"] | {"WORLD_SIZE": "2"}
LORA = AdapterConfig(r=4, lora_alpha=8, precision="fp32")  # 16 bits round too much
STEPS: dict[str, Any] = {
    "learning_rate": 1e-2, "max_steps": 3, "eval_steps": 0, "save_steps": 1, "save_total_limit": 9,
}  # fmt: skip
ONLINE = SMALL | STEPS | {"num_iterations": 2}


@dataclass(frozen=True)
class Case:
    """A run of one process with `config` of batch size, and how two share the same work out."""

    way: str
    config: type[Any]
    settings: Mapping[str, Any]
    adapter: AdapterConfig = field(default_factory=lambda: LORA)
    tolerance: float = 1e-4
    judged: bool = False  # by a reward model, which shares the base

    def make(self, folder: Path, model: Path, *, processes: int) -> RunFolder:
        """A run whose steps see as many examples, however many processes there are."""
        if issubclass(self.config, OnlineConfig):
            changed: dict[str, Any] = {"per_device_train_batch_size": 2 // processes}
            if self.judged:
                judge = trained_judge(folder.with_name("judge"), model)
                changed["rewards"] = (RewardModelReward(name="judge", path=str(judge.path)),)
            config = self.config(**self.settings | changed)
            return make_online_run(folder, model, config, adapter=self.adapter)
        batches = (4, 1) if processes == 1 else (1, 2)
        config = self.config(
            **self.settings, per_device_train_batch_size=batches[0],
            gradient_accumulation_steps=batches[1],
        )  # fmt: skip
        return make_run(folder, model, config, adapter=self.adapter)


def trained_judge(folder: Path, model: Path) -> RunFolder:
    """A reward model; the same at each call."""
    run = make_run(folder, model, RewardConfig(**STEPS), adapter=LORA)
    train_here(run)
    return run


CASES = {
    "sft-full": Case("fsdp2", SftConfig, STEPS | {"eval_steps": 2}, AdapterConfig(tuning="full")),
    "sft-16-bits": Case(
        "fsdp2", SftConfig, STEPS, AdapterConfig(r=4, lora_alpha=8, precision="bf16"), 1e-2
    ),
    "dpo-dora": Case(
        "fsdp2", DpoConfig, STEPS,
        AdapterConfig(tuning="dora", r=4, lora_alpha=8, precision="fp32"),
    ),
    "reward": Case("fsdp2", RewardConfig, STEPS),
    # Answers are used twice, so that those still to be learnt from are in the first checkpoint.
    "grpo": Case("fsdp2", GrpoConfig, ONLINE | {"beta": 0.05}),
    "rloo": Case("fsdp2", RlooConfig, ONLINE, judged=True),
    "ppo": Case("ddp", PpoConfig, ONLINE),
    "sft-zero1": Case("zero1", SftConfig, STEPS | {"eval_steps": 2}, AdapterConfig(tuning="full")),
    "dpo-zero2": Case("zero2", DpoConfig, STEPS | {"max_grad_norm": 0.1}),
    "grpo-zero2": Case("zero2", GrpoConfig, ONLINE | {"beta": 0.05}),
}  # fmt: skip
WITH_DROPOUT = LORA.model_copy(update={"lora_dropout": 0.3})
DROPOUT = {way: Case(way, SftConfig, STEPS, WITH_DROPOUT) for way in ("ddp", "zero2")}


def launch(module: str, *arguments: str) -> None:
    """Run a module in two processes on the CPU (gloo), as `accelerate launch` starts them."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
        "-m", module, *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, tiny_model_dir: Path) -> dict[str, RunFolder]:
    """Every case as two processes ran it; beside it, as they end it from its first checkpoint."""
    folder = tmp_path_factory.mktemp("shared")
    cases = CASES | DROPOUT
    runs = {
        name: case.make(folder / name, tiny_model_dir, processes=2) for name, case in cases.items()
    }
    for run in runs.values():
        run.next_attempt()
    launch(
        "tests.unit.engine.several_runs",
        *(f"{cases[name].way}:{run.path}" for name, run in runs.items()),
    )
    return runs


def losses(run: RunFolder) -> list[float]:
    """Of the first attempt, with the gradient's norm."""
    steps = [metric.values for metric in payloads(run.attempts()[0], Metric)]
    return [step[name] for step in steps if "loss" in step for name in ("loss", "grad_norm")]


def result(run: RunFolder) -> Path:
    return run.adapter if run.adapter.exists() else run.model


def weights(run: RunFolder) -> dict[str, torch.Tensor]:
    (file,) = result(run).glob("*.safetensors")
    return load_file(file)


def assert_close(found: RunFolder, expected: RunFolder, tolerance: float = 1e-4) -> None:
    assert losses(found) == pytest.approx(losses(expected), rel=tolerance, abs=1e-6)
    theirs = weights(found)
    assert theirs.keys() == weights(expected).keys()
    for name, weight in weights(expected).items():
        assert theirs[name].sub(weight).abs().max() < tolerance, name


def assert_one_process_wrote(run: RunFolder) -> None:
    (attempt, *_) = run.attempts()
    numbers = [event.seq for event in events(attempt)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert events(attempt)[-1].payload.state is RunState.FINISHED


def test_two_processes_make_the_steps_of_one(tmp_path: Path, tiny_model_dir: Path) -> None:
    common = {"learning_rate": 1e-2, "max_steps": 3, "eval_steps": 0, "save_steps": 2}
    alone = make_run(
        tmp_path / "alone", tiny_model_dir, DpoConfig(**common, per_device_train_batch_size=4),
        adapter=LORA,
    )  # fmt: skip
    train_here(alone)
    run = make_run(
        tmp_path / "shared", tiny_model_dir,
        DpoConfig(**common, per_device_train_batch_size=1, gradient_accumulation_steps=2),
        adapter=LORA,
    )  # fmt: skip
    launch("workbench.engine.worker", str(run.path), str(run.next_attempt().number))
    assert_close(run, alone)
    assert_one_process_wrote(run)
    assert run.checkpoint_steps() == [2, 3]


@pytest.mark.parametrize("name", list(CASES))
def test_every_way_and_method_makes_the_same_steps(
    tmp_path: Path,
    tiny_model_dir: Path,
    shared: dict[str, RunFolder],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = CASES[name].make(tmp_path / "alone", tiny_model_dir, processes=1)
    if name == "sft-16-bits":  # in the layers that a part of each weight leaves: others round apart
        monkeypatch.setattr(training, "try_writing_out", lambda _policy: False)
    train_here(alone)
    assert_close(shared[name], alone, CASES[name].tolerance)
    assert_one_process_wrote(shared[name])
    if name == "sft-16-bits":
        return  # moments of rounded gradients are not alike
    moments, expected = (
        load_file(run.checkpoint(2) / "optimizer.safetensors") for run in (shared[name], alone)
    )
    assert moments.keys() == expected.keys()
    for label, moment in expected.items():
        assert moments[label].sub(moment).abs().max() < 1e-4, label


@pytest.mark.parametrize("name", [*CASES, *DROPOUT])
def test_resuming_changes_nothing(shared: dict[str, RunFolder], name: str) -> None:
    whole = shared[name]
    resumed = RunFolder(whole.path.with_name(f"{whole.path.name}-resumed"))
    (hello,) = payloads(resumed.attempts()[-1], Hello)
    assert hello.resumed_from_step == 1
    theirs = weights(resumed)
    for label, weight in weights(whole).items():
        assert torch.equal(theirs[label], weight), label


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (ZERO | {"ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"}, "--use_fsdp --fsdp_version 2"),
        (ZERO | {"ACCELERATE_DEEPSPEED_ZERO_STAGE": "0"}, "--zero_stage 2"),
        (
            ZERO | {"ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE": "cpu"},
            "--offload_optimizer_device",
        ),
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
        Processes.start(torch.device("cpu"))


def test_without_being_asked_nothing_is_shared_out() -> None:
    assert Sharding.wanted() is None
    assert Zero.wanted() is None
