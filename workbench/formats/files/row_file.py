"""What every kind of file gives: rows with their line, bad ones among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

# No row is longer: a file without line ends must not fill the memory.
LONGEST_ROW_BYTES = 64 * 2**20


@dataclass(slots=True)
class RawRow:
    """A row as it stands in its file. `fields` is None where it can't be read; `reason` says why.

    `raw` is its text, kept so that a row that does not come in can be given back as it was.
    """

    line: int
    fields: Mapping[str, Any] | None
    raw: str = ""
    reason: str = ""


class RowFile(Protocol):
    """A file of rows that are read one after the other."""

    path: Path

    def rows(self) -> Iterator[RawRow]:
        """Every row; raises DataFileError only when nothing at all can be read."""
        ...

    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        ...
