"""What can be compared with its base: the result of a run, or one of its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core.recipes import ModelRef
from workbench.store import Project
from workbench.store.rows import RunRow

_ADAPTER_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter of a run; `step` None is the run's result."""

    run_id: str
    run_name: str
    model: ModelRef
    folder: Path
    step: int | None = None
    device: str = "auto"


def read_subjects(project: Project) -> list[Subject]:
    """Every adapter on disk: newest run first, its result before its checkpoints."""
    found: list[Subject] = []
    for run in project.runs.all():
        if (run.folder.adapter / _ADAPTER_WEIGHTS).is_file():
            found.append(_subject(run, run.folder.adapter, None))
        steps = reversed(run.folder.checkpoint_steps())
        found += [_subject(run, run.folder.checkpoint(step), step) for step in steps]
    return found


def _subject(run: RunRow, folder: Path, step: int | None) -> Subject:
    return Subject(run.id, run.name, run.spec.model, folder, step, run.spec.device)
