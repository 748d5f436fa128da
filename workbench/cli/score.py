"""A run's model says which waiting pairs it is unsure about, without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.cli.bar import progress_bar
from workbench.core.errors import RunError
from workbench.runner.generation_client import HOST_MODULE
from workbench.runner.pair_scoring import (
    ScoringProgress,
    runs_that_judge,
    score_waiting_pairs,
)
from workbench.store.project import Project
from workbench.store.rows import RunRow


def score(folder: Path, name: str, annotator: str, *, host_module: str = HOST_MODULE) -> int:
    """Score the pairs that wait for `annotator`; raises KnownError.

    `name` is a run's name or id, empty for the newest that can judge. From then on the queue asks
    by these scores.
    """
    with Project.open(folder) as project:
        run = _chosen(runs_that_judge(project), name)
        with progress_bar(None, f"Scoring with {run.name}") as bar:

            def show(progress: ScoringProgress) -> None:
                bar.move_to(progress.done, progress.total)

            report = score_waiting_pairs(project, run.id, annotator, show, host_module=host_module)
        if report.scored:
            settings = replace(project.queue.settings(), score_source=report.source)
            project.queue.change_settings(settings)
    too_long = f", {report.unreadable} were too long for the model" if report.unreadable else ""
    print(f"“{report.source}” scored {report.scored} pairs{too_long}. {report.problem}".rstrip())
    return 0


def _chosen(runs: list[RunRow], name: str) -> RunRow:
    if not runs:
        raise RunError(
            "No run of this project can tell good answers from bad ones: train DPO, KTO or a"
            " reward model first."
        )
    found = [run for run in runs if name in ("", run.id)] or [
        run for run in runs if run.name == name
    ]
    if not found:
        listed = ", ".join(run.name for run in runs)
        raise RunError(f"No run that can judge is called {name}: there are {listed}.")
    return found[0]
