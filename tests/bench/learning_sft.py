"""SFT learns: held-out answers become likelier. `python -m tests.bench.learning_sft`"""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import torch

from tests.bench.figures import Figure, print_figures
from tests.bench.learning import DEMO, interval_of_mean, options, split_rows, train
from workbench.core.recipes import SftConfig
from workbench.engine.sft import Sft

_HELD_OUT = 30


def main() -> None:
    asked = options(
        "Trains the embedded model on 70 short answers and measures 30 others.", steps=20
    )
    config = SftConfig(max_steps=asked.steps, eval_steps=0, save_steps=0)
    rows, held_out = split_rows(DEMO / "sft.jsonl", _HELD_OUT)
    with TemporaryDirectory() as folder:
        trained = train(config, rows, held_out, Path(folder))
        sft = Sft(config, trained.tokenizer, trained.held_out, trained.held_out)
        groups = [[sequence] for sequence in sft.held_out]
        with torch.no_grad():
            after = [-float(part.mean()) for part in trained.policy(groups).per_sequence()]
            reference = trained.policy.reference(groups)
        before = [-float(part.mean()) for part in reference.per_sequence()]
    falls = [was - now for was, now in zip(before, after, strict=True)]
    low, high = interval_of_mean(falls)
    print_figures(
        [
            Figure("sft_held_out_loss_before", fmean(before), "nats a token"),
            Figure("sft_held_out_loss_after", fmean(after), "nats a token"),
            Figure("sft_held_out_loss_fall", fmean(falls), "nats a token"),
            Figure("sft_held_out_loss_fall_low", low, "nats a token", target=0.0),
            Figure("sft_held_out_loss_fall_high", high, "nats a token"),
            Figure("sft_held_out_answers", len(falls), "answers"),
            Figure("sft_steps", trained.steps, "steps"),
            Figure("sft_elapsed", trained.elapsed_s, "s"),
        ],
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
