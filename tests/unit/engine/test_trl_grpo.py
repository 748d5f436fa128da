"""GRPO as TRL 1.16 has it, beyond one plain step: answers that are used again or ignored, and
several rewards with weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from tests.unit.engine.answers import (
    LENGTHS,
    GivenAnswers,
    given_ids,
    groups,
    items,
    nearby,
    online_settings,
    padded,
    prompts_of,
)
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
from tests.unit.engine.test_grpo import TEMPERATURE, method_of, step_loss, trainer_of
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base
from workbench.engine.policy_losses import GrpoLossType

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

LOSS_TYPES = get_args(GrpoLossType)
IS_LEARNT = torch.tensor([[True, False, True, True], [False] * 4, [True, True, False, True]])


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_ignored_answers_count_as_in_trl(
    tmp_path: Path, tiny_model_dir: Path, loss_type: str
) -> None:
    trainer = trainer_of(tmp_path, tiny_model_dir, loss_type=loss_type, beta=0.2)
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.eval()
    with torch.no_grad():
        logps = policy(groups(), TEMPERATURE).logps
    old, ref = nearby(logps, 0.3), nearby(logps, 0.5, seed=6)

    same = padded(groups())
    mask = same.mask * IS_LEARNT.view(-1, 1)
    inputs = same.inputs | {
        "completion_mask": mask, "num_items_in_batch": mask.sum(),
        "old_per_token_logps": same.pad(old), "ref_per_token_logps": same.pad(ref),
    }  # fmt: skip
    theirs = trainer._compute_loss(trainer.model, inputs)
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    tally = Tally()
    method = method_of(
        tmp_path, tokenizer, per_device_train_batch_size=3, loss_type=loss_type, beta=0.2
    )
    ours = step_loss(method, policy, items(old, ref, IS_LEARNT), tally)
    assert_same(ours, gradients(model), theirs.detach(), gradients(trainer.model))
    assert_figures(tally.means(), expected)


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_the_second_use_of_an_answer_is_trls(
    tmp_path: Path, tiny_model_dir: Path, loss_type: str
) -> None:
    """What wrote the answers is remembered from their first use; weights move before the second."""
    trainer = trainer_of(tmp_path, tiny_model_dir, loss_type=loss_type, num_iterations=2)
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.eval()
    size = 3 if loss_type == "bnpo" else 2  # bnpo takes a mean over each micro-batch
    method = method_of(
        tmp_path, tokenizer, per_device_train_batch_size=size, loss_type=loss_type,
        num_iterations=2,
    )  # fmt: skip
    made = items(torch.zeros(sum(map(sum, LENGTHS))), None)
    for item in made:
        item.old_logps = None
    same = padded(groups())
    with torch.no_grad():
        old = trainer._get_per_token_logps_and_entropies(
            trainer.model,
            torch.cat((same.inputs["prompt_ids"], same.inputs["completion_ids"]), dim=1),
            torch.cat((same.inputs["prompt_mask"], same.mask), dim=1),
            same.mask.shape[1],
        )[0]
    inputs = same.inputs | {"old_per_token_logps": old}
    for use in range(2):
        tally = Tally()
        theirs = trainer._compute_loss(trainer.model, inputs)
        theirs.backward()
        expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}
        ours = step_loss(method, policy, made, tally)
        assert_same(ours, gradients(model), theirs.detach(), gradients(trainer.model))
        figures = tally.means()
        assert_figures(figures, expected)
        assert (figures["clip_ratio/region_mean"] > 0) == (use == 1)
        for moved in (model, trainer.model):
            nudge(moved)


def nudge(model: Any) -> None:
    """A step of an optimiser, of a kind; the same at each call."""
    generator = torch.Generator().manual_seed(1)
    for parameter in (parameter for parameter in model.parameters() if parameter.requires_grad):
        parameter.data += 0.03 * torch.randn(parameter.shape, generator=generator)


def test_weighted_rewards_are_added_up_as_in_trl(tmp_path: Path, tiny_model_dir: Path) -> None:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    values = {
        "first": [1.0, 0.0, 0.25, 0.5, 2.0, 2.0, 2.0, 2.0, -1.0, 0.0, 3.5, 1.0],
        "second": [0.5, 0.5, 0.0, 1.0, 1.0, 0.0, 1.0, 0.25, 0.0, 0.0, 1.0, 0.75],
    }
    weights = {"first": 0.3, "second": 2.0}

    def reward_of(name: str) -> Callable[..., list[float]]:
        def reward(**_: Any) -> list[float]:
            return values[name]

        reward.__name__ = name
        return reward

    base = load_base(tiny_model_dir, CPU)
    trainer: Any = GRPOTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        reward_funcs=[reward_of(name) for name in values],
        args=GRPOConfig(**online_settings(tmp_path), reward_weights=list(weights.values())),
        train_dataset=Dataset.from_list([{"prompt": "a"}] * 12),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    trainer._generate = lambda _: (*given_ids(), None, [""] * 12, None, {}, None, [])
    theirs = trainer._generate_and_score_completions([{"prompt": "a"}] * 12)
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    source = (
        "VALUES = {}\nCALLS = []\n\n"
        "def reward(prompt, completion, answer, **kwargs):\n"
        "    CALLS.append(1)\n    return VALUES[len(CALLS) - 1]\n"
    )
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    method = method_of(tmp_path, tokenizer, rewards=[
        {"kind": "python", "name": name, "weight": weights[name],
         "source": source.format(values[name])}
        for name in values
    ])  # fmt: skip
    method.sampler = GivenAnswers(policy, TEMPERATURE)
    method.prepare(policy, nothing_to_report)
    collected = method.collect(policy, prompts_of(method.train), 0)
    advantages = torch.cat([item.advantages for item in collected.items])
    torch.testing.assert_close(advantages, theirs["advantages"], rtol=1e-5, atol=1e-6)
    figures = collected.figures.means()
    for name in ("reward", "reward_std", "rewards/first/mean", "rewards/second/std"):
        assert figures[name] == pytest.approx(expected[name], rel=1e-5), name
