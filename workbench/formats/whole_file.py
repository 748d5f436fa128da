"""A file of which every row is expected to be good, as the files that ship with the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import DataFileError
from workbench.formats.catalogue import form_named
from workbench.formats.fields import Fields
from workbench.formats.files.open_file import open_file
from workbench.formats.records import BadRowError, Record


def read_records(path: Path, form: str) -> Iterator[Record]:
    """Every record of the file; raises DataFileError at the first row that can't be read."""
    chosen = form_named(form)
    for row in open_file(path).rows():
        if row.fields is None:
            raise DataFileError(path, f"{row.reason}.", line=row.line)
        fields = chosen.unfolded(row.fields)
        try:
            yield from chosen.read(Fields(fields, chosen.guess(fields)))
        except BadRowError as error:
            raise DataFileError(path, f"“{error.column}” {error}.", line=row.line) from error
