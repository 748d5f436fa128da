"""What a run could be made of: the data a method would learn from, models, devices. No Qt.

It reads the project, model folders and NVML, so call it off the GUI thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.preferences import (
    Choice,
    PreferenceExample,
    PromptExample,
    Split,
    UnpairedExample,
)
from workbench.core.recipes import METHODS, DataKind, MethodConfig
from workbench.core.rewards import BaseReward, ExactMatch, NumericMatch
from workbench.runner.create import EVAL_FRACTION
from workbench.runner.devices import APPLE_GPU, CPU, Device, resolve_device
from workbench.runner.snapshot import Example, take_snapshot, teaching
from workbench.store.learnable import Learnable as LearnableRows
from workbench.store.learnable import LearnableCounts
from workbench.store.project import Project
from workbench.store.rows import Dataset, RunRow
from workbench.telemetry.nvml import list_gpus
from workbench.ui.model_list import ListedModel, project_models

DATASET_KINDS = {
    DataKind.EXAMPLES: frozenset({"supervised"}),
    DataKind.PAIRS: frozenset({"preference"}),
    DataKind.JUDGED: frozenset({"preference", "unpaired"}),
    DataKind.PROMPTS: frozenset({"preference", "unpaired", "supervised", "prompts"}),
}
"""Which data sets hold what a method learns from."""


@dataclass(frozen=True, slots=True)
class Learnable:
    """What a method would learn from; `nothing` says why there are no examples.

    `apart` are the examples that are only measured, in a run that measures.
    """

    method: str
    dataset_ids: tuple[str, ...]
    examples: tuple[Example, ...]
    apart: tuple[Example, ...]
    nothing: str = ""

    @property
    def kind(self) -> DataKind:
        return METHODS[self.method].learns_from

    def __len__(self) -> int:
        return len(self.examples) + len(self.apart)

    @property
    def right_answers(self) -> list[str]:
        """Those of the prompts that come with one."""
        found = (item for item in self.examples + self.apart if isinstance(item, PromptExample))
        return [item.answer for item in found if item.answer]

    def trained(self, config: MethodConfig) -> tuple[Example, ...]:
        """The examples that a run with these settings trains on."""
        examples = self.examples if config.eval_steps else self.examples + self.apart
        return teaching(examples, config)

    def measured(self, config: MethodConfig) -> tuple[Example, ...]:
        """The examples that a run with these settings is only measured on."""
        return teaching(self.apart, config) if config.eval_steps else ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Decided pairs of the whole project that can't be trained on. `other`: see `labelled`."""

    ties: int
    both_bad: int
    skipped: int
    other: int


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """`name` is what a run's spec holds; `device` is what that means on this machine."""

    name: str
    device: Device


@dataclass(frozen=True, slots=True)
class RewardModel:
    """A reward model that was trained in this project."""

    run_name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Material:
    learnable: Learnable
    left_out: LeftOut
    pair_count: int
    example_count: int
    counts: LearnableCounts
    reward_models: tuple[RewardModel, ...]
    held_out_prompts: int
    datasets: tuple[Dataset, ...]
    models: tuple[ListedModel, ...]
    runs: tuple[RunRow, ...]
    devices: tuple[DeviceChoice, ...]


def load_material(
    project: Project, method: str, dataset_ids: tuple[str, ...] | None = None
) -> Material:
    """Read everything that the Train panel shows; data sets that are gone are passed over.

    No data sets are all of them, None is what suits the method.
    """
    if dataset_ids is None:
        dataset_ids = _suitable_data(project, method)
    kinds = DATASET_KINDS[METHODS[method].learns_from]
    datasets = tuple(dataset for dataset in project.datasets.all() if dataset.kind in kinds)
    runs = tuple(project.runs.all())
    known = tuple(id for id in dataset_ids if id in {dataset.id for dataset in datasets})
    pair_count = len(project.pairs.labelled())
    return Material(
        learnable=_learnable(project, method, known),
        left_out=_left_out(project, pair_count),
        pair_count=pair_count,
        example_count=len(project.datasets.examples()),
        counts=LearnableRows(project.database).counts(),
        reward_models=_reward_models(runs),
        held_out_prompts=len(project.datasets.prompts(Split.HELD_OUT)),
        datasets=datasets,
        models=tuple(project_models(project)),
        runs=runs,
        devices=tuple(_devices()),
    )


def _suitable_data(project: Project, method: str) -> tuple[str, ...]:
    """All data sets; for prompts those with right answers, where few of all have one."""
    if METHODS[method].learns_from is not DataKind.PROMPTS:
        return ()
    learnable = LearnableRows(project.database)
    counts, found = learnable.counts(), learnable.dataset_with_answers()
    return () if found is None or 2 * counts.answers >= counts.prompts else (found,)


@dataclass(frozen=True, slots=True)
class Part:
    """A text beside the prompt.

    `role` is imitated, chosen, rejected, scored higher, scored lower, good, bad or right.
    """

    role: str
    text: str


_PREFERENCE_ROLES = ("chosen", "rejected")


def parts_of(example: Example, method: str) -> tuple[Part, ...]:
    """What an example teaches a method about its prompt."""
    match example:
        case PreferenceExample():
            roles = ("scored higher", "scored lower") if method == "reward" else _PREFERENCE_ROLES
            return Part(roles[0], example.chosen), Part(roles[1], example.rejected)
        case UnpairedExample():
            return (Part("good" if example.desirable else "bad", example.completion),)
        case PromptExample():
            return () if example.answer is None else (Part("right", example.answer),)
        case _:
            return (Part("imitated", example.completion),)


_WORDS_IN_NAME = 2
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*\s*%?")


def suggested_rewards(learnable: Learnable) -> tuple[BaseReward, ...]:
    """What to begin with: the right answer, where most prompts come with one."""
    examples, answers = learnable.examples + learnable.apart, learnable.right_answers
    if 2 * len(answers) < len(examples) or not answers:
        return ()
    last = [answer.rpartition("####")[2].strip(" $") for answer in answers]
    numbers = sum(bool(_NUMBER.fullmatch(answer)) for answer in last)
    return (NumericMatch(),) if 2 * numbers > len(answers) else (ExactMatch(),)


def why_no_four_bits(device: Device) -> str:
    """Why a model can't be trained in 4 bits on this device; empty when it can."""
    if device in (CPU, APPLE_GPU):
        return "QLoRA needs an NVIDIA GPU: choose LoRA under What is trained."
    if find_spec("bitsandbytes") is None:
        return "QLoRA needs the package bitsandbytes: install it, or choose LoRA."
    return ""


def suggested_name(method: str, topic: str, taken: set[str]) -> str:
    """A name that no run bears yet, short enough for a list: `dpo-concise-answers-2`."""
    words = "".join(letter if letter.isalnum() else " " for letter in topic.lower()).split()
    words = words[1:] if words[:1] == [method] else words
    stem = "-".join([method, *words[:_WORDS_IN_NAME]])
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _learnable(project: Project, method: str, dataset_ids: tuple[str, ...]) -> Learnable:
    try:
        snapshot = take_snapshot(project, method, dataset_ids, EVAL_FRACTION)
    except RunError as error:
        return Learnable(method, dataset_ids, (), (), str(error))
    return Learnable(method, dataset_ids, snapshot.train, snapshot.eval)


def _reward_models(runs: tuple[RunRow, ...]) -> tuple[RewardModel, ...]:
    """Results of finished runs; a whole model, or an adapter beside the model it came from."""
    found = []
    for run in runs:
        if run.method == "reward" and run.state in (RunState.FINISHED, RunState.STOPPED):
            folders = (run.folder.adapter, run.folder.model)
            found += [RewardModel(run.name, folder) for folder in folders if folder.is_dir()]
    return tuple(found)


def _left_out(project: Project, pair_count: int) -> LeftOut:
    counts = project.labels.counts()
    decided = counts.get(Choice.FIRST, 0) + counts.get(Choice.SECOND, 0)
    return LeftOut(
        ties=counts.get(Choice.TIE, 0),
        both_bad=counts.get(Choice.BOTH_BAD, 0),
        skipped=counts.get(Choice.SKIP, 0),
        other=max(0, decided - pair_count),
    )


def _devices() -> list[DeviceChoice]:
    gpus = list_gpus()
    keys = {gpu.uuid or f"cuda-{gpu.index}" for gpu in gpus}
    by_name = [(f"cuda:{index}", resolve_device(f"cuda:{index}")) for index in range(len(gpus))]
    usable = [DeviceChoice(name, device) for name, device in by_name if device.key in keys]
    return [
        DeviceChoice("auto", resolve_device("auto")),
        *usable,
        DeviceChoice("cpu", resolve_device("cpu")),
    ]
