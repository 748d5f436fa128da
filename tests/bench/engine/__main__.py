"""`python -m tests.bench.engine`: our step beside TRL's, alternately, in one call.

TRL runs with its defaults, and with its best settings on this device: without checkpointing, the
reference computed before, in float32 and, where the device has units for it, in bfloat16 (the
quicker counts as its best). Ours runs as a run does by default, in float32, and with activation
checkpointing. All of a round make their steps in turn, so that whatever else the machine does
falls on each; a figure is the median of the steps after warm-up, and a ratio is between medians
of the same round.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.engine.limits import Limit, limit_of
from tests.bench.engine.material import Sizes
from tests.bench.engine.stepping import Stepper
from tests.bench.figures import Figure, print_figures, print_json
from workbench.core import paths
from workbench.core.python_process import computing_environment
from workbench.engine.devices import has_bfloat16_units, resolve_device

_TARGETS = {
    "sft_vs_default": 4.0, "sft_vs_best": 2.0, "dpo_vs_default": 5.5, "dpo_vs_best": 3.7,
    "grpo_update_vs_default": 6.0, "grpo_update_vs_best": 3.2, "grpo_vs_default": 3.5,
    "grpo_vs_best": 2.0,
}  # fmt: skip
_METHODS = ("sft", "dpo", "grpo_update", "grpo")
_MB = 1024 * 1024


_OURS, _PEER = "tests.bench.engine.ours", "tests.bench.engine.peer"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A side of a comparison: what to run and how."""

    module: str
    options: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str] | None:
        """Ours is started as the supervisor starts a trainer, the peer as a person would."""
        return computing_environment(os.environ) if self.module == _OURS else None


@dataclass(frozen=True, slots=True)
class Result:
    """Median time of a step, its tokens, and the peak of memory."""

    step_s: float
    tokens: int
    peak_bytes: int


_PLAIN = Contestant(_OURS)
_EXACT = Contestant(_OURS, ("--precision", "fp32"))
_LEAN = Contestant(_OURS, ("--checkpointing",))
_DEFAULT = Contestant(_PEER)
_BEST = Contestant(_PEER, ("--best", "fp32"))
_BEST_BF16 = Contestant(_PEER, ("--best", "bf16"))


def take_turns(
    method: str, model: Path, contestants: Sequence[Contestant], steps: int
) -> dict[Contestant, Result]:
    """Let all make a step in turn: a warm-up each, then `steps` that count."""
    common = ["--model", str(model), "--method", method]
    sides = [
        Stepper(each.module, [*common, *each.options], each.environment) for each in contestants
    ]
    turns = [[side.step() for side in sides] for _ in range(steps + 1)][1:]
    return {
        each: Result(
            median(turn[place]["step_s"] for turn in turns),
            int(turns[-1][place]["tokens"]),
            sides[place].close(),
        )
        for place, each in enumerate(contestants)
    }


def measure(method: str, model: Path, steps: int) -> Iterator[list[Figure]]:
    """All figures of one method, round after round."""
    name = f"{method}_vs_default"
    first = take_turns(method, model, [_PLAIN, _LEAN, _DEFAULT], steps)
    yield comparison(name, first[_PLAIN], first[_DEFAULT])
    lean = f"{method}_checkpointed_vs_default"
    speed, memory = _ratios(first[_LEAN], first[_DEFAULT])
    yield [
        Figure(lean, speed, "×", 2.0),
        Figure(f"{lean}_memory", memory, "×", 1.0),
        Figure(f"{lean}_ours_peak", first[_LEAN].peak_bytes / _MB, "MB"),
    ]
    second = take_turns(method, model, [_PLAIN, _EXACT, _BEST], steps)
    rounds = [(second[_PLAIN], second[_BEST])]
    exact = f"{method}_fp32_vs_best_fp32"
    yield comparison(f"{method}_vs_best_fp32", *rounds[0])
    yield comparison(exact, second[_EXACT], second[_BEST])
    if has_bfloat16_units(resolve_device("auto")):
        third = take_turns(method, model, [_PLAIN, _BEST_BF16], steps)
        rounds.append((third[_PLAIN], third[_BEST_BF16]))
        yield comparison(f"{method}_vs_best_bf16", *rounds[1])
    ours, best = min(rounds, key=lambda one: one[1].step_s / one[0].step_s)
    yield [
        *comparison(f"{method}_vs_best", ours, best),
        Figure(f"{method}_vs_best_memory_share", ours.peak_bytes / best.peak_bytes, "×", 0.7),
        *limit_figures(method, limit_of(method, model, Sizes()), min(
            first[_PLAIN].step_s, second[_PLAIN].step_s
        )),
    ]  # fmt: skip


def comparison(name: str, ours: Result, peer: Result) -> list[Figure]:
    """The ratios of a pair, and what they are ratios of."""
    speed, memory = _ratios(ours, peer)
    return [
        Figure(name, speed, "×", _TARGETS.get(name)),
        Figure(f"{name}_ours_step", ours.step_s, "s"),
        Figure(f"{name}_trl_step", peer.step_s, "s"),
        Figure(f"{name}_ours_tokens_per_second", ours.tokens / ours.step_s, "tokens/s"),
        Figure(f"{name}_trl_tokens_per_second", peer.tokens / peer.step_s, "tokens/s"),
        Figure(f"{name}_memory", memory, "×"),
        Figure(f"{name}_ours_peak", ours.peak_bytes / _MB, "MB"),
        Figure(f"{name}_trl_peak", peer.peak_bytes / _MB, "MB"),
    ]


def _ratios(ours: Result, peer: Result) -> tuple[float, float]:
    """TRL's time and memory over ours."""
    return peer.step_s / ours.step_s, peer.peak_bytes / ours.peak_bytes


def limit_figures(method: str, limit: Limit | None, step_s: float) -> list[Figure]:
    """How far the step is from the least that it could take on this machine."""
    if limit is None:
        return []
    return [
        Figure(f"{method}_fewest_flops", limit.flops / 1e9, "GFLOP"),
        Figure(f"{method}_matrix_rate", limit.rate / 1e9, "GFLOP/s"),
        Figure(f"{method}_step_over_limit", step_s / limit.least_s, "×"),
        Figure(f"{method}_flop_utilisation", 100 * limit.least_s / step_s, "%"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine", description=__doc__)
    parser.add_argument("--method", choices=_METHODS, action="append", help="default: all")
    parser.add_argument("--steps", type=int, default=5, help="steps that count, after a warm-up")
    parser.add_argument("--model", type=Path, default=paths.embedded_model_dir())
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    sizes = Sizes()
    if not asked.json:
        print(
            f"SmolLM2-135M, LoRA r=16. P={sizes.prompt}, C={sizes.answer}, G={sizes.group},"
            f" {sizes.pairs} pairs a step; SFT has mixed lengths. The reference is in the cache"
            " for ours and for TRL's best settings; TRL's defaults compute it at each step."
        )
    figures: list[Figure] = []
    for method in asked.method or _METHODS:
        for part in measure(method, asked.model, asked.steps):
            print_figures(part)
            figures += part
    if asked.json:
        print_json(figures)


if __name__ == "__main__":
    main()
