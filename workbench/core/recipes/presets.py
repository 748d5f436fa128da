"""Settings to begin with: a quick look, a balanced run, a thorough one, for each method.

A preset is what differs from the defaults, by field name; fields of the adapter are among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class PresetInfo:
    """A preset as people meet it."""

    title: str
    purpose: str


PRESETS: dict[str, PresetInfo] = {
    "quick": PresetInfo("Quick look", "A few steps with a small adapter: does it go at all?"),
    BALANCED: PresetInfo("Balanced", "A sound start for most projects."),
    "thorough": PresetInfo("Thorough", "Longer, with a larger adapter: for data that you trust."),
}

_SMALL = {"r": 8, "lora_alpha": 16}
_LARGE = {"r": 32, "lora_alpha": 64}
_SHORT_ANSWERS = {**_SMALL, "max_steps": 10, "max_completion_length": 96}
_LONG_ANSWERS = {
    **_LARGE, "num_train_epochs": 2.0, "max_completion_length": 512, "max_length": 2048,
}  # fmt: skip

_DIFFERENCES: dict[str, dict[str, Mapping[str, Any]]] = {
    "sft": {
        "quick": {**_SMALL, "max_steps": 20},
        "thorough": {
            **_LARGE, "num_train_epochs": 3.0, "learning_rate": 1e-4, "lr_scheduler_type": "cosine",
        },
    },
    "dpo": {
        "quick": {**_SMALL, "max_steps": 16},
        "thorough": {**_LARGE, "num_train_epochs": 4.0, "learning_rate": 2e-5},
    },
    "kto": {
        "quick": {**_SMALL, "max_steps": 16},
        "thorough": {**_LARGE, "num_train_epochs": 4.0, "learning_rate": 2e-5},
    },
    "reward": {
        "quick": {**_SMALL, "max_steps": 16},
        "thorough": {**_LARGE, "num_train_epochs": 2.0, "learning_rate": 5e-5},
    },
    "grpo": {
        "quick": {**_SHORT_ANSWERS, "num_generations": 4},
        "thorough": {**_LONG_ANSWERS, "num_generations": 16},
    },
    "rloo": {
        "quick": {**_SHORT_ANSWERS, "num_generations": 2},
        "thorough": {**_LONG_ANSWERS, "num_generations": 8},
    },
    "ppo": {
        "quick": {**_SHORT_ANSWERS, "per_device_train_batch_size": 4, "num_iterations": 2},
        "thorough": {**_LONG_ANSWERS, "num_generations": 2, "critic_learning_rate": 5e-5},
    },
}  # fmt: skip


def preset_values(method: str, preset: str) -> Mapping[str, Any]:
    """What `preset` sets otherwise than the recipe's defaults; raises KeyError for unknown ones."""
    if preset not in PRESETS:
        raise KeyError(preset)
    return MappingProxyType(dict(_DIFFERENCES[method].get(preset, {})))
