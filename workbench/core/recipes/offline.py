"""Methods that learn from given answers: SFT, DPO, KTO and the reward model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.core.fields import setting
from workbench.core.recipes.training import LEARNING_RATE_HELP, TrainingConfig

DpoLossType = Literal[
    "sigmoid", "ipo", "hinge", "robust", "sppo_hard", "apo_zero", "simpo", "orpo"
]  # fmt: skip
REFERENCE_FREE: tuple[DpoLossType, ...] = ("simpo", "orpo")

_NOT_REFERENCE_FREE = {"loss_type": ("sigmoid", "ipo", "hinge", "robust", "sppo_hard", "apo_zero")}


class SftConfig(TrainingConfig):
    """Supervised fine-tuning: raise the likelihood of given answers."""

    method: Literal["sft"] = Field("sft", frozen=True)
    learning_rate: float = setting(2e-4, "Learning rate", LEARNING_RATE_HELP, gt=0, le=1)
    completion_only_loss: bool = setting(
        True, "Learn answers only",
        "Off: the model also learns to write the prompts.",
    )  # fmt: skip
    assistant_only_loss: bool = setting(
        True, "Learn earlier answers",
        "In chats of several turns every answer is learnt. Off: only the last one.",
        advanced=True, only_with={"completion_only_loss": (True,)},
    )  # fmt: skip
    neftune_noise_alpha: float = setting(
        0.0, "Embedding noise",
        "NEFTune: noise on the inputs, against learning by heart. 5 is usual, 0 is off.",
        advanced=True, ge=0, le=100,
    )  # fmt: skip


class DpoConfig(TrainingConfig):
    """Direct preference optimisation (Rafailov et al., arXiv 2305.18290) and its relatives."""

    method: Literal["dpo"] = Field("dpo", frozen=True)
    num_train_epochs: float = setting(
        2.0, "Epochs", "How often each example is seen.", gt=0, le=1000
    )
    beta: float = setting(
        0.1, "Beta",
        "How closely to stay with the base: higher stays closer. SimPO wants about 2.",
        gt=0, le=10,
    )  # fmt: skip
    loss_type: DpoLossType = setting(
        "sigmoid", "Loss", "sigmoid is DPO as published; ipo resists overfitting to few pairs.",
        choices={
            "sigmoid": "DPO as published",
            "ipo": "Aims at a fixed margin: resists overfitting to few pairs",
            "hinge": "Stops caring once the margin is wide enough",
            "robust": "Allows for a known share of wrong labels",
            "sppo_hard": "Pushes chosen answers up and rejected ones down by a fixed amount",
            "apo_zero": "Makes chosen answers likelier, not just less unlikely",
            "simpo": "Needs no reference; compares likelihood per token",
            "orpo": "Needs no reference; imitates the chosen answer at the same time",
        },
    )  # fmt: skip
    label_smoothing: float = setting(
        0.0, "Label noise", "Share of labels that may be wrong, such as 0.1. 0 trusts them all.",
        advanced=True, only_with={"loss_type": ("sigmoid", "robust", "simpo")}, ge=0, lt=0.5,
    )  # fmt: skip
    simpo_gamma: float = setting(
        0.5, "Margin wanted", "By how much the chosen answer must be likelier, as a reward.",
        advanced=True, only_with={"loss_type": ("simpo",)}, ge=0, le=20,
    )  # fmt: skip
    use_strength: bool = setting(
        False, "Use strength",
        "Pairs that were labelled much better must reach a wider margin.",
        advanced=True, only_with={"loss_type": ("sigmoid", "robust", "hinge", "simpo")},
    )  # fmt: skip
    stop_on_drift: bool = setting(
        True, "Stop in time",
        "Ends the run when chosen answers to held-out prompts become less likely again,"
        " and keeps the best checkpoint.",
        only_with=_NOT_REFERENCE_FREE,
    )  # fmt: skip

    @property
    def needs_reference(self) -> bool:
        return self.loss_type not in REFERENCE_FREE

    @property
    def watches_drift(self) -> bool:
        """Whether the reward of held-out chosen answers is there to be watched."""
        return self.stop_on_drift and self.needs_reference


class KtoConfig(TrainingConfig):
    """Kahneman-Tversky optimisation (Ethayarajh et al., arXiv 2402.01306)."""

    method: Literal["kto"] = Field("kto", frozen=True)
    num_train_epochs: float = setting(
        2.0, "Epochs", "How often each example is seen.", gt=0, le=1000
    )
    per_device_train_batch_size: int = setting(
        8, "Batch size", "Examples computed at once. 8 or more in a step keep its baseline steady.",
        group="Batches", ge=1, le=1024,
    )  # fmt: skip
    beta: float = setting(
        0.1, "Beta", "How closely to stay with the base. Higher stays closer.", gt=0, le=10
    )
    desirable_weight: float = setting(
        1.0, "Weight of good answers",
        "Raise it when good answers are rarer: with half as many, 2 makes both sides count alike.",
        ge=0, le=100,
    )  # fmt: skip
    undesirable_weight: float = setting(
        1.0, "Weight of bad answers", "Raise it when bad answers are the rarer ones.",
        ge=0, le=100,
    )  # fmt: skip


class RewardConfig(TrainingConfig):
    """A reward model: a score for an answer, learnt from pairs (Bradley–Terry)."""

    method: Literal["reward"] = Field("reward", frozen=True)
    learning_rate: float = setting(1e-4, "Learning rate", LEARNING_RATE_HELP, gt=0, le=1)
    max_length: int = setting(
        512, "Max length", "Longest prompt and answer together, in tokens. Longer pairs are left"
        " out.",
        ge=8, le=131072,
    )  # fmt: skip
    center_rewards_coefficient: float = setting(
        0.01, "Centring", "Keeps scores near 0 on average, so that they can be compared.",
        advanced=True, ge=0, le=1,
    )  # fmt: skip
    use_strength: bool = setting(
        False, "Use strength", "Pairs that were labelled much better must lie further apart.",
        advanced=True,
    )  # fmt: skip
