"""What to train and how: one config per method, and the RunSpec that a run folder holds.

Fields bear TRL's names, so that what people know carries over. The Train form is made from these
classes: title, help, range, default and group come from here and from nowhere else.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.core.conversation import Conversation

METHOD_TITLES: dict[str, str] = {"sft": "SFT", "dpo": "DPO"}
METHOD_PURPOSES: dict[str, str] = {
    "sft": "Imitate good answers. Enough where one right answer exists.",
    "dpo": "Learn from pairs you labelled. No reward model, no sampling.",
}


def setting(
    default: Any,
    title: str,
    help: str,
    *,
    group: str = "Learn",
    advanced: bool = False,
    **limits: Any,
) -> Any:
    """A field of a recipe with what the form needs to show it."""
    return Field(
        default,
        title=title,
        description=help,
        json_schema_extra={"group": group, "advanced": advanced},
        **limits,
    )


class _Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False)


class AdapterConfig(_Recipe):
    """A LoRA adapter: small matrices that are trained while the base stays as it is."""

    r: int = setting(
        16, "Rank", "Size of the adapter. More can learn more, and forget more.",
        group="Adapter", ge=1, le=512,
    )  # fmt: skip
    lora_alpha: int = setting(
        32, "Alpha", "How strongly the adapter counts: alpha ÷ rank multiplies it.",
        group="Adapter", ge=1, le=2048,
    )  # fmt: skip
    lora_dropout: float = setting(
        0.0, "Dropout", "Share of the adapter's inputs left out at random in training.",
        group="Adapter", advanced=True, ge=0, lt=1,
    )  # fmt: skip
    target_modules: str = setting(
        "all-linear", "Layers", "all-linear, or names of layers with commas between them.",
        group="Adapter", advanced=True, min_length=1,
    )  # fmt: skip


class TrainingConfig(_Recipe):
    """What every method has."""

    learning_rate: float = setting(
        5e-5, "Learning rate", "How far each step moves the model.", gt=0, le=1
    )
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
        1, "Accumulation", "Batches added up before each step, in place of a larger batch.",
        group="Batches", advanced=True, ge=1, le=1024,
    )  # fmt: skip
    gradient_checkpointing: bool = setting(
        False, "Checkpoint activations", "Uses less memory and takes about a third longer.",
        group="Batches", advanced=True,
    )  # fmt: skip
    lr_scheduler_type: Literal["constant", "linear", "cosine"] = setting(
        "linear", "Schedule", "How the learning rate falls over the run.",
        group="Optimiser", advanced=True,
    )  # fmt: skip
    warmup_steps: int = setting(
        0, "Warm-up steps", "The learning rate rises from 0 over this many steps.",
        group="Optimiser", advanced=True, ge=0,
    )  # fmt: skip
    weight_decay: float = setting(
        0.0, "Weight decay", "Pulls weights towards 0.",
        group="Optimiser", advanced=True, ge=0, le=1,
    )  # fmt: skip
    max_grad_norm: float = setting(
        1.0, "Gradient limit", "Longer gradients are shortened to this norm.",
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
        3, "Checkpoints kept", "Older ones are deleted.",
        group="Checkpoints", advanced=True, ge=1, le=1000,
    )  # fmt: skip
    eval_steps: int = setting(
        4, "Measure every", "Steps between measurements on examples kept apart. 0: never.",
        group="Checkpoints", advanced=True, ge=0,
    )  # fmt: skip

    @property
    def examples_per_step(self) -> int:
        return self.per_device_train_batch_size * self.gradient_accumulation_steps

    def total_steps(self, examples: int) -> int:
        """Steps of a run on this many examples; the last may reach into the next epoch."""
        if self.max_steps:
            return self.max_steps
        return max(1, math.ceil(self.num_train_epochs * examples / self.examples_per_step))


class SftConfig(TrainingConfig):
    """Supervised fine-tuning: raise the likelihood of given answers."""

    method: Literal["sft"] = Field("sft", frozen=True)
    learning_rate: float = setting(
        2e-4, "Learning rate", "How far each step moves the model.", gt=0, le=1
    )
    completion_only_loss: bool = setting(
        True, "Learn answers only", "Off: the model also learns to write the prompts."
    )


class DpoConfig(TrainingConfig):
    """Direct preference optimisation (Rafailov et al., arXiv 2305.18290)."""

    method: Literal["dpo"] = Field("dpo", frozen=True)
    num_train_epochs: float = setting(
        2.0, "Epochs", "How often each example is seen.", gt=0, le=1000
    )
    beta: float = setting(
        0.1, "Beta", "How closely to stay with the base. Higher stays closer.", gt=0, le=10
    )
    loss_type: Literal["sigmoid", "hinge", "ipo"] = setting(
        "sigmoid", "Loss", "sigmoid is DPO as published; ipo resists overfitting to few pairs."
    )
    label_smoothing: float = setting(
        0.0, "Label noise", "Share of labels believed wrong. Only for the sigmoid loss.",
        advanced=True, ge=0, lt=0.5,
    )  # fmt: skip
    stop_on_drift: bool = setting(
        True, "Stop in time",
        "Ends the run when chosen answers to held-out prompts become less likely again,"
        " and keeps the best checkpoint.",
    )  # fmt: skip


MethodConfig = Annotated[SftConfig | DpoConfig, Field(discriminator="method")]
CONFIG_CLASSES: dict[str, type[SftConfig] | type[DpoConfig]] = {"sft": SftConfig, "dpo": DpoConfig}


class ModelRef(_Recipe):
    """A base model: what people call it, and the folder that holds it."""

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)


class DataRef(_Recipe):
    """Which data the snapshot was taken of, for people and for lineage."""

    dataset_ids: tuple[str, ...] = ()
    description: str = ""
    train_examples: int = Field(0, ge=0)
    eval_examples: int = Field(0, ge=0)


class RunSpec(_Recipe):
    """Everything that a trainer needs to know, beside the data in the run folder."""

    v: Literal[1] = 1
    run_id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    model: ModelRef
    config: MethodConfig
    adapter: AdapterConfig = AdapterConfig()
    data: DataRef = DataRef()
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    parent_run_id: str | None = None
    sample_prompts: tuple[Conversation, ...] = ()
    created_at: float = 0.0

    @property
    def method(self) -> str:
        return self.config.method
