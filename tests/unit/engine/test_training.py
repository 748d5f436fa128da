"""Whole runs of the tiny model in this process: exact resume, equal steps, what ends a run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.runs import make_run, payloads, preferences, train_here, write_rows
from workbench.core.control import Command
from workbench.core.conversation import user
from workbench.core.errors import DataFileError, RunError
from workbench.core.events import (
    Ack,
    CheckpointSaved,
    Metric,
    RunState,
    Sample,
    StateChanged,
    Warned,
)  # fmt: skip
from workbench.core.recipes import (
    AdapterConfig,
    DpoConfig,
    KtoConfig,
    MethodConfig,
    RewardConfig,
    RunSpec,
    SftConfig,
    Tuning,
)
from workbench.core.run_folder import RunFolder

CONFIGS = {"sft": SftConfig, "dpo": DpoConfig, "kto": KtoConfig, "reward": RewardConfig}
# Steps after which a run of five goes on; the first epoch ends within the third.
RESUMED_AFTER = {"sft": (1, 2, 3, 4), "dpo": (1, 2, 3, 4), "kto": (3,), "reward": (3,)}


def weights(run: RunFolder) -> dict[str, torch.Tensor]:
    (file,) = (run.adapter if run.adapter.exists() else run.model).glob("*.safetensors")
    return load_file(file)


def figures(run: RunFolder, attempt: int = 1) -> dict[int, dict[str, float]]:
    """Training figures by step, without what a clock measured."""
    timed = {"step_time_s", "tokens_per_second"}
    found: dict[int, dict[str, float]] = {}
    for metric in payloads(run.attempt(attempt), Metric):
        kept = {name: value for name, value in metric.values.items() if name not in timed}
        found.setdefault(metric.step, {}).update(kept)
    return found


def five_steps(method: str, **settings: Any) -> MethodConfig:
    config: MethodConfig = CONFIGS[method](
        num_train_epochs=2, per_device_train_batch_size=2, gradient_accumulation_steps=2,
        learning_rate=1e-2, warmup_steps=2, lr_scheduler_type="cosine", weight_decay=0.01,
        save_steps=1, save_total_limit=100, eval_steps=2, **settings,
    )  # fmt: skip
    return config


@pytest.mark.parametrize("method", list(CONFIGS))
def test_resume_at_any_step_is_bit_identical_with_dropout(
    tmp_path: Path, tiny_model_dir: Path, method: str
) -> None:
    adapter = AdapterConfig(r=4, lora_dropout=0.3)
    config = five_steps(method)
    whole = make_run(tmp_path / "whole", tiny_model_dir, config, train=10, adapter=adapter)
    assert_resumes(whole, RESUMED_AFTER[method])


@pytest.mark.parametrize(
    ("method", "adapter", "settings"),
    [
        ("sft", AdapterConfig(tuning="full"), {"neftune_noise_alpha": 5.0}),
        ("dpo", AdapterConfig(tuning="dora", r=4, lora_dropout=0.3), {"loss_type": "simpo"}),
        ("dpo", AdapterConfig(r=4, lora_dropout=0.3, precision="bf16"), {}),
        ("sft", AdapterConfig(r=4, lora_dropout=0.3), {"gradient_checkpointing": True}),
    ],
    ids=["whole model", "dora", "16 bits", "checkpointed"],
)
def test_resume_is_bit_identical_whatever_is_trained(
    tmp_path: Path,
    tiny_model_dir: Path,
    method: str,
    adapter: AdapterConfig,
    settings: dict[str, Any],
) -> None:
    config = five_steps(method, **settings)
    whole = make_run(tmp_path / "whole", tiny_model_dir, config, train=10, adapter=adapter)
    assert_resumes(whole, (2,))


def assert_resumes(whole: RunFolder, steps: Sequence[int]) -> None:
    """Train `whole`, which takes five steps, and its copies from each of `steps` on."""
    assert train_here(whole).step == 5
    for step in steps:
        part = RunFolder(whole.path.with_name(f"from-{step}"))
        shutil.copytree(whole.path, part.path)
        shutil.rmtree(part.adapter if part.adapter.exists() else part.model)
        for later in range(step + 1, 6):
            shutil.rmtree(part.checkpoint(later))
        train_here(part)
        assert all(map(torch.equal, weights(part).values(), weights(whole).values()))
        expected = {at: row for at, row in figures(whole).items() if at > step}
        assert figures(part, attempt=2) == expected


@pytest.mark.parametrize(
    ("method", "loss_type"),
    [("sft", {}), ("dpo", {}), ("dpo", {"loss_type": "orpo"}), ("kto", {}), ("reward", {})],
)
def test_eight_times_one_is_one_times_eight(
    tmp_path: Path, tiny_model_dir: Path, method: str, loss_type: dict[str, str]
) -> None:
    results = []
    for batch, accumulation in ((8, 1), (1, 8)):
        config = CONFIGS[method](
            max_steps=3, per_device_train_batch_size=batch,
            gradient_accumulation_steps=accumulation, learning_rate=1e-3, eval_steps=0,
            **loss_type,
        )  # fmt: skip
        adapter = AdapterConfig(r=4, lora_dropout=0.0)
        run = make_run(tmp_path / f"run-{batch}", tiny_model_dir, config, adapter=adapter)
        train_here(run)
        results.append(figures(run))
    for step, row in results[0].items():
        for name in ("min_reward", "max_reward"):  # TRL's are of micro-batches, and so are ours
            row.pop(name, None)
            results[1][step].pop(name, None)
        assert row == pytest.approx(results[1][step], rel=1e-4, abs=1e-5)


def test_learning_shows_in_the_figures(tmp_path: Path, tiny_model_dir: Path) -> None:
    config = DpoConfig(max_steps=8, learning_rate=5e-3, beta=0.5, stop_on_drift=False)
    run = make_run(tmp_path / "run", tiny_model_dir, config)
    outcome = train_here(run)
    rows = figures(run)
    assert outcome.state is RunState.FINISHED
    assert rows[1]["loss"] == pytest.approx(0.6931, abs=1e-3)
    assert rows[1]["learning_rate"] == 5e-3
    assert rows[8]["loss"] < 0.5
    assert rows[8]["rewards/margins"] > 0.5
    assert rows[8]["eval_rewards/accuracies"] > 0.5
    assert rows[8]["eval_rewards/margins"] == pytest.approx(
        rows[8]["eval_rewards/chosen"] - rows[8]["eval_rewards/rejected"], abs=1e-4
    )
    assert rows[8]["num_tokens"] > rows[1]["num_tokens"] > 0


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_fixed_prompts_are_answered_at_each_measurement(
    tmp_path: Path, tiny_model_dir: Path, tuning: Tuning
) -> None:
    config = SftConfig(max_steps=4, eval_steps=2, learning_rate=0.05)
    adapter = AdapterConfig(tuning=tuning, r=4, lora_dropout=0.1)
    plain = make_run(tmp_path / "plain", tiny_model_dir, config, adapter=adapter)
    asked = make_run(tmp_path / "asked", tiny_model_dir, config, adapter=adapter)
    spec = RunSpec.model_validate_json(asked.spec.read_text(encoding="utf-8"))
    spec.sample_prompts = (user("What is rain?"), user("What is Paris?"))
    asked.spec.write_text(spec.model_dump_json(), encoding="utf-8")
    for run in (plain, asked):
        train_here(run)
    told = payloads(asked.attempt(1), Sample)
    prompts = ["What is rain?", "What is Paris?"]
    assert sorted((sample.step, sample.prompt) for sample in told) == sorted(
        (step, prompt) for step in (2, 4) for prompt in prompts
    )
    assert figures(asked) == figures(plain)


def test_a_fixed_prompt_without_room_for_an_answer_is_told_and_the_run_goes_on(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, SftConfig(max_steps=1, eval_steps=1))
    spec = RunSpec.model_validate_json(run.spec.read_text(encoding="utf-8"))
    spec.sample_prompts = (user("Tell me of rain. " * 5000), user("What is Paris?"))
    run.spec.write_text(spec.model_dump_json(), encoding="utf-8")
    assert train_here(run).step == 1
    assert [sample.prompt for sample in payloads(run.attempt(1), Sample)] == ["What is Paris?"]
    (warning,) = payloads(run.attempt(1), Warned)
    assert "Tell me of rain" in warning.message
    assert "shorten" in warning.message


def test_checkpoints_are_pruned_and_told(tmp_path: Path, tiny_model_dir: Path) -> None:
    config = SftConfig(max_steps=6, save_steps=2, save_total_limit=2, eval_steps=0)
    run = make_run(tmp_path / "run", tiny_model_dir, config)
    train_here(run)
    assert run.checkpoint_steps() == [4, 6]
    told = payloads(run.attempt(1), CheckpointSaved)
    assert [(saved.step, saved.path) for saved in told] == [
        (2, "checkpoints/step-00000002"),
        (4, "checkpoints/step-00000004"),
        (6, "checkpoints/step-00000006"),
    ]


def test_reference_is_computed_once_and_kept(tmp_path: Path, tiny_model_dir: Path) -> None:
    config = DpoConfig(max_steps=1, eval_steps=0)
    for name in ("first", "second"):
        train_here(make_run(tmp_path / name, tiny_model_dir, config))

    def reports(name: str) -> list[str]:
        states = payloads(RunFolder(tmp_path / name).attempt(1), StateChanged)
        return [state.detail for state in states if "reference" in state.detail]

    assert reports("first")[:2] == [
        "computing reference log-probabilities, 0 of 16 pairs",
        "computing reference log-probabilities, 4 of 16 pairs",
    ]
    assert reports("second") == []
    first, second = RunFolder(tmp_path / "first"), RunFolder(tmp_path / "second")
    assert figures(first) == figures(second)


def test_drift_ends_the_run_with_the_best_checkpoint(tmp_path: Path, tiny_model_dir: Path) -> None:
    """Held-out chosen answers that are the rejected ones of training must become less likely."""
    config = DpoConfig(max_steps=40, learning_rate=2e-2, eval_steps=1, save_steps=0)
    run = make_run(tmp_path / "run", tiny_model_dir, config)
    flipped = [
        type(pair)(pair.prompt, pair.rejected, pair.chosen) for pair in preferences(4, start=1000)
    ]
    write_rows(run.eval_data, flipped)
    outcome = train_here(run)
    assert outcome.state is RunState.FINISHED
    assert outcome.step < 40
    assert f"The result is the model of step {outcome.result_step}" in outcome.reason
    assert [warning.code for warning in payloads(run.attempt(1), Warned)] == ["drift"]
    assert outcome.result_step is not None
    best = load_file(run.checkpoint(outcome.result_step) / "adapter_model.safetensors")
    assert all(map(torch.equal, weights(run).values(), best.values()))


@pytest.mark.parametrize(
    ("command", "state"), [(Command.PAUSE, RunState.PAUSED), (Command.STOP, RunState.STOPPED)]
)
def test_a_command_before_the_first_step_ends_the_attempt(
    tmp_path: Path, tiny_model_dir: Path, command: Command, state: RunState
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig())
    outcome = train_here(run, command=command)
    assert (outcome.state, outcome.step) == (state, 0)
    assert [ack.command for ack in payloads(run.attempt(1), Ack)] == [command.value]


def test_checkpoint_command_is_carried_out_once(tmp_path: Path, tiny_model_dir: Path) -> None:
    config = SftConfig(max_steps=3, eval_steps=0, save_steps=0)
    run = make_run(tmp_path / "run", tiny_model_dir, config)
    assert train_here(run, command=Command.CHECKPOINT).state is RunState.FINISHED
    saved = payloads(run.attempt(1), CheckpointSaved)
    assert [(item.step, item.reason) for item in saved] == [(1, "asked for"), (3, "finished")]


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    config = SftConfig(max_steps=20, learning_rate=1.0, save_steps=1, eval_steps=0)
    run = make_run(tmp_path / "run", tiny_model_dir, config, adapter=AdapterConfig(lora_alpha=2048))
    with pytest.raises(RunError, match="not a number any more"):
        train_here(run)
    kept = load_file(run.checkpoint(run.checkpoint_steps()[-1]) / "adapter_model.safetensors")
    assert all(value.isfinite().all() for value in kept.values())


def test_long_examples_are_cut_or_left_out_with_a_warning(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, SftConfig(max_length=50, max_steps=1))
    rows = run.train_data.read_text(encoding="utf-8").splitlines()
    rows[0] = rows[0].replace("Tell me", "Tell me, please, " * 20)
    rows[1] = rows[1].replace("It is", "It is " * 40)
    run.train_data.write_text("\n".join(rows), encoding="utf-8")
    train_here(run)
    (warning,) = payloads(run.attempt(1), Warned)
    assert "1 left out" in warning.message
    assert "1 cut at the end" in warning.message
    assert "Raise Max length" in warning.message


def test_nothing_to_learn_from_is_said(tmp_path: Path, tiny_model_dir: Path) -> None:
    run = make_run(tmp_path / "empty", tiny_model_dir, DpoConfig(), train=0)
    with pytest.raises(RunError, match="There are no examples"):
        train_here(run)
    run = make_run(tmp_path / "long", tiny_model_dir, DpoConfig(max_length=8))
    with pytest.raises(RunError, match="12 left out"):
        train_here(run)


def test_a_bad_row_stops_before_anything_is_written(tmp_path: Path, tiny_model_dir: Path) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig())
    run.train_data.write_text('{"prompt": []}\n', encoding="utf-8")
    with pytest.raises(DataFileError, match=r"train\.jsonl, line 1"):
        train_here(run)
    assert not run.checkpoints.exists()


def test_wrong_layer_names_are_said(tmp_path: Path, tiny_model_dir: Path) -> None:
    adapter = AdapterConfig(target_modules="attention")
    run = make_run(tmp_path / "run", tiny_model_dir, DpoConfig(), adapter=adapter)
    with pytest.raises(RunError, match="no layers named attention"):
        train_here(run)


def test_checkpointed_activations_change_nothing(tmp_path: Path, tiny_model_dir: Path) -> None:
    results = []
    for name, on in (("off", False), ("on", True)):
        config = SftConfig(max_steps=2, gradient_checkpointing=on, eval_steps=0)
        run = make_run(tmp_path / name, tiny_model_dir, config)
        train_here(run)
        results.append(weights(run))
    torch.testing.assert_close(results[0], results[1])
