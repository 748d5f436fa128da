"""The RunSpec that a run folder holds: which model, which method, which data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.core.conversation import Conversation
from workbench.core.fields import Recipe
from workbench.core.recipes.adapter import AdapterConfig
from workbench.core.recipes.methods import MethodConfig


class ModelRef(Recipe):
    """A base model: what people call it, and the folder that holds it."""

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)


class DataRef(Recipe):
    """Which data the snapshot was taken of, for people and for lineage."""

    dataset_ids: tuple[str, ...] = ()
    description: str = ""
    train_examples: int = Field(0, ge=0)
    eval_examples: int = Field(0, ge=0)


class RunSpec(Recipe):
    """Everything that a trainer needs to know, beside the data in the run folder."""

    v: Literal[1] = 1
    run_id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    model: ModelRef
    config: Annotated[MethodConfig, Field(discriminator="method")]
    adapter: AdapterConfig = AdapterConfig()
    data: DataRef = DataRef()
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    parent_run_id: str | None = None
    sample_prompts: tuple[Conversation, ...] = ()
    created_at: float = 0.0

    @property
    def method(self) -> str:
        return self.config.method
