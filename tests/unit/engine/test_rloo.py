"""RLOO: TRL 1.16's loss, gradients and advantages, and a whole run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.unit.engine.answers import (
    REWARD_VALUES,
    GivenAnswers,
    given_ids,
    groups,
    items,
    nearby,
    online_settings,
    padded,
    prompts_of,
)
from tests.unit.engine.online_runs import SMALL, make_online_run, write_prompts
from tests.unit.engine.peers import (
    CPU,
    LORA,
    adapted,
    assert_figures,
    assert_same,
    gradients,
    nothing_to_report,
    packed,
    shake,
)
from tests.unit.engine.runs import payloads, train_here
from workbench.core.events import Metric
from workbench.core.recipes import RlooConfig
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base
from workbench.engine.rloo import Rloo

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own
TEMPERATURE = 0.8


def trainer_of(folder: Path, model: Path, **options: Any) -> Any:
    from datasets import Dataset
    from trl import RLOOConfig, RLOOTrainer

    def reward(**_: Any) -> list[float | None]:
        return REWARD_VALUES

    base = load_base(model, CPU)
    trainer = RLOOTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA, reward_funcs=reward,
        args=RLOOConfig(**{**online_settings(folder), **options}),
        train_dataset=Dataset.from_list([{"prompt": "a"}] * 12),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    return trainer


def method_of(folder: Path, tokenizer: Any, **options: Any) -> Rloo:
    settings = SMALL | {"temperature": TEMPERATURE, **options}
    train = write_prompts(folder / "prompts.jsonl", 3)
    return Rloo(RlooConfig(**settings), tokenizer, train, folder / "none.jsonl")


def test_loss_and_gradients_are_trls(tmp_path: Path, tiny_model_dir: Path) -> None:
    trainer = trainer_of(tmp_path, tiny_model_dir)
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.eval()
    with torch.no_grad():
        logps = policy(groups(), TEMPERATURE).logps
    old = nearby(logps, 0.1)
    same = padded(groups())
    inputs = same.inputs | {"old_logps": same.pad(old).sum(dim=1)}
    theirs = trainer._compute_loss(trainer.model, inputs)
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    found = []
    for size in (3, 1):
        method = method_of(tmp_path, tokenizer, per_device_train_batch_size=size)
        made, tally, total = items(old, None), Tally(), torch.tensor(0.0)
        for part in method.micro_batches(made):
            loss = method.loss(policy, part, tally) / sum(map(method.weight, made))
            loss.backward()
            total += loss.detach()
        found = gradients(model)
        assert_same(total, found, theirs.detach(), their_gradients(trainer))
        figures = tally.means()
        assert figures["clip_ratio/region_mean"] > 0
        assert_figures(figures, expected)


def their_gradients(trainer: Any) -> dict[str, torch.Tensor]:
    named = trainer.model.named_parameters()
    return {name: parameter.grad for name, parameter in named if parameter.requires_grad}


@pytest.mark.parametrize("options", [{"beta": 0.0}, {"beta": 0.2}, {"normalize_advantages": True}])
def test_advantages_are_trls(tmp_path: Path, tiny_model_dir: Path, options: dict[str, Any]) -> None:
    trainer = trainer_of(tmp_path, tiny_model_dir, **options)
    trainer._generate = lambda _: (*given_ids(), [""] * 12)
    theirs = trainer._generate_and_score_completions([{"prompt": "a"}] * 12)
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    method = method_of(tmp_path, tokenizer, rewards=GivenAnswers.REWARDS, **options)
    method.sampler = GivenAnswers(policy, TEMPERATURE)
    method.prepare(policy, nothing_to_report)
    collected = method.collect(policy, prompts_of(method.train), 0)

    advantages = torch.cat([item.advantages for item in collected.items])
    torch.testing.assert_close(advantages, theirs["advantages"], rtol=1e-4, atol=1e-5)
    figures = collected.figures.means()
    for name in ("kl", "reward", "reward_std", "frac_reward_zero_std"):
        if name in expected:
            assert figures[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-5), name


def test_a_run_tells_what_it_did(tmp_path: Path, tiny_model_dir: Path) -> None:
    config = RlooConfig(
        **{**SMALL, "max_steps": 3, "num_iterations": 2, "normalize_advantages": True}
    )
    run = make_online_run(tmp_path / "run", tiny_model_dir, config)
    assert train_here(run).step == 3
    first, second, third = (metric.values for metric in payloads(run.attempt(1), Metric))
    for name in ("reward", "kl", "rollout_time_s"):
        assert name in first
        assert name not in second  # the same answers again
        assert name in third
