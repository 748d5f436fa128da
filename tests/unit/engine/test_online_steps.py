"""Whole runs of methods that learn from their own answers: how a step is parted changes nothing,
and neither does a break."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.online_runs import SMALL, make_online_run
from tests.unit.engine.runs import payloads, train_here
from workbench.core.events import GroupSampled, Metric
from workbench.core.recipes import (
    AdapterConfig,
    GrpoConfig,
    OnlineConfig,
    PpoConfig,
    RlooConfig,
)
from workbench.core.run_folder import RunFolder

CASES: dict[str, tuple[type[OnlineConfig], dict[str, Any]]] = {
    "grpo": (GrpoConfig, {"loss_type": "grpo", "beta": 0.05}),
    "dr_grpo": (GrpoConfig, {"loss_type": "dr_grpo"}),
    "dapo": (GrpoConfig, {"loss_type": "dapo", "scale_rewards": "batch"}),
    "rloo": (RlooConfig, {"normalize_advantages": True}),
    "ppo": (PpoConfig, {"num_generations": 2}),
}


def run_of(
    folder: Path, model: Path, name: str, *, dropout: float = 0.0, **settings: Any
) -> RunFolder:
    kind, options = CASES[name]
    config = kind(**SMALL | {"num_iterations": 2} | options | settings)
    adapter = AdapterConfig(r=4, lora_alpha=8, lora_dropout=dropout)
    return make_online_run(folder, model, config, train=10, adapter=adapter)


def figures(run: RunFolder) -> list[dict[str, float]]:
    """Of every step, without what a clock or a meter measured."""
    measured = ("time_s", "tokens_per_second", "memory_bytes")
    return [
        {name: value for name, value in metric.values.items() if not name.endswith(measured)}
        for metric in payloads(run.attempt(1), Metric)
    ]


@pytest.mark.parametrize("name", list(CASES))
def test_eight_times_one_is_one_times_eight(
    tmp_path: Path, tiny_model_dir: Path, name: str
) -> None:
    found = []
    for prompts_at_once, batches in ((8, 1), (1, 8)):
        run = run_of(
            tmp_path / f"run-{batches}", tiny_model_dir, name, max_steps=4,
            per_device_train_batch_size=prompts_at_once, gradient_accumulation_steps=batches,
            learning_rate=1e-3,
        )  # fmt: skip
        train_here(run)
        found.append(figures(run))
    together, one_by_one = found
    assert len(together) == 4
    for whole, parted in zip(together, one_by_one, strict=True):
        assert parted == pytest.approx(whole, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", ["dapo", "rloo", "ppo"])
def test_a_break_loses_and_repeats_no_prompt(
    tmp_path: Path, tiny_model_dir: Path, name: str
) -> None:
    """Ten prompts, four at a time: the breaks fall within and between uses, and in either epoch."""
    settings = {"max_steps": 8, "save_steps": 1, "save_total_limit": 9, "dropout": 0.3}
    whole = run_of(
        tmp_path / "whole", tiny_model_dir, name, per_device_train_batch_size=4, **settings
    )
    train_here(whole)
    asked = payloads(whole.attempt(1), GroupSampled)
    for kept in (2, 3, 5):
        parted = RunFolder(tmp_path / f"from-{kept}")
        shutil.copytree(whole.path, parted.path)
        shutil.rmtree(parted.adapter)
        for step in range(kept + 1, 9):
            shutil.rmtree(parted.checkpoint(step))
        train_here(parted)
        again = payloads(parted.attempt(2), GroupSampled)
        assert again == [group for group in asked if group.step > kept]
        for file in parted.checkpoint(8).glob("*.safetensors"):
            theirs = load_file(whole.checkpoint(8) / file.name)
            for label, value in load_file(file).items():
                assert torch.equal(value, theirs[label]), f"{file.name}: {label}"
