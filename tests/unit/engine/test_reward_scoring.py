"""A trained reward model at work: from its result folder, on its own base or on a policy's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.online_runs import SMALL, make_online_run
from tests.unit.engine.peers import CPU, adapted, packed, shake
from tests.unit.engine.runs import make_run, payloads, preferences, train_here
from workbench.core.conversation import user
from workbench.core.errors import ModelFolderError
from workbench.core.events import Metric
from workbench.core.preferences import PreferenceExample
from workbench.core.recipes import AdapterConfig, GrpoConfig, RewardConfig
from workbench.core.rewards import RewardModelReward
from workbench.core.run_folder import RunFolder
from workbench.engine.checkpoints import save_weights
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import load_base, trainable
from workbench.engine.reward_model import ScoredPolicy, scored_sequence
from workbench.engine.reward_scoring import BaseInUse, RewardModel
from workbench.engine.rewards.sample import RewardInput
from workbench.engine.rewards.scoring import build, score


def inputs(pairs: list[PreferenceExample]) -> list[RewardInput]:
    return [
        RewardInput(pair.prompt, answer, None, len(answer), True)
        for pair in pairs
        for answer in (pair.chosen, pair.rejected)
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_model_dir: Path) -> RunFolder:
    """A run that learnt to tell short answers from long ones."""
    config = RewardConfig(max_steps=12, learning_rate=5e-3, eval_steps=0, save_steps=0)
    run = make_run(tmp_path_factory.mktemp("reward") / "run", tiny_model_dir, config)
    train_here(run)
    return run


def test_a_trained_model_prefers_what_was_chosen(trained: RunFolder) -> None:
    judge = RewardModel.load(trained.path, CPU)
    scores = judge(inputs(preferences(6, start=500)))
    values = [value for value in scores if value is not None]
    assert len(values) == 12
    assert all(good > bad for good, bad in zip(values[::2], values[1::2], strict=True))


def test_a_policy_lends_its_base_and_is_not_disturbed(
    trained: RunFolder, tiny_model_dir: Path
) -> None:
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model).train()
    asked = inputs(preferences(3))
    groups = [[scored_sequence(tokenizer, item.prompt, item.completion)] for item in asked]
    trainable = {name for name, item in policy.named_parameters() if item.requires_grad}
    before = policy(groups).logps.detach()
    shared = RewardModel.load(trained.adapter, CPU, BaseInUse(tiny_model_dir, policy, tokenizer))
    alone = RewardModel.load(trained.adapter, CPU)
    torch.testing.assert_close(torch.tensor(shared(asked)), torch.tensor(alone(asked)))
    assert shared.parameters_of_its_own == alone.parameters_of_its_own
    assert shared._policy.causal is policy.causal

    assert policy.training
    assert {name for name, item in policy.named_parameters() if item.requires_grad} == trainable
    assert torch.equal(policy(groups).logps, before)
    policy(groups).logps.sum().backward()
    untouched = Policy(load_base(tiny_model_dir, CPU).model)
    torch.testing.assert_close(policy.reference(groups).logps, untouched(groups).logps)


def test_another_base_is_loaded_beside(trained: RunFolder, tmp_path: Path) -> None:
    from tests import tiny_model

    other = tiny_model.build(tmp_path / "other", seed=7)
    model, tokenizer = adapted(other)
    policy = packed(model)
    judge = RewardModel.load(trained.path, CPU, BaseInUse(other, policy, tokenizer))
    assert judge._policy.causal is not policy.causal
    asked = inputs(preferences(2))
    assert judge(asked) == RewardModel.load(trained.path, CPU)(asked)


def test_answers_to_one_prompt_share_it_and_order_is_kept(
    trained: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = RewardModel.load(trained.path, CPU)
    asked = [
        item for pair in zip(*[iter(inputs(preferences(4)))] * 2, strict=True) for item in pair
    ]
    mixed = [asked[place] for place in (5, 0, 3, 1, 7, 2, 4, 6)]
    expected = [judge([item])[0] for item in mixed]
    assert judge(mixed) == pytest.approx(expected, abs=1e-5)
    monkeypatch.setattr("workbench.engine.reward_scoring._TOKENS_AT_ONCE", 60)
    assert judge(mixed) == pytest.approx(expected, abs=1e-5)
    assert judge([]) == []


def test_an_answer_beyond_the_models_window_has_no_score(trained: RunFolder) -> None:
    judge = RewardModel.load(trained.path, CPU)
    long = RewardInput(user("Why?"), "rain " * 600, None, 600, False)
    short = RewardInput(user("Why?"), "rain", None, 1, True)
    assert [value is None for value in judge([long, short])] == [True, False]


def test_it_serves_as_a_reward(trained: RunFolder) -> None:
    spec = RewardModelReward(path=str(trained.path), weight=2.0)
    rewards = build([spec], scorer=lambda asked: RewardModel.load(Path(asked.path), CPU))
    asked = inputs(preferences(2))
    table = score(rewards, asked, group_size=2)
    expected = RewardModel.load(trained.path, CPU)(asked)
    assert [result.value for result in table.results["reward_model"]] == expected
    assert table.totals == tuple(2 * value for value in expected if value is not None)


def test_a_run_learns_from_it_on_the_same_base_and_keeps_its_own_adapter_apart(
    trained: RunFolder, tmp_path: Path, tiny_model_dir: Path
) -> None:
    rewards = (RewardModelReward(path=str(trained.path)),)
    config = GrpoConfig(**(SMALL | {"rewards": rewards, "max_steps": 2, "beta": 0.1}))
    run = make_online_run(tmp_path / "run", tiny_model_dir, config)
    train_here(run)
    rows = [metric.values for metric in payloads(run.attempt(1), Metric)]
    assert all(abs(row["rewards/reward_model/mean"]) > 0 for row in rows if "reward" in row)
    assert rows[0]["kl"] == pytest.approx(0, abs=1e-5)  # the reference has no adapter at all
    kept = load_file(run.adapter / "adapter_model.safetensors")
    assert len(kept) == len(load_file(trained.adapter / "adapter_model.safetensors")) - 1


def test_a_fully_trained_reward_model_is_a_whole_model(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    from transformers import AutoModelForSequenceClassification

    config = RewardConfig(max_steps=2, learning_rate=1e-3, eval_steps=0)
    adapter = AdapterConfig(tuning="full")
    run = make_run(tmp_path / "run", tiny_model_dir, config, adapter=adapter)
    train_here(run)
    judge = RewardModel.load(run.path, CPU)
    theirs = AutoModelForSequenceClassification.from_pretrained(run.model).eval()
    (asked, *_) = inputs(preferences(1))
    ids = scored_sequence(judge._tokenizer, asked.prompt, asked.completion).ids[:-1]
    with torch.no_grad():
        expected = theirs(input_ids=torch.tensor([ids])).logits[0, 0].item()
    assert judge([asked]) == pytest.approx([expected], abs=1e-5)


def test_what_is_no_reward_model_is_said(trained: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no reward model at"):
        RewardModel.load(tmp_path / "nowhere", CPU)
    base = Path(
        json.loads((trained.adapter / "adapter_config.json").read_text())["base_model_name_or_path"]
    )
    with pytest.raises(ModelFolderError, match="has no score"):
        RewardModel.load(base, CPU)
    model, _ = adapted(base)
    model.save_pretrained(tmp_path / "adapter")
    with pytest.raises(ModelFolderError, match="has no score"):
        RewardModel.load(tmp_path / "adapter", CPU)


def test_scores_of_a_policy_are_those_of_its_saved_result(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    base = load_base(tiny_model_dir, CPU)
    model = trainable(base, AdapterConfig(tuning="dora", r=4), scores=True)
    shake(model)
    policy = ScoredPolicy.of(packed(model))
    save_weights(model, tmp_path / "adapter")
    asked = inputs(preferences(2))
    groups = [[scored_sequence(base.tokenizer, item.prompt, item.completion)] for item in asked]
    found = RewardModel.load(tmp_path / "adapter", CPU)(asked)
    assert found == pytest.approx(policy(groups).tolist(), abs=1e-5)
