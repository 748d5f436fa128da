"""TRL 1.16 from the same weights on the same batch: KTO, its baseline and its figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

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
from tests.unit.engine.runs import unpaired, write_rows
from workbench.core.conversation import user
from workbench.core.preferences import UnpairedExample
from workbench.core.recipes import KtoConfig
from workbench.engine.kto import Kto
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base
from workbench.engine.reference import ReferenceCache

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

EXAMPLES = unpaired(5)
SETTINGS: dict[str, Any] = {
    "per_device_train_batch_size": 5, "beta": 0.5, "desirable_weight": 1.5,
    "undesirable_weight": 0.7,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kto")


@pytest.fixture(scope="module")
def ours(tiny_model_dir: Path) -> tuple[Policy, Any]:
    model, tokenizer = adapted(tiny_model_dir)
    return packed(model), tokenizer


def method_of(
    ours: tuple[Policy, Any], folder: Path, model: Path, examples: list[UnpairedExample],
    **settings: Any,
) -> Kto:  # fmt: skip
    write_rows(folder / "train.jsonl", examples)
    config = KtoConfig(**(COMMON | SETTINGS | settings))
    cache = ReferenceCache(folder / "cache", model, CPU)
    kto = Kto(config, ours[1], folder / "train.jsonl", folder / "none.jsonl", cache)
    kto.prepare(ours[0], nothing_to_report)
    return kto


@pytest.mark.parametrize("sign", [1, -1], ids=["as drawn", "turned round"])
def test_kto_is_trls(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any], sign: int
) -> None:
    """With one sign the baseline is cut off at 0, with the other it is above."""
    from trl import KTOConfig, KTOTrainer

    base = load_base(tiny_model_dir, CPU)
    trainer: Any = KTOTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        args=KTOConfig(**(trl_settings(folder) | SETTINGS)), train_dataset=dataset(EXAMPLES),
    )  # fmt: skip
    for model in (trainer.model, ours[0].model):
        shake(model)
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.data *= sign
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, first_batch(trainer))
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    kto, tally = method_of(ours, folder, tiny_model_dir, EXAMPLES), Tally()
    items = kto.collect(ours[0], kto.train, 0).items
    loss = kto.loss(ours[0], items, tally) / len(items)
    loss.backward()
    assert_same(loss, gradients(ours[0].model), theirs, gradients(trainer.model))
    figures = tally.means()
    assert_figures(figures, expected)
    assert (figures["kl"] > 0) == (sign < 0)


def test_the_baseline_is_that_of_the_whole_step(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any]
) -> None:
    found = []
    for at_once in (5, 1):
        kto = method_of(ours, folder, tiny_model_dir, EXAMPLES, per_device_train_batch_size=at_once)
        items = kto.collect(ours[0], kto.train, 0).items
        parts = [kto.loss(ours[0], part, Tally()) for part in kto.micro_batches(items)]
        assert len(parts) == 5 // at_once
        found.append((items[0].baseline, float(sum(parts))))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_a_foreign_answer_never_answers_the_same_prompt(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any]
) -> None:
    """Answers of a labelled pair stand side by side: b's must not be drawn for each other."""
    asked = ["a", "a", "b", "b", "b", "a"]
    examples = [
        UnpairedExample(user(f"What is {prompt}?"), f"It is {place}.", place % 2 == 0)
        for place, prompt in enumerate(asked)
    ]
    kto = method_of(ours, folder, tiny_model_dir, examples)
    answers = [
        ours[1].decode(item.foreign.ids[item.foreign.trained_from :], skip_special_tokens=True)
        for item in kto.train
    ]
    expected = [4, 4, 1, 1, 1, 4]
    assert [answer.strip() for answer in answers] == [f"It is {place}." for place in expected]
    for item in kto.train:
        shared = item.own.trained_from
        assert item.own.ids[:shared] == item.foreign.ids[:shared]


def test_cached_reference_and_shared_prompts_change_nothing(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any]
) -> None:
    kto = method_of(ours, folder, tiny_model_dir, EXAMPLES)
    for kept, sequences in (
        ([item.ref_own for item in kto.train], [item.own for item in kto.train]),
        ([item.ref_foreign for item in kto.train], [item.foreign for item in kto.train]),
    ):
        alone = ours[0].reference([[sequence] for sequence in sequences]).sums()
        torch.testing.assert_close(torch.tensor(kept), alone)
    again: list[str] = []
    kto.prepare(ours[0], again.append)
    assert again == []


@pytest.mark.parametrize(
    ("good", "settings", "told"),
    [
        (3, {}, ""), (4, {"undesirable_weight": 3.0}, ""),
        (4, {}, "Of 4 good and 1 bad answers one side outweighs the other: set Weight of bad"),
        (1, {}, "set Weight of good answers to 4 to make them even"),
        (5, {}, "Of 5 good and 0 bad answers one side counts nothing, but KTO needs both: add"),
    ],
)  # fmt: skip
def test_what_outweighs_the_other_is_told_with_a_remedy(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any], good: int,
    settings: dict[str, float], told: str,
) -> None:  # fmt: skip
    examples = [replace(item, desirable=place < good) for place, item in enumerate(EXAMPLES)]
    weights = {"desirable_weight": 1.0, "undesirable_weight": 1.0} | settings
    kto = method_of(ours, folder, tiny_model_dir, examples, **weights)
    events = kto.collect(ours[0], kto.train, 0).events
    assert [event.code for event in events] == (["unbalanced"] if told else [])
    assert all(told in event.message for event in events)
    assert not kto.collect(ours[0], kto.train, 1).events


def test_a_step_without_bad_answers_has_no_figures_of_them(
    folder: Path, tiny_model_dir: Path, ours: tuple[Policy, Any]
) -> None:
    good = [UnpairedExample(item.prompt, item.completion, True) for item in EXAMPLES]
    kto, tally = method_of(ours, folder, tiny_model_dir, good), Tally()
    kto.measure(ours[0], kto.train, tally)
    figures = tally.means("eval_")
    assert "eval_rewards/chosen" in figures
    assert not {"eval_rewards/rejected", "eval_rewards/margins"} & figures.keys()
