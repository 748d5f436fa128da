"""Starting and resuming runs of a project, and taking in runs that were made elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.run_folder import AttemptFolder
from workbench.runner.ingest import ingest_run
from workbench.runner.launch import TRAINER_MODULE, start_attempt
from workbench.runner.spec_file import read_spec
from workbench.store.project import Project
from workbench.store.rows import RunRow


def start_run(
    project: Project, run_id: str, *, trainer_module: str = TRAINER_MODULE
) -> AttemptFolder:
    """Start a new run in the background; raises RunError when it was started before."""
    run = project.runs.get(run_id)
    if run.folder.attempts():
        raise RunError(f"{run.name} was started before: resume it instead.")
    return _start(project, run, trainer_module)


def resume_run(
    project: Project, run_id: str, *, trainer_module: str = TRAINER_MODULE
) -> AttemptFolder:
    """Go on from the newest complete checkpoint, in a new attempt.

    Raises RunError when the run is at work or complete.
    """
    ingest_run(project, run_id)
    run = project.runs.get(run_id)
    if run.state is RunState.FINISHED:
        raise RunError(f"{run.name} is finished: start a new run in Train to go on from it.")
    return _start(project, run, trainer_module)


def _start(project: Project, run: RunRow, trainer_module: str) -> AttemptFolder:
    attempt = start_attempt(run.folder, trainer_module=trainer_module)
    project.runs.set_state(run.id, RunState.QUEUED)
    return attempt


def adopt_run(project: Project, run_dir: Path) -> str:
    """Read in a run that was made or trained elsewhere; returns its id.

    A folder outside the project is copied into it, and copied again where it is known already.
    Raises RunError when the folder holds no run.
    """
    spec = read_spec(run_dir)
    inside = project.runs_dir / spec.run_id
    if run_dir.resolve() != inside.resolve():
        try:
            shutil.copytree(run_dir, inside, symlinks=True, dirs_exist_ok=True)
        except OSError as error:
            raise RunError(
                f"{run_dir} can't be copied into the project: free some space, or check its"
                " permissions."
            ) from error
    project.runs.add(spec, inside)
    ingest_run(project, spec.run_id)
    return spec.run_id
