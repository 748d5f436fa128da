"""GRPO: TRL 1.16's loss, gradients, advantages and KL; whole runs; resuming within reuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

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
from tests.unit.engine.online_runs import SMALL, make_online_run, prompts, write_prompts
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
from workbench.core.events import GroupSampled, Metric
from workbench.core.recipes import AdapterConfig, GrpoConfig
from workbench.core.run_folder import RunFolder
from workbench.engine.answered import AnsweredPrompt
from workbench.engine.grpo import Grpo
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own
TEMPERATURE = 0.8


def trainer_of(folder: Path, model: Path, **options: Any) -> Any:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    base = load_base(model, CPU)

    def reward(**_: Any) -> list[float | None]:
        return REWARD_VALUES

    trainer = GRPOTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA, reward_funcs=reward,
        args=GRPOConfig(**{**online_settings(folder), **options}),
        train_dataset=Dataset.from_list([{"prompt": "a"}] * 12),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    return trainer


def method_of(folder: Path, tokenizer: Any, **options: Any) -> Grpo:
    settings = SMALL | {"temperature": TEMPERATURE, **options}
    train = write_prompts(folder / "prompts.jsonl", 3)
    return Grpo(GrpoConfig(**settings), tokenizer, train, folder / "none.jsonl")


def step_loss(method: Grpo, policy: Policy, made: list[AnsweredPrompt], tally: Tally) -> Any:
    """As the loop has it: each micro-batch's loss, divided by the weight of all."""
    weight = sum(method.weight(item) for item in made)
    total = torch.tensor(0.0)
    for part in method.micro_batches(made):
        loss = method.loss(policy, part, tally) / weight
        loss.backward()
        total += loss.detach()
    return total


def count_groups(policy: Policy) -> list[int]:
    """How many groups each pass from now on reads; the list grows."""
    read: list[int] = []
    policy.register_forward_pre_hook(lambda _, arguments: read.append(len(arguments[0])))
    return read


CASES = [
    {"loss_type": "grpo"}, {"loss_type": "bnpo"}, {"loss_type": "dr_grpo"}, {"loss_type": "dapo"},
    {"loss_type": "grpo", "beta": 0.3}, {"loss_type": "bnpo", "beta": 0.3},
    {"loss_type": "dr_grpo", "beta": 0.3}, {"loss_type": "dapo", "beta": 0.3},
    {"loss_type": "dapo", "epsilon_high": 0.28},
    {"loss_type": "grpo", "beta": 0.1, "importance_sampling_level": "sequence"},
    {"loss_type": "dapo", "importance_sampling_level": "sequence"},
]  # fmt: skip


@pytest.mark.parametrize("options", CASES, ids=lambda options: "-".join(map(str, options.values())))
def test_loss_and_gradients_are_trls(
    tmp_path: Path, tiny_model_dir: Path, options: dict[str, Any]
) -> None:
    trainer = trainer_of(tmp_path, tiny_model_dir, **options)
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.eval()
    with torch.no_grad():
        logps = policy(groups(), TEMPERATURE).logps
    old, ref = nearby(logps, 0.3), nearby(logps, 0.5, seed=6)
    made = items(old, ref if options.get("beta") else None)

    same = padded(groups())
    inputs = same.inputs | {"old_per_token_logps": same.pad(old)}
    inputs["ref_per_token_logps"] = same.pad(ref)
    trainer.current_gradient_accumulation_steps = 1
    theirs = trainer._compute_loss(trainer.model, inputs)
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    tally = Tally()
    method = method_of(tmp_path, tokenizer, per_device_train_batch_size=3, **options)
    ours = step_loss(method, policy, made, tally)
    assert_same(ours, gradients(model), theirs.detach(), gradients(trainer.model))
    figures = tally.means()
    assert figures["loss"] == pytest.approx(float(theirs), rel=1e-5, abs=1e-6)
    assert figures["clip_ratio/region_mean"] > 0  # the ratios are far from 1
    assert_figures(figures, expected)


@pytest.mark.parametrize("loss_type", ["grpo", "dr_grpo", "dapo"])
def test_parted_step_is_the_whole_step(
    tmp_path: Path, tiny_model_dir: Path, loss_type: str
) -> None:
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.eval()
    with torch.no_grad():
        logps = policy(groups(), TEMPERATURE).logps
    learnt = torch.tensor([[True, False, True, True]] * 3)
    found = []
    for size in (3, 1):
        made = items(nearby(logps, 0.2), nearby(logps, 0.4), learnt)
        method = method_of(
            tmp_path, tokenizer, per_device_train_batch_size=size, loss_type=loss_type, beta=0.1
        )
        tally = Tally()
        loss = step_loss(method, policy, made, tally)
        assert tally.means()["loss"] == pytest.approx(float(loss), abs=1e-6)
        found.append((loss, gradients(model)))
    assert_same(*found[0], *found[1])


@pytest.mark.parametrize("loss_type", ["grpo", "dr_grpo", "dapo"])
@pytest.mark.parametrize("flat", [(0,), (1, 2), (0, 1, 2)])
def test_leaving_out_groups_without_advantages_changes_nothing(
    tmp_path: Path,
    tiny_model_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    loss_type: str,
    flat: tuple[int, ...],
) -> None:
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.eval()
    with torch.no_grad():
        logps = policy(groups(), TEMPERATURE).logps
    read = count_groups(policy)
    found = []
    for leaves_out in (False, True):
        monkeypatch.setattr(Grpo, "_leaves_out_flat", leaves_out)
        made = items(nearby(logps, 0.3), None)
        for place in flat:
            made[place].advantages = torch.zeros(len(made[place].group))
        method = method_of(tmp_path, tokenizer, per_device_train_batch_size=2, loss_type=loss_type)
        tally = Tally()
        loss = step_loss(method, policy, made, tally)
        assert tally.means()["loss"] == pytest.approx(float(loss), abs=1e-6)
        found.append((loss, gradients(model)))
    assert_same(*found[0], *found[1])
    assert sum(read) == 3 + max(1, 3 - len(flat))


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_advantages_and_kl_are_trls(tmp_path: Path, tiny_model_dir: Path, scale: str) -> None:
    trainer = trainer_of(tmp_path, tiny_model_dir, scale_rewards=scale, beta=0.2, loss_type="grpo")
    trainer._generate = lambda _: (*given_ids(), None, [""] * 12, None, {}, None, [])
    theirs = trainer._generate_and_score_completions([{"prompt": "a"}] * 12)
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    method = method_of(
        tmp_path, tokenizer, scale_rewards=scale, beta=0.2, loss_type="grpo",
        rewards=GivenAnswers.REWARDS,
    )  # fmt: skip
    method.sampler = GivenAnswers(policy, TEMPERATURE)
    method.prepare(policy, nothing_to_report)
    collected = method.collect(policy, prompts_of(method.train), 0)

    advantages = torch.cat([item.advantages for item in collected.items])
    torch.testing.assert_close(advantages, theirs["advantages"], rtol=1e-5, atol=1e-6)
    ref = padded(groups()).pad(torch.cat([item.ref_logps for item in collected.items]))
    mask = theirs["completion_mask"]
    torch.testing.assert_close(ref, theirs["ref_per_token_logps"] * mask, rtol=1e-5, atol=1e-5)
    figures = collected.figures.means()
    for name in (
        "reward",
        "reward_std",
        "frac_reward_zero_std",
        "rewards/reward/mean",
        "rewards/reward/std",
    ):
        assert figures[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-5), name
    assert figures["rewards/reward/failed"] == pytest.approx(2 / 12)
    table = collected.events[0]
    assert [answer.total for answer in table.answers] == REWARD_VALUES[:4]
    assert table.answers[1].advantage == 0
    assert table.answers[1].notes["reward"]


def run_config(**options: Any) -> GrpoConfig:
    return GrpoConfig(**{**SMALL, "max_steps": 5, **options})


def weights(run: RunFolder, step: int) -> dict[str, torch.Tensor]:
    return load_file(run.checkpoint(step) / "adapter_model.safetensors")


def test_a_run_tells_what_it_did(tmp_path: Path, tiny_model_dir: Path) -> None:
    run = make_online_run(tmp_path / "run", tiny_model_dir, run_config(beta=0.05, eval_steps=5))
    outcome = train_here(run)
    attempt = run.attempt(1)
    assert outcome.step == 5
    metrics = payloads(attempt, Metric)
    first = metrics[0].values
    for name in (
        "reward",
        "reward_std",
        "rewards/length/mean",
        "rewards/letter/std",
        "kl",
        "entropy",
        "completions/clipped_ratio",
        "rollout_time_s",
        "reward_time_s",
        "update_time_s",
        "loss",
    ):
        assert name in first, name
    assert "eval_reward" in metrics[-1].values
    shown = payloads(attempt, GroupSampled)
    assert len(shown) == 10
    assert len(shown[0].answers) == 4
    assert set(shown[0].answers[0].rewards) == {"length", "letter"}
    assert (run.adapter / "adapter_model.safetensors").exists()


def test_resuming_changes_nothing(tmp_path: Path, tiny_model_dir: Path) -> None:
    """Answers are used three times; a checkpoint falls in the midst of that, another between."""
    config = run_config(num_iterations=3, save_steps=1, save_total_limit=9, max_steps=7)
    whole = make_online_run(tmp_path / "whole", tiny_model_dir, config)
    train_here(whole)
    for kept in (3, 5):
        parted = RunFolder(tmp_path / f"parted-{kept}")
        shutil.copytree(whole.path, parted.path)
        for step in range(kept + 1, 8):
            shutil.rmtree(parted.checkpoint(step))
        train_here(parted)
        for name, value in weights(whole, 7).items():
            assert torch.equal(value, weights(parted, 7)[name]), name
        asked_again = [step for step in (1, 4, 7) if step > kept]
        again = payloads(parted.attempt(2), GroupSampled)
        assert sorted({group.step for group in again}) == asked_again
        before = payloads(whole.attempt(1), GroupSampled)
        assert again == [group for group in before if group.step > kept]


def test_trained_weights_are_compared_with_what_they_were(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    config = run_config(beta=0.05, max_steps=3, learning_rate=1e-3)
    full = AdapterConfig(tuning="full")
    run = make_online_run(tmp_path / "run", tiny_model_dir, config, adapter=full)
    train_here(run)
    divergences = [metric.values["kl"] for metric in payloads(run.attempt(1), Metric)]
    assert divergences[0] == pytest.approx(0, abs=1e-6)
    assert divergences[2] > divergences[1] > 1e-5


def test_epochs_count_each_use() -> None:
    config = run_config(max_steps=0, num_iterations=3)
    assert config.total_steps(6) == 9


def test_prompts_without_room_are_left_out(tmp_path: Path, tiny_model_dir: Path) -> None:
    _, tokenizer = adapted(tiny_model_dir)
    longest = max(
        len(
            tokenizer.apply_chat_template(
                [{"role": "user", "content": example.prompt[0].content}],
                add_generation_prompt=True,
                return_dict=True,
            ).input_ids
        )
        for example in prompts(3)
    )
    method = method_of(tmp_path, tokenizer, max_length=longest + 8 - 1)
    assert len(method.train) < 3
    assert "left out" in (method.cuts.sentence(longest + 7) or "")
