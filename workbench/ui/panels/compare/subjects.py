"""What can be compared with its base: the result of a run, or one of its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core.recipes import ModelRef
from workbench.store import Project
from workbench.store.rows import RunRow

_ADAPTER_WEIGHTS = "adapter_model.safetensors"
_MODEL_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run made: an adapter, or a whole model. `step` None is the run's result."""

    run_id: str
    run_name: str
    model: ModelRef
    folder: Path
    step: int | None = None
    device: str = "auto"
    is_whole_model: bool = False


def read_subjects(project: Project) -> list[Subject]:
    """Everything trained that writes answers: newest run first, its result before its checkpoints.

    Reward models only score, so they are left out; of whole models the results alone stand, as a
    checkpoint of one has no tokenizer.
    """
    found: list[Subject] = []
    for run in project.runs.all():
        if run.method == "reward":
            continue
        if (run.folder.model / _MODEL_WEIGHTS).is_file():
            found.append(_subject(run, run.folder.model, None, is_whole_model=True))
        if (run.folder.adapter / _ADAPTER_WEIGHTS).is_file():
            found.append(_subject(run, run.folder.adapter, None))
        if run.spec.adapter.tuning != "full":
            steps = reversed(run.folder.checkpoint_steps())
            found += [_subject(run, run.folder.checkpoint(step), step) for step in steps]
    return found


def _subject(
    run: RunRow, folder: Path, step: int | None, *, is_whole_model: bool = False
) -> Subject:
    spec = run.spec
    return Subject(run.id, run.name, spec.model, folder, step, spec.device, is_whole_model)
