"""`python -m tests.bench.engine`: our step beside TRL's, alternately, in one call.

TRL runs twice: with its defaults, and with its best settings on this device. Ours runs without
and with activation checkpointing. Every process makes its steps in turn with another, so that
whatever else the machine does falls on both; a figure is the median of the steps after warm-up,
and a ratio is between medians of the same turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.engine.limits import Limit, limit_of
from tests.bench.engine.material import Sizes
from tests.bench.engine.stepping import Stepper
from tests.bench.figures import Figure, print_figures
from workbench.core import paths

_TARGETS = {
    "sft_vs_default": 4.0, "sft_vs_best": 2.0, "dpo_vs_default": 5.5, "dpo_vs_best": 3.7,
    "grpo_update_vs_default": 6.0, "grpo_update_vs_best": 3.2, "grpo_vs_default": 3.5,
    "grpo_vs_best": 2.0,
}  # fmt: skip
_METHODS = ("sft", "dpo", "grpo_update", "grpo")
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Duel:
    """Our medians and the peer's over the same turns, in seconds, and both peaks of memory."""

    ours_s: float
    peer_s: float
    tokens: int
    ours_bytes: int
    peer_bytes: int


def duel(method: str, model: Path, ours: Sequence[str], peer: Sequence[str], steps: int) -> Duel:
    """Step both in turn: a warm-up each, then `steps` that count."""
    common = ["--model", str(model), "--method", method]
    left = Stepper("tests.bench.engine.ours", [*common, *ours])
    right = Stepper("tests.bench.engine.peer", [*common, *peer])
    turns = [(left.step(), right.step()) for _ in range(steps + 1)][1:]
    return Duel(
        median(mine["step_s"] for mine, _ in turns),
        median(theirs["step_s"] for _, theirs in turns),
        int(turns[-1][0]["tokens"]),
        left.close(),
        right.close(),
    )


def measure(method: str, model: Path, steps: int) -> list[Figure]:
    """All figures of one method."""
    plain_default = duel(method, model, [], [], steps)
    plain_best = duel(method, model, [], ["--best"], steps)
    lean_default = duel(method, model, ["--checkpointing"], [], steps)
    limit = limit_of(method, model, Sizes())
    duels = {"default": plain_default, "best": plain_best}
    figures = []
    for name, one in duels.items():
        ratio = one.peer_s / one.ours_s
        label = f"{method}_vs_{name}"
        figures += [
            Figure(label, ratio, "×", _TARGETS.get(label)),
            Figure(f"{label}_ours_step", one.ours_s, "s"),
            Figure(f"{label}_trl_step", one.peer_s, "s"),
            Figure(f"{label}_ours_tokens_per_second", one.tokens / one.ours_s, "tokens/s"),
            Figure(f"{label}_trl_tokens_per_second", one.tokens / one.peer_s, "tokens/s"),
            Figure(f"{label}_memory", one.peer_bytes / one.ours_bytes, "×"),
            Figure(f"{label}_ours_peak", one.ours_bytes / _MB, "MB"),
            Figure(f"{label}_trl_peak", one.peer_bytes / _MB, "MB"),
        ]
    lean = f"{method}_checkpointed_vs_default"
    figures += [
        Figure(lean, lean_default.peer_s / lean_default.ours_s, "×", 2.0),
        Figure(f"{lean}_memory", lean_default.peer_bytes / lean_default.ours_bytes, "×", 1.0),
        Figure(f"{lean}_ours_peak", lean_default.ours_bytes / _MB, "MB"),
        Figure(f"{method}_vs_best_memory_share", 1 / figures_value(figures, method), "×", 0.7),
        *limit_figures(method, limit, min(plain_default.ours_s, plain_best.ours_s)),
    ]
    return figures


def figures_value(figures: Sequence[Figure], method: str) -> float:
    """TRL's best peak over ours."""
    return next(item.value for item in figures if item.name == f"{method}_vs_best_memory")


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
    figures = []
    for method in asked.method or _METHODS:
        figures += measure(method, asked.model, asked.steps)
    print_figures(figures, as_json=asked.json)


if __name__ == "__main__":
    main()
