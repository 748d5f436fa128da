"""DPO learns: it tells chosen from rejected answers to prompts that it never saw.

`python -m tests.bench.learning_dpo`
"""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import torch

from tests.bench.figures import Figure, print_figures
from tests.bench.learning import DEMO, interval_of_mean, options, split_rows, train
from workbench.core.recipes import DpoConfig
from workbench.engine.dpo import Dpo
from workbench.engine.reference import ReferenceCache
from workbench.stats.win_rate import wilson_interval

_HELD_OUT = 38


def main() -> None:
    asked = options("Trains the embedded model on 60 pairs and measures 38 others.", steps=20)
    config = DpoConfig(max_steps=asked.steps, eval_steps=0, save_steps=0)
    rows, held_out = split_rows(DEMO / "pairs.jsonl", _HELD_OUT)
    with TemporaryDirectory() as folder:
        trained = train(config, rows, held_out, Path(folder))
        cache = ReferenceCache(Path(folder), trained.model, trained.device)
        dpo = Dpo(config, trained.tokenizer, trained.held_out, trained.held_out, cache)
        groups = [pair.group for pair in dpo.held_out]
        margins: list[float] = []
        with torch.no_grad():
            for start in range(0, len(groups), config.per_device_train_batch_size):
                part = groups[start : start + config.per_device_train_batch_size]
                gains = trained.policy(part).sums() - trained.policy.reference(part).sums()
                margins += (config.beta * (gains[::2] - gains[1::2])).tolist()
    right = sum(margin > 0 for margin in margins)
    low, high = wilson_interval(right, len(margins))
    margin_low, margin_high = interval_of_mean(margins)
    print_figures(
        [
            Figure("dpo_held_out_accuracy", right / len(margins), "of 1"),
            Figure("dpo_held_out_accuracy_low", low, "of 1", target=0.5),
            Figure("dpo_held_out_accuracy_high", high, "of 1"),
            Figure("dpo_held_out_margin", fmean(margins), "reward"),
            Figure("dpo_held_out_margin_low", margin_low, "reward", target=0.0),
            Figure("dpo_held_out_margin_high", margin_high, "reward"),
            Figure("dpo_held_out_pairs", len(margins), "pairs"),
            Figure("dpo_steps", trained.steps, "steps"),
            Figure("dpo_elapsed", trained.elapsed_s, "s"),
        ],
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
