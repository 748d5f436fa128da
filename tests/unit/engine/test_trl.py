"""The yardstick: TRL 1.16 from the same weights on the same batch gives the same loss, gradients
and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig

from tests.unit.engine.runs import preferences, supervised, write_rows
from workbench.core.recipes import AdapterConfig, DpoConfig, SftConfig
from workbench.engine.dpo import Dpo
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.method import Tally
from workbench.engine.modeling import attach_adapter, load_base
from workbench.engine.reference import ReferenceCache
from workbench.engine.sft import Sft

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

CPU = torch.device("cpu")
LORA = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear")
COMMON: dict[str, Any] = {
    "per_device_train_batch_size": 4, "max_length": 64, "learning_rate": 1e-3, "seed": 0,
}  # fmt: skip


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
    named = model.named_parameters()
    return {name: parameter.grad for name, parameter in named if parameter.requires_grad}


def trl_settings(folder: Path) -> dict[str, Any]:
    return {
        **COMMON, "output_dir": str(folder / "trl"), "use_cpu": True, "bf16": False,
        "report_to": [],
        "gradient_checkpointing": False, "disable_tqdm": True, "dataset_num_proc": None,
    }  # fmt: skip


def first_batch(trainer: Any) -> Any:
    """All examples in the order of the file, as the trainer's collator makes it."""
    return trainer._prepare_inputs(trainer.data_collator(list(trainer.train_dataset)))


def dataset(rows: list[dict[str, Any]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([{k: v for k, v in row.items() if k != "pair_id"} for row in rows])


@pytest.mark.parametrize("loss_type", ["sigmoid", "hinge", "ipo"])
def test_dpo_is_trls(tmp_path: Path, tiny_model_dir: Path, loss_type: Any) -> None:
    from trl import DPOConfig, DPOTrainer

    pairs = preferences(4)
    base = load_base(tiny_model_dir, CPU)
    trainer = DPOTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        args=DPOConfig(**trl_settings(tmp_path), beta=0.3, loss_type=loss_type),
        train_dataset=dataset([pair.to_json() for pair in pairs]),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, first_batch(trainer))
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    write_rows(tmp_path / "train.jsonl", pairs)
    ours_model, tokenizer = adapted(tiny_model_dir)
    policy, tally = packed(ours_model), Tally()
    config = DpoConfig(**COMMON, beta=0.3, loss_type=loss_type)
    cache = ReferenceCache(tmp_path / "cache", tiny_model_dir, CPU)
    nowhere = tmp_path / "none.jsonl"
    method = Dpo(config, tokenizer, tmp_path / "train.jsonl", nowhere, cache)
    method.prepare(policy, lambda _: None)
    ours = method.loss(policy, method.train, tally) / 4
    ours.backward()

    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(
        gradients(ours_model), gradients(trainer.model), rtol=1e-4, atol=1e-6
    )
    figures = tally.means()
    for name in figures.keys() - {"loss"}:
        assert figures[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-5), name


@pytest.mark.parametrize("completion_only", [True, False])
def test_sft_is_trls(tmp_path: Path, tiny_model_dir: Path, completion_only: bool) -> None:
    from trl import SFTConfig, SFTTrainer

    examples = supervised(4)
    base = load_base(tiny_model_dir, CPU)
    rows = json.loads(json.dumps([example.to_json() for example in examples]))
    for row in rows:
        row.pop("example_id")
    trainer = SFTTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        args=SFTConfig(**trl_settings(tmp_path), completion_only_loss=completion_only),
        train_dataset=dataset(rows),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, first_batch(trainer))
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    write_rows(tmp_path / "train.jsonl", examples)
    ours_model, tokenizer = adapted(tiny_model_dir)
    policy, tally = packed(ours_model), Tally()
    config = SftConfig(**COMMON, completion_only_loss=completion_only)
    nowhere = tmp_path / "none.jsonl"
    method = Sft(config, tokenizer, tmp_path / "train.jsonl", nowhere)
    weight = sum(method.weight(example) for example in method.train)
    ours = method.loss(policy, method.train, tally) / weight
    ours.backward()

    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(
        gradients(ours_model), gradients(trainer.model), rtol=1e-4, atol=1e-6
    )
    figures = tally.means()
    assert figures["mean_token_accuracy"] == pytest.approx(expected["mean_token_accuracy"])
    if completion_only:
        assert figures["entropy"] == pytest.approx(expected["entropy"], rel=1e-4)
