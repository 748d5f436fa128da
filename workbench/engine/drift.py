"""When to stop DPO: it raises margins even while it makes every answer worse.

Likelihood displacement (Razin et al., arXiv 2410.08847): past a point the margin grows because
both answers become less likely, the rejected one faster, and the mass goes to text that nobody
wrote. Held-out pairs show it first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHOSEN_REWARD = "eval_rewards/chosen"


@dataclass(slots=True)
class DriftWatch:
    """Follows the held-out chosen answers: their reward is 0 at the start and above it is better.

    `best_step` is the measurement whose chosen answers were the likeliest.
    """

    best_step: int | None = None
    best_reward: float = 0.0

    def record(self, step: int, values: Mapping[str, float]) -> str | None:
        """Take one measurement; returns why to stop, in a sentence, or None to go on."""
        reward = values[CHOSEN_REWARD]
        if self.best_step is None or reward > self.best_reward:
            self.best_step, self.best_reward = step, reward
        if reward >= 0:
            return None
        return (
            f"Stopped in time at step {step}: good answers that the model has not seen became less"
            f" likely than at the start. The result is the model of step {self.best_step}."
        )
