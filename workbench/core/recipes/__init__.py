"""What to train and how: one config per method, and the RunSpec that a run folder holds.

Fields bear TRL's names, so that what people know carries over. The Train form is made from these
classes: title, help, range, default and group come from here and from nowhere else.
"""

from workbench.core.fields import Recipe, is_relevant, setting
from workbench.core.recipes.adapter import AdapterConfig, Precision, Tuning
from workbench.core.recipes.methods import METHODS, DataKind, MethodConfig, MethodInfo
from workbench.core.recipes.offline import (
    DpoConfig,
    DpoLossType,
    KtoConfig,
    RewardConfig,
    SftConfig,
)
from workbench.core.recipes.online import GrpoConfig, OnlineConfig, PpoConfig, RlooConfig
from workbench.core.recipes.spec import DataRef, ModelRef, RunSpec
from workbench.core.recipes.training import TrainingConfig

__all__ = [
    "METHODS", "AdapterConfig", "DataKind", "DataRef", "DpoConfig", "DpoLossType", "GrpoConfig",
    "KtoConfig", "MethodConfig", "MethodInfo", "ModelRef", "OnlineConfig", "PpoConfig", "Precision",
    "Recipe", "RewardConfig", "RlooConfig", "RunSpec", "SftConfig", "TrainingConfig", "Tuning",
    "is_relevant", "setting",
]  # fmt: skip
