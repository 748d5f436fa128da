"""Methods that learn from their own answers: GRPO, RLOO and PPO."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.core.fields import setting
from workbench.core.recipes.training import LEARNING_RATE_HELP, TrainingConfig
from workbench.core.rewards import RewardSpec


class OnlineConfig(TrainingConfig):
    """Prompts are answered by the model in training; rewards say how good the answers are."""

    learning_rate: float = setting(1e-5, "Learning rate", LEARNING_RATE_HELP, gt=0, le=1)
    max_length: int = setting(
        1024, "Max length", "Longest prompt and answer together. Longer prompts are left out.",
        ge=8, le=131072,
    )  # fmt: skip
    per_device_train_batch_size: int = setting(
        2, "Prompts at once", "Prompts whose answers are computed together. Lower it when memory"
        " runs out.",
        group="Batches", ge=1, le=1024,
    )  # fmt: skip
    num_generations: int = setting(
        8, "Answers per prompt", "More is steadier, and slower.", ge=1, le=256
    )
    max_completion_length: int = setting(
        256, "Answer length", "Answers are cut off at this many tokens.", ge=1, le=131072
    )
    temperature: float = setting(
        1.0, "Temperature", "How varied the answers are. Equal answers teach nothing.",
        group="Answers", advanced=True, gt=0, le=5,
    )  # fmt: skip
    top_p: float = setting(
        1.0, "Top p", "Only the likeliest tokens that together reach this share are drawn.",
        group="Answers", advanced=True, gt=0, le=1,
    )  # fmt: skip
    mask_truncated_completions: bool = setting(
        False, "Ignore cut answers", "Answers that hit the length limit teach nothing.",
        group="Answers", advanced=True,
    )  # fmt: skip
    sampler: Literal["own", "vllm"] = setting(
        "own", "Answers are written by", "What writes the answers that are learnt from.",
        group="Answers", advanced=True, choices={
            "own": "Workbench itself, on any device",
            "vllm": "vLLM: many answers sooner. Needs an NVIDIA GPU, LoRA and an extra package",
        },
        choice_titles={"own": "Built in", "vllm": "vLLM"},
    )  # fmt: skip
    vllm_gpu_memory_utilization: float = setting(
        0.3, "GPU memory for vLLM", "Share of the GPU's memory that vLLM takes from the training.",
        group="Answers", advanced=True, only_with={"sampler": ("vllm",)}, gt=0, lt=1,
    )  # fmt: skip
    rewards: tuple[RewardSpec, ...] = setting(
        (), "Rewards", "What makes an answer good. Several are added up, by their weights.",
        group="Rewards", own_editor=True,
    )  # fmt: skip
    beta: float = setting(
        0.0, "Beta", "Pulls the model back to the base. 0 leaves it free and is faster.",
        ge=0, le=10,
    )  # fmt: skip
    epsilon: float = setting(
        0.2, "Clip", "How far a token's probability may move before its push is cut. Less is more"
        " careful.",
        advanced=True, gt=0, le=10,
    )  # fmt: skip
    num_iterations: int = setting(
        1, "Uses of an answer", "Steps that learn from the same answers before new ones are asked.",
        advanced=True, ge=1, le=32,
    )  # fmt: skip
    eval_steps: int = setting(
        0, "Measure every", "Steps between measurements on prompts kept apart. 0: never, with none"
        " kept apart.",
        group="Checkpoints", advanced=True, ge=0,
    )  # fmt: skip

    def total_steps(self, examples: int, processes: int = 1) -> int:
        """As always, but that each answer is used `num_iterations` times."""
        steps = super().total_steps(examples, processes)
        return steps if self.max_steps else steps * self.num_iterations


class GrpoConfig(OnlineConfig):
    """Group relative policy optimisation (Shao et al., arXiv 2402.03300)."""

    method: Literal["grpo"] = Field("grpo", frozen=True)
    num_generations: int = setting(
        8, "Answers per prompt", "More is steadier, and slower.", ge=2, le=256
    )
    loss_type: Literal["grpo", "bnpo", "dr_grpo", "dapo"] = setting(
        "dapo", "Loss", "How the tokens of long and short answers are weighed.",
        choices={
            "grpo": "Each answer counts the same, whatever its length",
            "bnpo": "Each token of a batch counts the same",
            "dr_grpo": "Each token counts the same, divided by the longest length allowed",
            "dapo": "Each token of the whole step counts the same",
        },
    )  # fmt: skip
    scale_rewards: Literal["group", "batch", "none"] = setting(
        "group", "Scale rewards", "By which spread the rewards are divided.",
        advanced=True, choices={
            "group": "By their spread among the answers to a prompt",
            "batch": "By their spread over the whole step",
            "none": "Not at all: prompts that are nearly solved count less",
        },
    )  # fmt: skip
    epsilon_high: float = setting(
        0.0, "Clip above", "Another limit for tokens that become likelier. 0: the same limit.",
        advanced=True, ge=0, le=10,
    )  # fmt: skip
    importance_sampling_level: Literal["token", "sequence"] = setting(
        "token", "Compare by", "What is compared with the model that wrote the answer.",
        advanced=True, choices={
            "token": "Each token with the model that wrote it",
            "sequence": "The whole answer with the model that wrote it (GSPO)",
        },
    )  # fmt: skip


class RlooConfig(OnlineConfig):
    """REINFORCE leave-one-out (Ahmadian et al., arXiv 2402.14740)."""

    method: Literal["rloo"] = Field("rloo", frozen=True)
    num_generations: int = setting(
        4, "Answers per prompt", "Each is compared with the mean of the others.", ge=2, le=256
    )
    beta: float = setting(
        0.05, "Beta", "Pulls the model back to the base; taken from the reward.", ge=0, le=10
    )
    normalize_advantages: bool = setting(
        False, "Scale advantages", "What is better than expected is divided by its spread over the"
        " step: steadier where rewards vary much.",
        advanced=True,
    )  # fmt: skip


class PpoConfig(OnlineConfig):
    """Proximal policy optimisation (Schulman et al., arXiv 1707.06347) with a critic and GAE."""

    method: Literal["ppo"] = Field("ppo", frozen=True)
    per_device_train_batch_size: int = setting(
        8, "Prompts at once", "Prompts whose answers are computed together. Lower it when memory"
        " runs out.",
        group="Batches", ge=1, le=1024,
    )  # fmt: skip
    num_generations: int = setting(
        1, "Answers per prompt", "The critic judges each answer by itself, so 1 is enough.",
        ge=1, le=256,
    )  # fmt: skip
    beta: float = setting(
        0.05, "Beta", "Pulls the model back to the base; taken from each token's reward.",
        ge=0, le=10,
    )  # fmt: skip
    num_iterations: int = setting(
        4, "Uses of an answer", "Steps that learn from the same answers before new ones are asked.",
        advanced=True, ge=1, le=32,
    )  # fmt: skip
    gamma: float = setting(
        1.0, "Discount",
        "How much a reward at the end counts for each token before it. 1 is all of it.",
        group="Critic", advanced=True, gt=0, le=1,
    )  # fmt: skip
    gae_lambda: float = setting(
        0.95, "Trust in rewards", "1 trusts the rewards, 0 the critic.",
        group="Critic", advanced=True, ge=0, le=1,
    )  # fmt: skip
    critic_learning_rate: float = setting(
        1e-4, "Critic's learning rate", "The critic must learn faster than the model.",
        group="Critic", gt=0, le=1,
    )  # fmt: skip
    vf_coef: float = setting(
        0.5, "Critic's weight", "How much the critic's loss counts beside the model's own.",
        group="Critic", advanced=True, ge=0, le=10,
    )  # fmt: skip
    cliprange_value: float = setting(
        0.2, "Critic's clip", "How far the critic's estimate may move before its push is cut.",
        group="Critic", advanced=True, gt=0, le=10,
    )  # fmt: skip
    whiten_advantages: bool = setting(
        True, "Scale advantages", "What is better than expected is divided by its spread over the"
        " step: steadier where rewards vary much.",
        group="Critic", advanced=True,
    )  # fmt: skip
