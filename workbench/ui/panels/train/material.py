"""What a run could be made of: the data a method would learn from, models, devices. No Qt.

It reads the project, model folders and NVML, so call it off the GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import RunError
from workbench.core.preferences import Choice, PreferenceExample, Split
from workbench.core.recipes import TrainingConfig
from workbench.runner.create import EVAL_FRACTION
from workbench.runner.devices import Device, resolve_device
from workbench.runner.snapshot import Example, take_snapshot
from workbench.store.project import Project
from workbench.store.rows import Dataset, RunRow
from workbench.telemetry.nvml import list_gpus
from workbench.ui.model_list import ListedModel, project_models

KIND_OF_METHOD = {"sft": "supervised", "dpo": "preference"}


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

    def __len__(self) -> int:
        return len(self.examples) + len(self.apart)

    def trained(self, config: TrainingConfig) -> tuple[Example, ...]:
        """The examples that a run with these settings trains on."""
        return self.examples if config.eval_steps else self.examples + self.apart


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
class Material:
    learnable: Learnable
    left_out: LeftOut
    pair_count: int
    example_count: int
    held_out_prompts: int
    datasets: tuple[Dataset, ...]
    models: tuple[ListedModel, ...]
    runs: tuple[RunRow, ...]
    devices: tuple[DeviceChoice, ...]


def load_material(project: Project, method: str, dataset_ids: tuple[str, ...]) -> Material:
    """Read everything that the Train panel shows; data sets that are gone are passed over."""
    datasets = tuple(d for d in project.datasets.all() if d.kind == KIND_OF_METHOD[method])
    known = tuple(id for id in dataset_ids if id in {dataset.id for dataset in datasets})
    pair_count = len(project.pairs.labelled())
    return Material(
        learnable=_learnable(project, method, known),
        left_out=_left_out(project, pair_count),
        pair_count=pair_count,
        example_count=len(project.datasets.examples()),
        held_out_prompts=len(project.datasets.prompts(Split.HELD_OUT)),
        datasets=datasets,
        models=tuple(project_models(project)),
        runs=tuple(project.runs.all()),
        devices=tuple(_devices()),
    )


def texts_of(example: Example) -> tuple[str, str | None]:
    """The answer to learn and, for a pair, the one to move away from."""
    if isinstance(example, PreferenceExample):
        return example.chosen, example.rejected
    return example.completion, None


def suggested_name(method: str, topic: str, taken: set[str]) -> str:
    """A name that no run bears yet: `dpo-concise-answers-2`."""
    words = "".join(letter if letter.isalnum() else " " for letter in topic.lower()).split()
    stem = "-".join([method, *words])
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
