"""Which kind of data a file holds, told from its first rows."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from pathlib import Path

from workbench.core.errors import DataFileError
from workbench.formats.jsonl import Row, read_rows

_ROWS_LOOKED_AT = 20


class FileKind(StrEnum):
    PREFERENCE = "preference"
    COMPARISON = "comparison"
    SUPERVISED = "supervised"
    PROMPTS = "prompts"


_FIELDS: tuple[tuple[FileKind, tuple[str, ...]], ...] = (
    (FileKind.PREFERENCE, ("chosen", "rejected")),
    (FileKind.COMPARISON, ("response_1", "response_2")),
    (FileKind.SUPERVISED, ("prompt", "completion")),
    (FileKind.SUPERVISED, ("messages",)),
    (FileKind.PROMPTS, ("prompt",)),
)

# A row with one of these and not the other lacks something, whatever else it has.
_HALVES = (
    ("chosen", "rejected"),
    ("rejected", "chosen"),
    ("response_1", "response_2"),
    ("response_2", "response_1"),
)


def detect_kind(path: Path) -> FileKind:
    """The kind that the first 20 rows agree on; raises DataFileError that names the odd one."""
    rows = list(islice(read_rows(path), _ROWS_LOOKED_AT))
    kind = _kind_of(rows[0])
    for row in rows[1:]:
        if (other := _kind_of(row)) is not kind:
            raise row.problem(
                f"this row is of the kind {other} and those before it are {kind};"
                " put each kind into a file of its own."
            )
    return kind


def _kind_of(row: Row) -> FileKind:
    for name, other in _HALVES:
        if row.has(name) and not row.has(other):
            raise row.problem(f'there is "{name}" but no "{other}"; add it.')
    for kind, names in _FIELDS:
        if row.has(*names):
            return kind
    raise _unknown(row)


def _unknown(row: Row) -> DataFileError:
    found = ", ".join(row.fields) or "none"
    return row.problem(
        f"its fields ({found}) are of no kind read here; pairs need prompt, chosen and rejected,"
        " examples need prompt and completion, prompts need prompt."
    )
