"""What makes an answer good: the rewards that GRPO, RLOO and PPO learn from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.core.fields import Recipe, setting


class ExactMatch(Recipe):
    """1 where the answer is, word for word, the prompt's right answer."""

    kind: Literal["exact_match"] = Field("exact_match", frozen=True)
    weight: float = setting(1.0, "Weight", "How much this reward counts.", group="Reward")


RewardSpec = ExactMatch
