"""TRL 1.16 from the same weights on the same batch: the DPO family."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from tests.unit.engine.peers import (
    COMMON,
    CPU,
    LORA,
    adapted,
    assert_figures,
    assert_same,
    dataset,
    first_batch,
    gradients,
    nothing_to_report,
    packed,
    shake,
    trl_settings,
)
from tests.unit.engine.runs import preferences, write_rows
from workbench.core.preferences import Strength
from workbench.core.recipes import DpoConfig, DpoLossType
from workbench.engine import head, logprobs
from workbench.engine.dpo import Dpo
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base
from workbench.engine.packing import pack
from workbench.engine.reference import ReferenceCache

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

PAIRS = preferences(4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dpo")


@pytest.fixture(scope="module")
def dpo_trainer(folder: Path, tiny_model_dir: Path) -> Any:
    from trl import DPOConfig, DPOTrainer

    base = load_base(tiny_model_dir, CPU)
    trainer = DPOTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        args=DPOConfig(**trl_settings(folder), beta=0.3), train_dataset=dataset(PAIRS),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    return trainer


@pytest.fixture(scope="module")
def ours(tiny_model_dir: Path) -> tuple[Policy, Any]:
    model, tokenizer = adapted(tiny_model_dir)
    return packed(model), tokenizer


@pytest.fixture
def method(ours: tuple[Policy, Any], folder: Path, tiny_model_dir: Path) -> Any:
    """Makes our method of settings, ready to train."""

    def make(**settings: Any) -> Dpo:
        write_rows(folder / "train.jsonl", PAIRS)
        cache = ReferenceCache(folder / "cache", tiny_model_dir, CPU)
        config = DpoConfig(**(COMMON | {"beta": 0.3} | settings))
        dpo = Dpo(config, ours[1], folder / "train.jsonl", folder / "none.jsonl", cache)
        dpo.prepare(ours[0], nothing_to_report)
        return dpo

    return make


def loss_of(policy: Policy, method: Dpo) -> tuple[torch.Tensor, dict[str, torch.Tensor], Tally]:
    tally = Tally()
    loss = method.loss(policy, method.train, tally) / len(method.train)
    loss.backward()
    return loss, gradients(policy.model), tally


@pytest.mark.parametrize(
    ("loss_type", "smoothing"),
    [
        ("sigmoid", 0.0), ("ipo", 0.0), ("hinge", 0.0), ("robust", 0.2), ("sppo_hard", 0.0),
        ("apo_zero", 0.0),
    ],
)  # fmt: skip
def test_dpo_is_trls(
    dpo_trainer: Any, ours: tuple[Policy, Any], method: Any, loss_type: DpoLossType,
    smoothing: float,
) -> None:  # fmt: skip
    dpo_trainer.loss_types, dpo_trainer.label_smoothing = [loss_type], smoothing
    theirs = dpo_trainer.compute_loss(dpo_trainer.model, first_batch(dpo_trainer))
    theirs.backward()
    expected = {name: values[-1] for name, values in dpo_trainer._metrics["eval"].items()}

    loss, found, tally = loss_of(ours[0], method(loss_type=loss_type, label_smoothing=smoothing))
    assert_same(loss, found, theirs, gradients(dpo_trainer.model))
    assert_figures(tally.means(), expected)


def batch_of(method: Dpo) -> dict[str, torch.Tensor]:
    """Our sequences as TRL's older collators lay them out."""
    batch: dict[str, torch.Tensor] = {}
    for side in ("chosen", "rejected"):
        sequences = [getattr(pair, side) for pair in method.train]
        shape = (len(sequences), max(len(sequence.ids) for sequence in sequences))
        ids, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        labels = torch.full(shape, -100)
        for row, sequence in enumerate(sequences):
            size, start = len(sequence.ids), sequence.trained_from
            ids[row, :size] = torch.tensor(sequence.ids)
            mask[row, :size] = 1
            labels[row, start:size] = ids[row, start:size]
        batch |= {
            f"{side}_input_ids": ids, f"{side}_attention_mask": mask, f"{side}_labels": labels
        }  # fmt: skip
    return batch


def trainer_of(kind: str, folder: Path, model: Path, **settings: Any) -> Any:
    """TRL's CPO or ORPO trainer, over a model whose adapter does something."""
    from trl.experimental.cpo import CPOConfig, CPOTrainer
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    base = load_base(model, CPU)
    make, config = (CPOTrainer, CPOConfig) if kind == "simpo" else (ORPOTrainer, ORPOConfig)
    trainer = make(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        args=config(**trl_settings(folder), **settings), train_dataset=dataset(PAIRS),
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    return trainer


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_simpo_is_trls(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any], method: Any, smoothing: float
) -> None:
    settings = {"beta": 2.0, "simpo_gamma": 0.7, "label_smoothing": smoothing}
    trainer = trainer_of(
        "simpo", folder, tiny_model_dir, loss_type="simpo", cpo_alpha=0.0, **settings
    )
    dpo = method(loss_type="simpo", **settings)
    theirs, expected = trainer.get_batch_loss_metrics(trainer.model, batch_of(dpo))
    theirs.backward()

    loss, found, tally = loss_of(ours[0], dpo)
    assert_same(loss, found, theirs, gradients(trainer.model))
    figures = tally.means()
    for name in ("entropy", "mean_token_accuracy"):  # which TRL has for DPO only
        figures.pop(name)
    assert_figures(figures, expected)


def test_label_smoothing_is_trls(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any], method: Any
) -> None:
    """TRL's DPO ignores it, its CPO does not: that is DPO with a reference that is always even."""
    settings = {"beta": 0.3, "label_smoothing": 0.2}
    trainer = trainer_of(
        "simpo", folder, tiny_model_dir, loss_type="sigmoid", cpo_alpha=0.0, **settings
    )
    dpo = method(loss_type="sigmoid", **settings)
    theirs, _ = trainer.get_batch_loss_metrics(trainer.model, batch_of(dpo))
    theirs.backward()
    dpo.train = [replace(pair, ref_chosen=0.0, ref_rejected=0.0) for pair in dpo.train]
    loss, found, _ = loss_of(ours[0], dpo)
    assert_same(loss, found, theirs, gradients(trainer.model))


def test_orpo_is_trls_but_for_the_likelihood_term(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any], method: Any
) -> None:
    trainer = trainer_of("orpo", folder, tiny_model_dir, beta=0.3)
    whole = trainer.concatenated_forward

    def with_the_papers_likelihood(model: Any, batch: Any) -> Any:
        chosen, rejected, *logits, _ = whole(model, batch)
        return chosen, rejected, *logits, -chosen.mean()

    trainer.concatenated_forward = with_the_papers_likelihood
    dpo = method(loss_type="orpo")
    theirs, expected = trainer.get_batch_loss_metrics(trainer.model, batch_of(dpo))
    theirs.backward()

    loss, found, tally = loss_of(ours[0], dpo)
    assert_same(loss, found, theirs, gradients(trainer.model))
    figures = tally.means()
    for name in ("entropy", "mean_token_accuracy"):
        figures.pop(name)
    assert_figures(figures, expected)


@pytest.mark.parametrize("loss_type", get_args(DpoLossType))
@pytest.mark.parametrize("plain", ["padded", "unshared", "small chunks"])
def test_layout_changes_nothing(
    ours: tuple[Policy, Any], method: Any, monkeypatch: pytest.MonkeyPatch,
    loss_type: DpoLossType, plain: str,
) -> None:  # fmt: skip
    policy, dpo = ours[0], method(loss_type=loss_type)
    loss, found, _ = loss_of(policy, dpo)
    match plain:
        case "padded":
            monkeypatch.setattr(policy, "packs", False)
        case "unshared":
            monkeypatch.setattr(logprobs, "pack", partial(pack, share=False))
        case _:
            monkeypatch.setattr(head, "CHUNK_ROWS", 3)
    other, expected, _ = loss_of(policy, dpo)
    assert_same(loss, found, other, expected)


@pytest.mark.parametrize("loss_type", ["simpo", "orpo"])
def test_without_a_reference_nothing_is_computed_before(
    ours: tuple[Policy, Any], folder: Path, tiny_model_dir: Path, loss_type: DpoLossType
) -> None:
    write_rows(folder / "train.jsonl", PAIRS)
    cache = ReferenceCache(folder / f"no-{loss_type}", tiny_model_dir, CPU)
    config = DpoConfig(**COMMON, loss_type=loss_type)
    dpo = Dpo(config, ours[1], folder / "train.jsonl", folder / "none.jsonl", cache)
    reports: list[str] = []
    dpo.prepare(ours[0], reports.append)
    assert reports == []
    assert not (folder / f"no-{loss_type}").exists()


def test_a_cached_reference_changes_nothing(ours: tuple[Policy, Any], method: Any) -> None:
    policy, dpo = ours[0], method()
    direct = policy.reference([pair.group for pair in dpo.train]).sums()
    kept = torch.tensor(
        [logp for pair in dpo.train for logp in (pair.ref_chosen, pair.ref_rejected)]
    )
    torch.testing.assert_close(kept, direct)
    again: list[str] = []
    dpo.prepare(policy, again.append)
    assert again == []


@pytest.mark.parametrize("loss_type", ["sigmoid", "robust", "hinge", "simpo"])
def test_strength_asks_for_a_wider_margin(
    ours: tuple[Policy, Any], folder: Path, tiny_model_dir: Path, loss_type: DpoLossType
) -> None:
    strengths = (None, Strength.SLIGHTLY, Strength.CLEARLY, Strength.MUCH)
    strong = [replace(pair, strength=by) for pair, by in zip(PAIRS, strengths, strict=True)]
    write_rows(folder / "strong.jsonl", strong)
    cache = ReferenceCache(folder / "cache", tiny_model_dir, CPU)
    losses = []
    for use_strength in (False, True):
        config = DpoConfig(**COMMON, loss_type=loss_type, use_strength=use_strength)
        dpo = Dpo(config, ours[1], folder / "strong.jsonl", folder / "none.jsonl", cache)
        dpo.prepare(ours[0], nothing_to_report)
        losses.append([dpo.loss(ours[0], [pair], Tally()).item() for pair in dpo.train])
        offsets = [pair.offset for pair in dpo.train]
        assert offsets == ([0.0, 0.0, math.log(2), math.log(3)] if use_strength else [0.0] * 4)
    plain, wider = losses
    assert wider[:2] == plain[:2]
    assert all(more > less for more, less in zip(wider[2:], plain[2:], strict=True))
