"""What comparisons with TRL share: the same tiny model, adapter and batch on both sides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig

from workbench.core.recipes import AdapterConfig
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import attach_adapter, load_base

CPU = torch.device("cpu")
LORA = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear")
COMMON: dict[str, Any] = {
    "per_device_train_batch_size": 4, "max_length": 64, "learning_rate": 1e-3, "seed": 0,
}  # fmt: skip


def nothing_to_report(_: str) -> None:
    """For `prepare`, which tells how far it is."""


def shake(model: Any) -> None:
    """Give the adapter weights that do something; the same at each call."""
    generator = torch.Generator().manual_seed(0)
    for parameter in (parameter for parameter in model.parameters() if parameter.requires_grad):
        parameter.data.normal_(std=0.1, generator=generator)


def adapted(folder: Path) -> tuple[Any, Any]:
    """The tiny model with the adapter that TRL's has, and its tokenizer."""
    base = load_base(folder, CPU)
    model = attach_adapter(base, AdapterConfig(r=4, lora_alpha=8))
    shake(model)
    return model, base.tokenizer


def packed(model: Any) -> Policy:
    """The policy as it trains: packed, prompts shared."""
    policy = Policy(model)
    assert try_packing(policy)
    return policy


def gradients(model: Any) -> dict[str, torch.Tensor]:
    """The gradients of what is trained; they are taken away."""
    found = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            found[name] = parameter.grad
            parameter.grad = None
    return found


def trl_settings(folder: Path) -> dict[str, Any]:
    return {
        **COMMON, "output_dir": str(folder / "trl"), "use_cpu": True, "bf16": False,
        "report_to": [], "gradient_checkpointing": False, "disable_tqdm": True,
        "dataset_num_proc": None,
    }  # fmt: skip


def first_batch(trainer: Any) -> Any:
    """All examples in the order of the file, as the trainer's collator makes it."""
    return trainer._prepare_inputs(trainer.data_collator(list(trainer.train_dataset)))


def dataset(examples: Sequence[Any]) -> Any:
    """Examples as TRL reads them."""
    from datasets import Dataset

    ours = {"pair_id", "example_id", "strength"}
    rows = [json.loads(json.dumps(example.to_json())) for example in examples]
    return Dataset.from_list(
        [{name: value for name, value in row.items() if name not in ours} for row in rows]
    )


def assert_same(
    ours: torch.Tensor,
    our_gradients: dict[str, torch.Tensor],
    theirs: torch.Tensor,
    their_gradients: dict[str, torch.Tensor],
) -> None:
    """Loss within 1e-5; each weight's gradient within 1e-4 of the largest of its layer.

    A loss may be what is left of numbers of about one (hinge: 1 less a margin), which differ by as
    much from one kind of processor to the next.
    """
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    assert our_gradients.keys() == their_gradients.keys()
    for name, expected in their_gradients.items():
        scale = float(expected.abs().max())
        difference = float((our_gradients[name] - expected).abs().max())
        assert difference <= 1e-4 * scale + 1e-7, name


def assert_figures(ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Every figure of ours but the loss is there in TRL's and the same."""
    for name in ours.keys() - {"loss"}:
        assert ours[name] == pytest.approx(theirs[name], rel=1e-4, abs=1e-5), name
