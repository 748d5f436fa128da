"""PPO against a plain reference made from the papers' formulas; its critic; whole runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.answers import REWARD_VALUES, GivenAnswers, groups, nearby, prompts_of
from tests.unit.engine.online_runs import SMALL, make_online_run, write_prompts
from tests.unit.engine.peers import CPU, adapted, nothing_to_report, packed
from tests.unit.engine.runs import payloads, train_here
from workbench.core.events import Metric
from workbench.core.recipes import AdapterConfig, PpoConfig
from workbench.core.run_folder import RunFolder
from workbench.engine.answered import AnsweredPrompt
from workbench.engine.critic import Critic
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base
from workbench.engine.ppo import Ppo

TEMPERATURE = 0.8
ADAPTER = AdapterConfig(r=4, lora_alpha=8)
SETTINGS: dict[str, Any] = {
    **SMALL, "temperature": TEMPERATURE, "beta": 0.1, "gamma": 0.95, "gae_lambda": 0.9,
    "vf_coef": 0.3, "epsilon": 0.1, "cliprange_value": 0.1,
}  # fmt: skip


@pytest.fixture
def critic(tiny_model_dir: Path) -> Critic:
    """One whose head and adapter already say something."""
    critic = Critic.beside(load_base(tiny_model_dir, CPU), ADAPTER, seed=0)
    generator = torch.Generator().manual_seed(2)
    for parameter in critic.trained():
        parameter.data.normal_(std=0.1, generator=generator)
    return critic


@pytest.fixture
def policy(tiny_model_dir: Path) -> Policy:
    return packed(adapted(tiny_model_dir)[0])


def method_of(folder: Path, model: Path, critic: Critic, **options: Any) -> Ppo:
    train = write_prompts(folder / "prompts.jsonl", 3)
    config = PpoConfig(**{**SETTINGS, **options})
    return Ppo(config, adapted(model)[1], train, folder / "none.jsonl", critic=critic)


def collected(method: Ppo, policy: Policy) -> list[AnsweredPrompt]:
    method.sampler = GivenAnswers(policy, TEMPERATURE)
    method.prepare(policy, nothing_to_report)
    return list(method.collect(policy, prompts_of(list(method.train)), 0).items)


def plain(policy: Policy, critic: Critic) -> dict[str, list[torch.Tensor]]:
    """Of each answer by itself: what the policy, its reference and the critic say."""
    sequences = [[sequence] for group in groups() for sequence in group]
    policy.eval()
    with torch.no_grad():
        return {
            "old": [policy([one], TEMPERATURE).logps for one in sequences],
            "ref": [policy.reference([one], TEMPERATURE).logps for one in sequences],
            "values": [critic.values([one]) for one in sequences],
        }


def test_advantages_and_returns_are_the_papers(
    tmp_path: Path, tiny_model_dir: Path, critic: Critic, policy: Policy
) -> None:
    method = method_of(tmp_path, tiny_model_dir, critic, rewards=GivenAnswers.REWARDS)
    items = collected(method, policy)
    known = plain(policy, critic)
    advantages, returns, learnt = [], [], []
    for number, total in enumerate(REWARD_VALUES):
        values = known["values"][number].tolist()
        rewards = (-0.1 * (known["old"][number] - known["ref"][number])).tolist()
        rewards[-1] += total or 0.0
        found = [0.0] * len(values)
        ahead = value_ahead = 0.0
        for t in reversed(range(len(values))):
            ahead = rewards[t] + 0.95 * value_ahead - values[t] + 0.95 * 0.9 * ahead
            found[t], value_ahead = ahead, values[t]
        advantages += found
        returns += [advantage + value for advantage, value in zip(found, values, strict=True)]
        learnt += [total is not None] * len(values)
    expected, kept = torch.tensor(advantages), torch.tensor(learnt)
    seen = expected[kept]
    expected = (expected - seen.mean()) / (seen.var(correction=0) + 1e-8).sqrt()
    found = torch.cat([item.advantages for item in items])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    found = torch.cat([item.returns for item in items if item.returns is not None])
    torch.testing.assert_close(found, torch.tensor(returns), rtol=1e-4, atol=1e-5)
    by_answer = torch.cat([item.is_learnt for item in items]).tolist()
    assert by_answer == [total is not None for total in REWARD_VALUES]


def test_loss_and_gradients_are_the_papers(
    tmp_path: Path, tiny_model_dir: Path, critic: Critic, policy: Policy
) -> None:
    parts = {size: method_of(tmp_path, tiny_model_dir, critic, rewards=GivenAnswers.REWARDS,
                             per_device_train_batch_size=size) for size in (3, 1)}  # fmt: skip
    items = collected(parts[3], policy)
    for item in items:  # neither policy nor critic are what they were
        assert item.old_values is not None
        logps = torch.cat([policy([[one]], TEMPERATURE).logps for one in item.group])
        item.old_logps, item.old_values = nearby(logps, 0.2), nearby(item.old_values, 0.2)

    total, tokens = torch.tensor(0.0), 0
    for item in items:
        start = 0
        for sequence, is_learnt in zip(item.group, item.is_learnt, strict=True):
            own = slice(start, start + sequence.trained_count)
            start = own.stop
            if not is_learnt:
                continue
            assert item.old_logps is not None
            assert item.old_values is not None
            assert item.returns is not None
            ratio = (policy([[sequence]], TEMPERATURE).logps - item.old_logps[own]).exp()
            advantage = item.advantages[own]
            gain = torch.min(ratio * advantage, ratio.clamp(0.9, 1.1) * advantage)
            value, old, goal = critic([[sequence]]), item.old_values[own], item.returns[own]
            near = torch.max(torch.min(value, old + 0.1), old - 0.1)
            miss = 0.5 * torch.max((value - goal) ** 2, (near - goal) ** 2)
            total = total + (-gain + 0.3 * miss).sum()
            tokens += len(gain)
    expected = total / tokens
    expected.backward()
    expected_gradients = all_gradients(policy, critic)

    for method in parts.values():
        tally, loss = Tally(), torch.tensor(0.0)
        weight = sum(method.weight(item) for item in items)
        for part in method.micro_batches(items):
            term = method.loss(policy, part, tally) / weight
            term.backward()
            loss += term.detach()
        torch.testing.assert_close(loss, expected.detach(), rtol=1e-5, atol=1e-6)
        found = all_gradients(policy, critic)
        for name, value in expected_gradients.items():
            scale = float(value.abs().max())
            assert float((found[name] - value).abs().max()) <= 1e-4 * scale + 1e-7, name
        figures = tally.means()
        assert figures["loss"] == pytest.approx(float(expected.detach()), rel=1e-5)
        assert figures["clip_ratio/region_mean"] > 0
        assert figures["critic/clip_ratio"] > 0


def all_gradients(policy: Policy, critic: Critic) -> dict[str, torch.Tensor]:
    found = {}
    for prefix, module in (("policy", policy), ("critic", critic)):
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None, name
                found[f"{prefix}.{name}"] = parameter.grad
                parameter.grad = None
    return found


def test_critic_shares_the_base_and_nothing_else(tiny_model_dir: Path) -> None:
    base = load_base(tiny_model_dir, CPU)
    before = {name: value.clone() for name, value in base.model.state_dict().items()}
    weights = {parameter.data_ptr() for parameter in base.model.parameters()}
    critic = Critic.beside(base, ADAPTER, seed=0)
    frozen = [item for item in critic.trunk.parameters() if not item.requires_grad]
    assert {parameter.data_ptr() for parameter in frozen} == weights
    assert not weights & {parameter.data_ptr() for parameter in critic.trained()}
    assert base.model.state_dict().keys() == before.keys()  # no adapter has come into it
    assert critic.weight_bytes == 16 * sum(item.numel() for item in critic.trained())
    assert float(critic.values(groups()).abs().max()) == 0

    full = Critic.beside(base, AdapterConfig(tuning="full"), seed=0)
    assert not weights & {parameter.data_ptr() for parameter in full.trained()}
    assert sum(item.numel() for item in full.trained()) > base.parameters


def test_resuming_changes_nothing(tmp_path: Path, tiny_model_dir: Path) -> None:
    """Policy, critic and what is still to be learnt from come back as they were."""
    config = PpoConfig(**{
        **SMALL, "num_iterations": 2, "num_generations": 1, "max_steps": 4, "save_steps": 1,
        "save_total_limit": 9, "critic_learning_rate": 1e-2,
    })  # fmt: skip
    whole = make_online_run(tmp_path / "whole", tiny_model_dir, config)
    train_here(whole)
    parted = RunFolder(tmp_path / "parted")
    shutil.copytree(whole.path, parted.path)
    for step in (4, 2, 3):
        shutil.rmtree(parted.checkpoint(step))
    train_here(parted)
    for file in ("adapter_model.safetensors", "extra.safetensors"):
        ours, theirs = (load_file(run.checkpoint(4) / file) for run in (whole, parted))
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            assert torch.equal(value, theirs[name]), name

    first, second, *_ = (metric.values for metric in payloads(whole.attempt(1), Metric))
    assert first["critic/parameters"] > 0
    assert first["critic/memory_bytes"] > 16 * first["critic/parameters"]
    spent = sum(first[name] for name in ("rollout_time_s", "reward_time_s", "reference_time_s",
                                         "critic/time_s", "update_time_s"))  # fmt: skip
    assert 0 < first["critic/time_s"] < spent <= first["step_time_s"]
    assert "critic/explained_variance" in first
    assert "reward" not in second
    assert second["critic/time_s"] > 0
