"""Real runs of the tiny model that go wrong: each is told in words, and none of them breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.unit.engine.online_runs import SMALL, make_online_run
from tests.unit.engine.runs import make_run, payloads, supervised, train_here, write_rows
from workbench.core.conversation import user
from workbench.core.errors import RunError
from workbench.core.events import GroupSampled, Warned
from workbench.core.preferences import SupervisedExample
from workbench.core.recipes import (
    AdapterConfig,
    GrpoConfig,
    OnlineConfig,
    PpoConfig,
    RlooConfig,
    SftConfig,
)
from workbench.core.rewards import PythonReward, RegexReward
from workbench.core.run_folder import RunFolder
from workbench.engine.batching import DataOrder
from workbench.engine.logprobs import Policy

ONLINE: dict[str, type[OnlineConfig]] = {"grpo": GrpoConfig, "rloo": RlooConfig, "ppo": PpoConfig}
FAILING = "def reward(prompt, completion, answer, **kwargs):\n    raise ValueError('no such tag')\n"
# Eight answers a step: for twelve steps the reward rises, then it falls below where it began.
HILL = """
CALLS = []

def reward(prompt, completion, answer, **kwargs):
    CALLS.append(1)
    step = (len(CALLS) - 1) // 8
    return (step if step < 12 else 10 - step) + len(completion) / 100
"""


def told(run: RunFolder) -> dict[str, str]:
    """What was warned of in the first attempt, by its code."""
    warnings = payloads(run.attempt(1), Warned)
    codes = [warning.code for warning in warnings]
    assert len(codes) == len(set(codes))  # each once
    return {warning.code: warning.message for warning in warnings}


def online_run(folder: Path, model: Path, method: str = "grpo", **options: Any) -> RunFolder:
    config = ONLINE[method](**{**SMALL, "max_steps": 2, **options})
    return make_online_run(folder, model, config)


@pytest.mark.parametrize(
    ("method", "options"),
    [("grpo", {"loss_type": "dapo"}), ("grpo", {"loss_type": "grpo"}), ("rloo", {}), ("ppo", {})],
)
def test_a_step_in_which_every_answer_is_ignored(
    tmp_path: Path, tiny_model_dir: Path, method: str, options: dict[str, str]
) -> None:
    run = online_run(
        tmp_path / "run", tiny_model_dir, method, max_completion_length=1,
        mask_truncated_completions=True, **options,
    )  # fmt: skip
    assert train_here(run).step == 2
    assert "turn off Ignore cut answers" in told(run)["all_masked"]


@pytest.mark.parametrize("method", list(ONLINE))
def test_a_reward_that_always_fails(tmp_path: Path, tiny_model_dir: Path, method: str) -> None:
    rewards = (PythonReward(name="mine", source=FAILING),)
    run = online_run(tmp_path / "run", tiny_model_dir, method, rewards=rewards)
    assert train_here(run).step == 2
    if method == "ppo":
        assert "had no reward" in told(run)["all_masked"]
    else:
        assert "The reward mine failed for 100% of the answers" in told(run)["reward_failed"]
    answers = payloads(run.attempt(1), GroupSampled)[0].answers
    assert all("no such tag" in answer.notes["mine"] for answer in answers)


def test_equal_rewards(tmp_path: Path, tiny_model_dir: Path) -> None:
    same = (RegexReward(name="any", pattern=".*"),)
    run = online_run(tmp_path / "run", tiny_model_dir, rewards=same, max_steps=4)
    train_here(run)
    assert "more Answers per prompt" in told(run)["zero_reward_variance"]


def test_a_model_that_leaves_its_base(tmp_path: Path, tiny_model_dir: Path) -> None:
    run = online_run(tmp_path / "run", tiny_model_dir, beta=1e-3, learning_rate=0.3, max_steps=6)
    train_here(run)
    assert "Raise Beta" in told(run)["kl_runaway"]


def test_a_reward_that_collapses(tmp_path: Path, tiny_model_dir: Path) -> None:
    run = online_run(
        tmp_path / "run", tiny_model_dir, learning_rate=1e-5, max_steps=26,
        max_completion_length=2, rewards=(PythonReward(name="hill", source=HILL),),
    )  # fmt: skip
    train_here(run)
    assert "below its start" in told(run)["reward_collapse"]
    assert "answers_cut" in told(run)


def test_a_loss_that_jumps(tmp_path: Path, tiny_model_dir: Path) -> None:
    """One answer is learnt by heart, when another comes that it has never seen."""
    config = SftConfig(
        max_steps=32, per_device_train_batch_size=1, learning_rate=3e-2, save_steps=0, eval_steps=0,
    )  # fmt: skip
    run = make_run(tmp_path / "run", tiny_model_dir, config, adapter=AdapterConfig(r=4))
    usual, odd = supervised(1)[0], SupervisedExample(user("Hm?"), "7 % of 9 $ = ? ! " * 3)
    rows = [usual] * 32
    rows[DataOrder(32, config.seed).take(0, 32)[-1]] = odd
    write_rows(run.train_data, rows)
    train_here(run)
    assert "Warm-up steps" in told(run)["exploding_loss"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (SftConfig(per_device_train_batch_size=3),
         "3 examples of up to 512 tokens at once: lower Batch size (and raise Accumulation as much)"
         ", lower Max length or turn on Checkpoint activations."),
        (SftConfig(per_device_train_batch_size=1, gradient_checkpointing=True),
         "1 example of up to 512 tokens at once: lower Max length, or choose a smaller model."),
        (GrpoConfig(**SMALL),
         "2 prompts with 4 answers each of up to 96 tokens at once: lower Prompts at once (and"
         " raise Accumulation as much), lower Answers per prompt, lower Answer length, lower Max"
         " length or turn on Checkpoint activations."),
    ],
)  # fmt: skip
def test_no_memory_on_the_gpu_names_what_to_lower(
    tmp_path: Path,
    tiny_model_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: Any,
    said: str,
) -> None:
    def allocate(*_: object, **__: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(Policy, "hidden", allocate)
    make = make_online_run if isinstance(config, OnlineConfig) else make_run
    with pytest.raises(RunError) as raised:
        train_here(make(tmp_path / "run", tiny_model_dir, config))
    assert said in str(raised.value)


def test_a_model_that_learns_its_examples_by_heart(tmp_path: Path, tiny_model_dir: Path) -> None:
    """Held out are the same questions with other answers, which become likely and then less so."""
    config = SftConfig(max_steps=36, learning_rate=1e-2, eval_steps=2, save_steps=0)
    run = make_run(tmp_path / "run", tiny_model_dir, config, adapter=AdapterConfig(tuning="full"))
    rows = supervised(4)
    others = [
        SupervisedExample(row.prompt, other.completion)
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)
    ]
    write_rows(run.train_data, rows)
    write_rows(run.eval_data, others)
    train_here(run)
    assert "more varied examples" in told(run)["overfitting"]
