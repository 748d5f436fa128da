"""Making a run: its folder with the frozen data, and its row in the project."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from workbench.core.atomic import sync_folder, write_text
from workbench.core.conversation import Conversation
from workbench.core.errors import RunError
from workbench.core.ids import new_id
from workbench.core.recipes import (
    METHODS,
    AdapterConfig,
    DataKind,
    DataRef,
    MethodConfig,
    ModelRef,
    OnlineConfig,
    RunSpec,
)
from workbench.core.run_folder import RunFolder
from workbench.runner.snapshot import Example, Snapshot, take_snapshot, teaching
from workbench.store.project import Project

EVAL_FRACTION = 0.12

NO_REWARD = "There is no reward to learn from: add at least one."
NO_ANSWERS = (
    "None of the prompts has a right answer to compare with: import prompts with answers in Data,"
    " or add a reward that needs none."
)
_WHAT = {
    DataKind.EXAMPLES: ("example", "examples"),
    DataKind.PAIRS: ("labelled pair", "labelled pairs"),
    DataKind.JUDGED: ("judged answer", "judged answers"),
    DataKind.PROMPTS: ("prompt", "prompts"),
}


def create_run(
    project: Project,
    *,
    name: str,
    model: ModelRef,
    config: MethodConfig,
    adapter: AdapterConfig | None = None,
    device: str = "auto",
    dataset_ids: Sequence[str] = (),
    eval_fraction: float = EVAL_FRACTION,
    parent_run_id: str | None = None,
    sample_prompts: Sequence[Conversation] = (),
) -> str:
    """Freeze the data, write the run's folder and add it to the project; returns the run's id.

    No data set named means all. `eval_fraction` of the prompts are kept apart to measure on,
    unless the recipe never measures. Raises RunError when there is nothing to train on, no reward
    to learn from, or the folder can't be written.
    """
    if isinstance(config, OnlineConfig) and not config.rewards:
        raise RunError(NO_REWARD)
    fraction = eval_fraction if config.eval_steps else 0.0
    taken = take_snapshot(project, config.method, dataset_ids, fraction)
    snapshot = Snapshot(teaching(taken.train, config), teaching(taken.eval, config))
    if not snapshot.train:
        raise RunError(NO_ANSWERS)
    spec = RunSpec(
        run_id=new_id(),
        name=name,
        model=model,
        config=config,
        adapter=adapter or AdapterConfig(),
        data=_data_ref(project, config.method, snapshot, dataset_ids),
        device=device,
        parent_run_id=parent_run_id,
        sample_prompts=tuple(sample_prompts),
        created_at=time.time(),
    )
    folder = project.runs_dir / spec.run_id
    _write_folder(folder, spec, snapshot)
    project.runs.add(spec, folder)
    return spec.run_id


def _data_ref(
    project: Project, method: str, snapshot: Snapshot, dataset_ids: Sequence[str]
) -> DataRef:
    names = [dataset.name for dataset in project.datasets.all() if dataset.id in dataset_ids]
    count = len(snapshot.train) + len(snapshot.eval)
    one, many = _WHAT[METHODS[method].learns_from]
    source = ", ".join(names) or "all data sets"
    return DataRef(
        dataset_ids=tuple(dataset_ids),
        description=f"{count} {one if count == 1 else many} from {source}",
        train_examples=len(snapshot.train),
        eval_examples=len(snapshot.eval),
    )


def _write_folder(folder: Path, spec: RunSpec, snapshot: Snapshot) -> None:
    """Write beside and rename: a run's folder is complete or not there."""
    beside = RunFolder(folder.with_name(f".new-{folder.name}"))
    try:
        beside.train_data.parent.mkdir(parents=True)
        _write_examples(beside.train_data, snapshot.train)
        _write_examples(beside.eval_data, snapshot.eval)
        write_text(beside.spec, spec.model_dump_json(indent=2) + "\n")
        beside.path.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(beside.path, ignore_errors=True)
        raise RunError(
            f"The run's folder can't be written ({error.strerror}): free some space, or check the"
            f" permissions of {folder.parent}."
        ) from error


def _write_examples(path: Path, examples: Sequence[Example]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(example.to_json(), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
