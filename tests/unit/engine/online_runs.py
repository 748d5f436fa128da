"""Prompts, rewards and run folders for methods that learn from their own answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.core.conversation import user
from workbench.core.preferences import PromptExample
from workbench.core.recipes import AdapterConfig, ModelRef, OnlineConfig, RunSpec
from workbench.core.rewards import LengthReward, RegexReward
from workbench.core.run_folder import RunFolder

TOPICS = ("rain", "a volcano", "Paris", "the sky", "a fox", "a dog", "hot rock", "the earth")
REWARDS = (
    LengthReward(target_words=4, tolerance_words=0, falloff_words=4),
    RegexReward(name="letter", pattern="[ao]", weight=0.5),
)
SMALL: dict[str, Any] = {
    "per_device_train_batch_size": 2, "num_generations": 4, "max_completion_length": 8,
    "max_length": 96, "learning_rate": 1e-2, "rewards": REWARDS, "seed": 3, "save_steps": 0,
}  # fmt: skip


def prompts(count: int) -> list[PromptExample]:
    return [
        PromptExample(user(f"Tell me what {TOPICS[number % len(TOPICS)]} is, {number}."))
        for number in range(count)
    ]


def write_prompts(path: Path, count: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(example.to_json()) + "\n" for example in prompts(count)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def make_online_run(
    folder: Path,
    model: Path,
    config: OnlineConfig,
    *,
    train: int = 6,
    held_out: int = 2,
    adapter: AdapterConfig | None = None,
) -> RunFolder:
    """A run folder with spec and prompts, ready to start."""
    run = RunFolder(folder)
    write_prompts(run.train_data, train)
    write_prompts(run.eval_data, held_out)
    spec = RunSpec(
        run_id=f"run-{folder.name}", name="A run", config=config,
        model=ModelRef(name="tiny", path=str(model)),
        adapter=adapter or AdapterConfig(r=4, lora_alpha=8, lora_dropout=0.1), device="cpu",
    )  # fmt: skip
    run.spec.write_text(spec.model_dump_json(), encoding="utf-8")
    return run
