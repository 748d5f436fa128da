"""Data in and out of a project: import, export, ingest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbench.cli.bar import progress_bar
from workbench.core.errors import KnownError
from workbench.core.preferences import Strength
from workbench.exchange.export_data import ExportOptions, export_data
from workbench.exchange.import_data import (
    ImportOptions,
    ImportProgress,
    NothingImportedError,
    import_source,
    save_rejects,
)
from workbench.exchange.probe import probe
from workbench.exchange.sources import HubDataset, Pasted, Source, source_name
from workbench.formats.roles import Role
from workbench.runner.start import adopt_run
from workbench.store.project import Project
from workbench.store.rows import Dataset

_HUB = "hub:"
_PROBLEMS_SHOWN = 5


def import_rows(options: argparse.Namespace) -> int:
    """Read a source into a project; raises KnownError."""
    source = _source(options.source)
    with Project.open(options.project) as project:
        chosen = ImportOptions(
            name=options.name,
            form=options.form,
            mapping=_mapping(source, options) if options.map else None,
            ask_again=options.ask_again,
            held_out=options.held_out,
            even_again=options.even_again,
            annotator=options.annotator,
        )
        with progress_bar(100, f"Reading {source_name(source)}") as bar:

            def show(progress: ImportProgress) -> None:
                bar.move_to(round(100 * progress.share))
                bar.say(f"{progress.rows:,} rows")

            try:
                report = import_source(project, source, chosen, on_progress=show)
            except NothingImportedError as error:
                _show_problems([str(problem) for problem in error.problems], len(error.problems))
                raise
        _show_problems([str(problem) for problem in report.problems], report.problem_count)
        if options.rejects is not None and report.problem_count:
            save_rejects(project, report.dataset.id, options.rejects)
            print(f"The rows that could not be read are in {options.rejects}.")
    dataset = report.dataset
    print(f"{dataset.row_count} rows of the kind {dataset.kind} are now in “{dataset.name}”.")
    return 0


def export_rows(options: argparse.Namespace) -> int:
    """Write rows of a project to a file; raises KnownError."""
    with Project.open(options.project) as project:
        chosen = ExportOptions(
            form=options.form,
            dataset_ids=tuple(_dataset(project, name).id for name in options.dataset),
            min_strength=Strength(options.min_strength) if options.min_strength else None,
            min_agreement=options.min_agreement,
            annotators=tuple(options.annotator),
            provenance=not options.bare,
            held_out_fraction=options.held_out_share,
        )
        report = export_data(project, options.file, chosen)
    for reason, count in report.left_out.items():
        print(f"{count} left out: {reason}.")
    for file, rows in zip(report.files, (report.rows, report.held_out_rows), strict=False):
        print(f"{rows} rows are now in {file}.")
    return 0


def ingest(run_dir: Path, folder: Path) -> int:
    """Read a run into the project in `folder`; raises KnownError."""
    with Project.open(folder) as project:
        run = project.runs.get(adopt_run(project, run_dir))
    print(f"{run.name} is now in the project: {run.state.value}, {run.step} steps.")
    return 0


def _source(text: str) -> Source:
    if text == "-":
        return Pasted(sys.stdin.read(), "Standard input")
    return HubDataset(text.removeprefix(_HUB)) if text.startswith(_HUB) else Path(text)


def _mapping(source: Source, options: argparse.Namespace) -> dict[Role, str]:
    """The guess, with what was said put right; an empty column takes a role away."""
    mapping = dict(probe(source, form=options.form).mapping)
    for word, column in options.map:
        if word not in set(Role):
            known = ", ".join(Role)
            raise KnownError(f"There is no role “{word}”: choose one of {known}.")
        mapping[Role(word)] = column
    return {role: column for role, column in mapping.items() if column}


def _dataset(project: Project, name: str) -> Dataset:
    datasets = project.datasets.all()
    found = next((dataset for dataset in datasets if dataset.name == name), None)
    if found is None:
        names = ", ".join(dataset.name for dataset in datasets) or "none yet"
        raise KnownError(f"There is no data set “{name}” in this project; there are {names}.")
    return found


def _show_problems(problems: list[str], count: int) -> None:
    for problem in problems[:_PROBLEMS_SHOWN]:
        print(problem, file=sys.stderr)
    if count > _PROBLEMS_SHOWN:
        print(f"… and {count - _PROBLEMS_SHOWN:,} more rows.", file=sys.stderr)
