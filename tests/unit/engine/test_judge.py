"""What a run learnt of which answers are better, asked about pairs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.unit.engine.peers import CPU
from tests.unit.engine.runs import make_run, preferences, train_here
from workbench.core.errors import ModelFolderError, RunError
from workbench.core.generation import WeighedPair
from workbench.core.recipes import AdapterConfig, DpoConfig, KtoConfig, RewardConfig, SftConfig
from workbench.core.recipes.training import TrainingConfig
from workbench.core.run_folder import RunFolder
from workbench.engine.chat import answer_sequence
from workbench.engine.judge import load_judge
from workbench.engine.modeling import add_adapter, load_base

QUICK = {"max_steps": 12, "learning_rate": 5e-3, "eval_steps": 0, "save_steps": 0}


def asked(count: int) -> list[WeighedPair]:
    """Pairs that no run here has seen; the first answer is the better one."""
    return [
        WeighedPair(f"p{number}", pair.prompt, pair.chosen, pair.rejected)
        for number, pair in enumerate(preferences(count, start=500))
    ]


def turned(pair: WeighedPair) -> WeighedPair:
    return WeighedPair(pair.pair_id, pair.messages, pair.second, pair.first)


@pytest.mark.parametrize(
    ("config", "adapter"),
    [
        (DpoConfig(**QUICK), None),
        (DpoConfig(**QUICK, loss_type="simpo", beta=2.0), None),
        (DpoConfig(**QUICK), AdapterConfig(tuning="full")),
        (KtoConfig(**QUICK), None),
        (RewardConfig(**QUICK), None),
    ],
    ids=["dpo", "simpo", "dpo of the whole model", "kto", "reward"],
)
def test_a_trained_run_prefers_what_was_chosen(
    config: TrainingConfig, adapter: AdapterConfig | None, tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, config, adapter=adapter)
    train_here(run)
    judge = load_judge(run.path, CPU)
    pairs = asked(6)
    margins = judge(pairs)
    assert all(margin is not None and margin > 0 for margin in margins)
    # Sides swapped, and each by itself: the same, but for its sign.
    again = [judge([turned(pair)])[0] for pair in pairs]
    assert again == pytest.approx([-margin for margin in margins if margin], abs=1e-3)


def test_the_margin_of_dpo_is_the_difference_of_its_rewards(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig(**QUICK, beta=0.3))
    train_here(run)
    (pair,) = asked(1)
    base = load_base(tiny_model_dir, CPU)
    model = add_adapter(base.model, run.adapter, "trained")

    def logp(text: str) -> float:
        sequence = answer_sequence(base.tokenizer, pair.messages, text)
        ids = torch.tensor([list(sequence.ids)])
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0, :-1].log_softmax(-1)
        found = logits.gather(-1, ids[0, 1:, None])[sequence.trained_from - 1 :]
        return float(found.sum())

    trained = logp(pair.first) - logp(pair.second)
    with model.disable_adapter():
        before = logp(pair.first) - logp(pair.second)
    (margin,) = load_judge(run.path, CPU)([pair])
    assert margin == pytest.approx(0.3 * (trained - before), abs=1e-3)


def test_an_answer_that_is_too_long_has_no_margin_and_spoils_no_other(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig(**QUICK | {"max_steps": 1}))
    train_here(run)
    short, other = asked(2)
    long = WeighedPair("long", short.messages, "why " * 2000, short.second)
    margins = load_judge(run.path, CPU)([short, long, other])
    assert [margin is None for margin in margins] == [False, True, False]


def test_what_can_not_judge_is_refused_with_a_sentence(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    sft = make_run(tmp_path / "sft", tiny_model_dir, SftConfig())
    with pytest.raises(RunError, match="did not learn which of two answers is better"):
        load_judge(sft.path, CPU)
    new = make_run(tmp_path / "new", tiny_model_dir, DpoConfig())
    with pytest.raises(RunError, match="has no result yet"):
        load_judge(new.path, CPU)
    with pytest.raises(ModelFolderError, match="holds no run"):
        load_judge(RunFolder(tmp_path / "nowhere").path, CPU)
