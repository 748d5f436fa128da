"""What PPO's critic costs: PPO, GRPO and RLOO side by side on the same prompts.

`python -m tests.bench.critic_cost`. Each method trains in a process of its own, and they make their
steps in turn, so that whatever else the machine does falls on all. Each writes as many answers of
as many tokens, each has a reference, and each uses its answers once.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.engine.material import ALPHA, LEARNING_RATE, RANK, SEED, Sizes, Writer
from tests.bench.engine.stepping import Stepper, Turns
from tests.bench.figures import Figure, print_figures
from workbench.core import paths
from workbench.core.events import Metric, decode
from workbench.core.python_process import computing_environment
from workbench.core.recipes import (
    AdapterConfig,
    GrpoConfig,
    ModelRef,
    PpoConfig,
    RlooConfig,
    RunSpec,
)
from workbench.core.rewards import LengthReward
from workbench.core.run_folder import RunFolder

_METHODS: dict[str, Any] = {"ppo": PpoConfig, "grpo": GrpoConfig, "rloo": RlooConfig}
_PARTS = ("rollout_time_s", "reward_time_s", "reference_time_s", "critic/time_s", "update_time_s")
_CRITIC = ("critic/parameters", "critic/memory_bytes")
_MB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what PPO's critic costs.")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, default=128)
    parser.add_argument("--answer-tokens", type=int, default=64)
    parser.add_argument("--generations", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--method", choices=tuple(_METHODS), help=argparse.SUPPRESS)
    parser.add_argument("--answers", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.method:
        _train(asked)
    else:
        print_figures(_compare(asked), as_json=asked.json)


def _compare(asked: argparse.Namespace) -> list[Figure]:
    sizes = [
        "--prompts", str(asked.prompts), "--prompt-tokens", str(asked.prompt_tokens),
        "--answer-tokens", str(asked.answer_tokens), "--generations", str(asked.generations),
    ]  # fmt: skip
    steppers = {
        name: Stepper(
            "tests.bench.critic_cost",
            ["--method", name, *sizes],
            computing_environment(os.environ),
        )
        for name in _METHODS
    }
    turns = [{name: one.step() for name, one in steppers.items()} for _ in range(asked.steps + 1)]
    peaks = {name: one.close() for name, one in steppers.items()}
    figures = []
    for name in _METHODS:
        steps = [turn[name] for turn in turns[1:]]
        figures.append(Figure(f"{name}_step", median(step["step_s"] for step in steps), "s"))
        figures += [
            Figure(
                f"{name}_{part.replace('/', '_').removesuffix('_time_s')}",
                _median(steps, part),
                "s",
            )
            for part in _PARTS
            if part in steps[0]
        ]
        figures.append(Figure(f"{name}_peak_memory", peaks[name] / _MB, "MB"))
    ppo = turns[-1]["ppo"]
    figures.append(Figure("critic_parameters", ppo["critic/parameters"], "weights"))
    figures.append(Figure("critic_memory", ppo["critic/memory_bytes"] / _MB, "MB"))
    for name in ("grpo", "rloo"):
        ratio = median(turn["ppo"]["step_s"] / turn[name]["step_s"] for turn in turns[1:])
        figures.append(Figure(f"ppo_vs_{name}_step", ratio, "x the time"))
        figures.append(Figure(f"ppo_vs_{name}_memory", peaks["ppo"] / peaks[name], "x the memory"))
    return figures


def _median(steps: list[dict[str, float]], name: str) -> float:
    return median(step[name] for step in steps)


def _train(asked: argparse.Namespace) -> None:
    """The child's side: steps of one method, when told to."""
    from workbench.engine.event_log import EventLog
    from workbench.engine.rollout import PolicySampler
    from workbench.engine.steering import Steering
    from workbench.engine.training import prepare

    turns = Turns(asked.answers)
    model = paths.embedded_model_dir()
    run = RunFolder(Path(tempfile.mkdtemp()))
    run.train_data.parent.mkdir()
    lines = _prompts(asked, model)
    run.train_data.write_text("".join(lines), encoding="utf-8")
    attempt = run.next_attempt()
    spec = RunSpec(
        run_id="bench", name="Bench", config=_recipe(asked),
        model=ModelRef(name="bench", path=str(model)),
        adapter=AdapterConfig(r=RANK, lora_alpha=ALPHA),
    )  # fmt: skip
    with EventLog(attempt.events, spec.run_id, attempt.number) as log:
        ready = prepare(spec, run, len(lines), log, Steering(attempt.control, log.emit))
        # No token ends an answer, so that all methods write as many.
        sampler = PolicySampler(ready.loop.policy, frozenset())
        sampler.try_sharing()
        ready.loop.method.sampler = sampler
        turns.ready()
        while turns.wait():
            before = ready.loop.num_tokens
            ready.loop.train_one_step()
            turns.done(ready.loop.num_tokens - before, **_parts_of_last_step(attempt.events))
    turns.finish()


def _prompts(asked: argparse.Namespace, model: Path) -> list[str]:
    writer, sizes = Writer(model), Sizes(prompt=asked.prompt_tokens)
    examples = [example for _ in range(asked.prompts) for example in writer.prompts(sizes)]
    return [json.dumps(example.to_json()) + "\n" for example in examples]


def _recipe(asked: argparse.Namespace) -> Any:
    return _METHODS[asked.method](
        learning_rate=LEARNING_RATE, max_steps=1_000_000, max_length=1024, seed=SEED,
        per_device_train_batch_size=asked.prompts, num_generations=asked.generations,
        max_completion_length=asked.answer_tokens, num_iterations=1, save_steps=0,
        rewards=(LengthReward(),), beta=0.05,
    )  # fmt: skip


def _parts_of_last_step(events: Path) -> dict[str, float]:
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True)
    payloads = [decode(line).payload for line in lines]
    last = [payload.values for payload in payloads if isinstance(payload, Metric)][-1]
    return {name: last[name] for name in (*_PARTS, *_CRITIC) if name in last}


if __name__ == "__main__":
    main()
