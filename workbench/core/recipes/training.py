"""What every method has."""

from __future__ import annotations

import math
from typing import Literal

from workbench.core.fields import Recipe, setting

LEARNING_RATE_HELP = "How far each step moves the model. Too high, and it forgets what it knew."


class TrainingConfig(Recipe):
    """Learning rate, batches, length, optimiser, checkpoints."""

    learning_rate: float = setting(5e-5, "Learning rate", LEARNING_RATE_HELP, gt=0, le=1)
    num_train_epochs: float = setting(
        1.0, "Epochs", "How often each example is seen.", gt=0, le=1000
    )
    max_steps: int = setting(
        0, "Steps", "Stop after this many steps. 0 leaves it to the epochs.", ge=0
    )
    max_length: int = setting(
        512, "Max length", "Longest prompt and answer together, in tokens. More is cut off.",
        ge=8, le=131072,
    )  # fmt: skip
    per_device_train_batch_size: int = setting(
        4, "Batch size", "Examples computed at once. Lower it when memory runs out.",
        group="Batches", ge=1, le=1024,
    )  # fmt: skip
    gradient_accumulation_steps: int = setting(
        1, "Accumulation", "Batches added up before each step: a larger batch without more memory.",
        group="Batches", advanced=True, ge=1, le=1024,
    )  # fmt: skip
    gradient_checkpointing: bool = setting(
        False, "Checkpoint activations", "Uses less memory and takes about a third longer.",
        group="Batches", advanced=True,
    )  # fmt: skip
    lr_scheduler_type: Literal["constant", "linear", "cosine"] = setting(
        "linear", "Schedule", "How the learning rate falls over the run.",
        group="Optimiser", advanced=True, choices={
            "constant": "The learning rate stays as it is",
            "linear": "The learning rate falls evenly to 0 at the end",
            "cosine": "The learning rate falls slowly, then fast, then slowly to 0",
        },
    )  # fmt: skip
    warmup_steps: int = setting(
        0, "Warm-up steps", "The learning rate rises from 0 over this many steps: a gentler"
        " beginning.",
        group="Optimiser", advanced=True, ge=0,
    )  # fmt: skip
    weight_decay: float = setting(
        0.0, "Weight decay", "Pulls weights towards 0, against learning by heart. 0.01 is usual for"
        " full models.",
        group="Optimiser", advanced=True, ge=0, le=1,
    )  # fmt: skip
    max_grad_norm: float = setting(
        1.0, "Gradient limit", "How far one odd batch can push the model: longer gradients are cut"
        " to this length.",
        group="Optimiser", advanced=True, gt=0,
    )  # fmt: skip
    seed: int = setting(
        42, "Seed", "Order of the examples and dropout. The same seed gives the same run.",
        group="Optimiser", advanced=True, ge=0, le=2**31 - 1,
    )  # fmt: skip
    save_steps: int = setting(
        20, "Checkpoint every", "Steps between checkpoints. 0 keeps only the last.",
        group="Checkpoints", advanced=True, ge=0,
    )  # fmt: skip
    save_total_limit: int = setting(
        3, "Checkpoints kept", "How many stay on disk. Older ones are deleted.",
        group="Checkpoints", advanced=True, ge=1, le=1000,
    )  # fmt: skip
    eval_steps: int = setting(
        4, "Measure every", "Steps between measurements on examples kept apart. 0: never, with none"
        " kept apart.",
        group="Checkpoints", advanced=True, ge=0,
    )  # fmt: skip

    @property
    def examples_per_step(self) -> int:
        """Examples of one step and one process."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps

    def total_steps(self, examples: int, processes: int = 1) -> int:
        """Steps of a run on this many examples; the last may reach into the next epoch."""
        if self.max_steps:
            return self.max_steps
        per_step = self.examples_per_step * processes
        return max(1, math.ceil(self.num_train_epochs * examples / per_step))
