"""Writing a project's labelled pairs to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.core.errors import DataFileError, ProjectError
from workbench.formats.trl_preference import PreferenceRow, write_preferences
from workbench.store import Project


def export_preferences(project: Project, path: Path, dataset_ids: Sequence[str] = ()) -> int:
    """Write what may train as TRL preference rows with provenance; returns how many.

    Raises ProjectError when there is nothing to write, DataFileError when the file can't be
    written; an existing file is replaced whole or left as it was.
    """
    rows = [
        PreferenceRow(
            line=number,
            example=labelled.example,
            chosen_origin=labelled.chosen_origin,
            rejected_origin=labelled.rejected_origin,
            verdict_source=labelled.verdict_source,
        )
        for number, labelled in enumerate(project.pairs.labelled(dataset_ids), start=1)
    ]
    if not rows:
        raise ProjectError("There are no labelled pairs to export yet: label some in Label first.")
    try:
        return write_preferences(path, rows)
    except OSError as error:
        raise DataFileError(path, f"it can't be written ({error.strerror}).") from error
