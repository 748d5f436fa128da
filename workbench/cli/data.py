"""Data in and out of a project: import, export, ingest."""

from __future__ import annotations

from pathlib import Path

from workbench.cli.bar import progress_bar
from workbench.exchange.export_file import export_preferences
from workbench.exchange.import_file import ImportOptions, import_file
from workbench.runner.start import adopt_run
from workbench.store.project import Project


def import_rows(file: Path, folder: Path, options: ImportOptions) -> int:
    """Read a data file into the project in `folder`; raises KnownError."""
    with Project.open(folder) as project, progress_bar(None, f"Reading {file.name}") as bar:
        dataset = import_file(project, file, options, lambda done: bar.move_to(done))
    print(f"{dataset.row_count} rows of the kind {dataset.kind} are now in “{dataset.name}”.")
    return 0


def export_rows(file: Path, folder: Path) -> int:
    """Write the labelled pairs of the project in `folder`; raises KnownError."""
    with Project.open(folder) as project:
        count = export_preferences(project, file)
    print(f"{count} labelled pairs are now in {file}.")
    return 0


def ingest(run_dir: Path, folder: Path) -> int:
    """Read a run into the project in `folder`; raises KnownError."""
    with Project.open(folder) as project:
        run = project.runs.get(adopt_run(project, run_dir))
    print(f"{run.name} is now in the project: {run.state.value}, {run.step} steps.")
    return 0
