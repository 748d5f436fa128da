"""The methods there are: what each is called, what it is for, what it learns from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workbench.core.recipes.offline import DpoConfig, KtoConfig, RewardConfig, SftConfig
from workbench.core.recipes.online import GrpoConfig, PpoConfig, RlooConfig

OfflineConfig = SftConfig | DpoConfig | KtoConfig | RewardConfig
OnlineMethodConfig = GrpoConfig | RlooConfig | PpoConfig
MethodConfig = OfflineConfig | OnlineMethodConfig


class DataKind(StrEnum):
    """What a method learns from."""

    EXAMPLES = "examples"
    PAIRS = "pairs"
    JUDGED = "judged"
    PROMPTS = "prompts"


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """A method as people meet it: its name, three words on it, and a sentence."""

    title: str
    brief: str
    purpose: str
    learns_from: DataKind
    config: type[MethodConfig]


METHODS: dict[str, MethodInfo] = {
    "sft": MethodInfo(
        "SFT", "Imitate", "Imitate good answers. Enough where one right answer exists.",
        DataKind.EXAMPLES, SftConfig,
    ),
    "dpo": MethodInfo(
        "DPO", "Better of two", "Learn from pairs you labelled. No reward model, no sampling.",
        DataKind.PAIRS, DpoConfig,
    ),
    "kto": MethodInfo(
        "KTO", "Good or bad",
        "Learn from single answers marked good or bad. Labelled pairs count too.",
        DataKind.JUDGED, KtoConfig,
    ),
    "grpo": MethodInfo(
        "GRPO", "Beat the group", "Write several answers, reward them, prefer the better ones.",
        DataKind.PROMPTS, GrpoConfig,
    ),
    "rloo": MethodInfo(
        "RLOO", "Beat the others", "Like GRPO, each answer against the mean of the others.",
        DataKind.PROMPTS, RlooConfig,
    ),
    "ppo": MethodInfo(
        "PPO", "Beat a critic", "The classical way, with a critic. Slower, and needs more memory.",
        DataKind.PROMPTS, PpoConfig,
    ),
    "reward": MethodInfo(
        "Reward model", "Learn to score",
        "Learn from pairs to score answers. Other methods can be rewarded by it.",
        DataKind.PAIRS, RewardConfig,
    ),
}  # fmt: skip
