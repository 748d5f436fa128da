"""The learning rate of each step."""

from __future__ import annotations

import math

from workbench.core.recipes import TrainingConfig


def learning_rate_at(step: int, config: TrainingConfig, total: int) -> float:
    """The rate of the step after `step` steps are done, as transformers' schedules have it."""
    if step < config.warmup_steps:
        return config.learning_rate * step / config.warmup_steps
    done = (step - config.warmup_steps) / max(1, total - config.warmup_steps)
    if config.lr_scheduler_type == "linear":
        return config.learning_rate * max(0.0, 1.0 - done)
    if config.lr_scheduler_type == "cosine":
        return config.learning_rate * max(0.0, 0.5 * (1.0 + math.cos(math.pi * done)))
    return config.learning_rate
