"""Our engine stepping, through its own loop."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests.bench.engine.material import (
    ALPHA,
    BETA,
    LEARNING_RATE,
    RANK,
    SEED,
    SFT_LENGTHS,
    Sizes,
    Writer,
)
from tests.bench.engine.stepping import Turns
from workbench.core.recipes import (
    AdapterConfig,
    DpoConfig,
    GrpoConfig,
    ModelRef,
    RunSpec,
    SftConfig,
)
from workbench.core.rewards import LengthReward
from workbench.core.run_folder import RunFolder
from workbench.engine.event_log import EventLog
from workbench.engine.rollout import (
    Drawing,
    PolicySampler,
    Request,
    Rollout,
)
from workbench.engine.steering import Steering
from workbench.engine.training import prepare

_ENDLESS = 1_000_000


def recipe(method: str, sizes: Sizes, checkpointing: bool) -> Any:
    common: dict[str, Any] = {
        "learning_rate": LEARNING_RATE, "lr_scheduler_type": "constant", "max_steps": _ENDLESS,
        "max_length": 1024, "seed": SEED, "gradient_checkpointing": checkpointing,
        "eval_steps": 0, "save_steps": 0,
    }  # fmt: skip
    if method == "sft":
        return SftConfig(**common, per_device_train_batch_size=len(SFT_LENGTHS))
    if method == "dpo":
        return DpoConfig(**common, per_device_train_batch_size=sizes.pairs, beta=BETA)
    return GrpoConfig(
        **common, per_device_train_batch_size=1, num_generations=sizes.group, beta=0.0,
        max_completion_length=sizes.answer, rewards=(LengthReward(),),
    )  # fmt: skip


def rows(method: str, writer: Writer, sizes: Sizes) -> Sequence[dict[str, Any]]:
    if method == "sft":
        return [example.to_json() for example in writer.supervised()]
    if method == "dpo":
        return [example.to_json() for example in writer.preferences(sizes)]
    return [example.to_json() for example in writer.prompts(sizes)]


@dataclass(frozen=True, slots=True)
class Written:
    """A sampler of answers that are there already: for the update alone."""

    rollouts: Sequence[Rollout]

    @classmethod
    def of(cls, sizes: Sizes) -> Written:
        draw = random.Random(SEED)
        return cls(
            [
                Rollout([draw.randrange(10, 40_000) for _ in range(sizes.answer)], [], False)
                for _ in range(sizes.group)
            ]
        )

    def sample(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
        return list(self.rollouts)


def choose_sampler(method: str, loop: Any, sizes: Sizes) -> None:
    """Answers that are there, or written ones that never end early: as many tokens as TRL's."""
    if method == "grpo_update":
        loop.method.sampler = Written.of(sizes)
    elif method == "grpo":
        sampler = PolicySampler(loop.policy, frozenset())
        sampler.try_sharing()
        loop.method.sampler = sampler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--method", required=True)
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--answers", type=int, required=True)
    asked = parser.parse_args()
    sizes, turns = Sizes(), Turns(asked.answers)
    run = RunFolder(Path(tempfile.mkdtemp()))
    run.train_data.parent.mkdir()
    lines = rows(asked.method, Writer(asked.model), sizes)
    run.train_data.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    attempt = run.next_attempt()
    spec = RunSpec(
        run_id="bench", name="Bench", config=recipe(asked.method, sizes, asked.checkpointing),
        model=ModelRef(name="bench", path=str(asked.model)),
        adapter=AdapterConfig(r=RANK, lora_alpha=ALPHA, precision=asked.precision),
    )  # fmt: skip
    with EventLog(attempt.events, spec.run_id, attempt.number) as log:
        steering = Steering(attempt.control, log.emit)
        loop = prepare(spec, run, len(lines), log, steering).loop
        choose_sampler(asked.method, loop, sizes)
        turns.ready()
        while turns.wait():
            before = loop.num_tokens
            loop.train_one_step()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            turns.done(loop.num_tokens - before)
    turns.finish()


if __name__ == "__main__":
    main()
