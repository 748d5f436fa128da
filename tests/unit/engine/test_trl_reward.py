"""TRL 1.16 from the same weights on the same batch: the reward model, and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.unit.engine.peers import (
    COMMON,
    CPU,
    assert_figures,
    assert_same,
    dataset,
    first_batch,
    gradients,
    packed,
    shake,
    trl_settings,
)
from tests.unit.engine.runs import preferences, write_rows
from workbench.core.preferences import Strength
from workbench.core.recipes import AdapterConfig, RewardConfig
from workbench.engine.checkpoints import save_weights
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base, trainable
from workbench.engine.packing import packed_length
from workbench.engine.reward_model import Reward, ScoredPolicy

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

STRENGTHS = (None, Strength.SLIGHTLY, Strength.CLEARLY, Strength.MUCH)
PAIRS = [
    replace(pair, strength=strength)
    for pair, strength in zip(preferences(4), STRENGTHS, strict=True)
]
MARGINS = [0.0, 1 / 3, 2 / 3, 1.0]


@pytest.fixture
def scored(tiny_model_dir: Path) -> tuple[ScoredPolicy, Any]:
    """Our model with an adapter and a head that do something, packed, and its tokenizer."""
    base = load_base(tiny_model_dir, CPU)
    model = trainable(base, AdapterConfig(r=4, lora_alpha=8), scores=True)
    shake(model)
    policy = packed(model)
    return ScoredPolicy.of(policy), base.tokenizer


def method_of(tokenizer: Any, folder: Path, **settings: Any) -> Reward:
    write_rows(folder / "train.jsonl", PAIRS)
    config = RewardConfig(**(COMMON | settings))
    return Reward(config, tokenizer, folder / "train.jsonl", folder / "none.jsonl")


def theirs_of(folder: Path, base: Path) -> Any:
    """transformers' reward model with the adapter in `folder`."""
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    return PeftModel.from_pretrained(model, folder, is_trainable=True)


def test_reward_model_is_trls(
    tmp_path: Path, tiny_model_dir: Path, scored: tuple[ScoredPolicy, Any]
) -> None:
    from trl import RewardConfig as TrlConfig
    from trl import RewardTrainer

    policy, tokenizer = scored
    rows = dataset(PAIRS).add_column("margin", MARGINS)
    save_weights(policy.model, tmp_path / "adapter")
    trainer: Any = RewardTrainer(
        model=theirs_of(tmp_path / "adapter", tiny_model_dir), processing_class=tokenizer,
        args=TrlConfig(**trl_settings(tmp_path), center_rewards_coefficient=0.05),
        train_dataset=rows,
    )  # fmt: skip
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, first_batch(trainer))
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    reward = method_of(tokenizer, tmp_path, center_rewards_coefficient=0.05, use_strength=True)
    tally = Tally()
    loss = reward.loss(policy, reward.train, tally) / 4
    loss.backward()
    assert_same(loss, gradients(policy.model), theirs, gradients(trainer.model))
    assert_figures(tally.means(), expected)


def test_packing_and_shared_prompts_change_nothing(
    tmp_path: Path, scored: tuple[ScoredPolicy, Any]
) -> None:
    policy, tokenizer = scored
    groups = [pair.group for pair in method_of(tokenizer, tmp_path).train]
    assert packed_length(groups) < sum(len(answer.ids) for pair in groups for answer in pair)
    together = policy(groups)
    alone = torch.cat([policy([[answer]]) for pair in groups for answer in pair])
    policy.packs = False
    padded = policy(groups)
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(together, padded)


def test_an_answer_that_begins_another_is_scored_at_its_own_end(
    scored: tuple[ScoredPolicy, Any], tmp_path: Path
) -> None:
    policy, tokenizer = scored
    longer = method_of(tokenizer, tmp_path).train[0].rejected
    shorter = replace(longer, ids=longer.ids[: len(longer.ids) // 2])
    shorter = replace(shorter, trained_from=len(shorter.ids) - 1)
    torch.testing.assert_close(
        policy([[shorter, longer]]), torch.cat((policy([[shorter]]), policy([[longer]])))
    )


def test_first_scores_are_small_and_the_head_learns_in_float32(tiny_model_dir: Path) -> None:
    base = load_base(tiny_model_dir, CPU)
    base.model.to(torch.bfloat16)
    model = trainable(base, AdapterConfig(r=4), scores=True)
    trained = {name: item for name, item in model.named_parameters() if item.requires_grad}
    (head,) = [item for name, item in trained.items() if "score" in name]
    assert head.dtype == torch.float32
    assert 0 < head.std() < 0.5
    assert "score" not in model.peft_config["default"].target_modules
    assert {name for name in trained if "lora" not in name} == {
        "base_model.model.score.modules_to_save.default.weight"
    }


def test_pairs_that_are_too_long_are_left_out(
    tmp_path: Path, scored: tuple[ScoredPolicy, Any]
) -> None:
    whole = method_of(scored[1], tmp_path)
    longest = max(len(answer.ids) - 1 for pair in whole.train for answer in pair.group)
    assert len(method_of(scored[1], tmp_path, max_length=longest).train) == 4
    fewer = method_of(scored[1], tmp_path, max_length=longest - 1)
    assert len(fewer.train) < 4
    assert "left out" in (fewer.cuts.sentence(longest - 1) or "")


def test_transformers_scores_as_we_do(
    tmp_path: Path, tiny_model_dir: Path, scored: tuple[ScoredPolicy, Any]
) -> None:
    policy, tokenizer = scored
    save_weights(policy.model, tmp_path / "adapter")
    theirs = theirs_of(tmp_path / "adapter", tiny_model_dir).eval()
    reader = AutoTokenizer.from_pretrained(tiny_model_dir)
    theirs.config.pad_token_id = reader.pad_token_id
    (pair, *_) = method_of(tokenizer, tmp_path).train
    for answer in pair.group:
        text = reader.decode(answer.ids[:-1])
        with torch.no_grad():
            score = theirs(**reader(text, return_tensors="pt")).logits[0]
        torch.testing.assert_close(policy([[answer]]), score)
