"""Importing, as a person does it. Apart from the other operations: it brings the hub's client."""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.changes import Changed, Changes
from workbench.exchange.import_data import ImportOptions, ImportReport, OnImport, import_source
from workbench.exchange.sources import Source
from workbench.store import Project


def import_rows(
    project: Project,
    source: Source,
    options: ImportOptions,
    on_progress: OnImport,
    cancelled: Callable[[], bool],
) -> tuple[Changes, ImportReport]:
    """Bring a source in as one data set; also returns what came of it."""
    report = import_source(project, source, options, on_progress=on_progress, cancelled=cancelled)
    return Changes(Changed.DATASETS | Changed.PAIRS | Changed.VERDICTS), report
