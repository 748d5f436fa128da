"""Tables as text: values between commas, semicolons or tabs, with the names in the first row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from workbench.formats.files.byte_stream import READ_ERRORS, ByteStream, opened, why_unreadable
from workbench.formats.files.json_values import is_utf8
from workbench.formats.files.row_file import LONGEST_ROW_BYTES, RawRow

_DELIMITERS = ",\t;|"


class Table:
    """A row's line is the one on which it begins; one of another width is a bad row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: ByteStream | None = None

    def share(self) -> float:
        return self._stream.share() if self._stream is not None else 0.0

    def rows(self) -> Iterator[RawRow]:
        csv.field_size_limit(LONGEST_ROW_BYTES)
        with opened(self.path) as stream:
            self._stream = stream
            text = io.TextIOWrapper(
                stream.content, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            try:
                yield from _rows(text)
            finally:
                text.detach()


def delimiter_of(header: str) -> str | None:
    """The sign that parts the names in a header, or None where there is but one name."""
    counts = {sign: header.count(sign) for sign in _DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else None


def _rows(text: io.TextIOWrapper) -> Iterator[RawRow]:
    try:
        header = text.readline(LONGEST_ROW_BYTES)
    except READ_ERRORS as error:
        yield RawRow(1, None, "", why_unreadable(error))
        return
    delimiter = delimiter_of(header) or ","
    names = next(csv.reader([header], delimiter=delimiter), [])
    names = [name.encode("utf-8", "replace").decode("utf-8").strip() for name in names]
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield RawRow(line, None, "", f"is no row of a table ({error})")
            continue
        except READ_ERRORS as error:
            yield RawRow(line, None, "", why_unreadable(error))
            return
        if cells is None:
            return
        if cells:
            yield _row(line, names, cells)


def _row(line: int, names: list[str], cells: list[str]) -> RawRow:
    raw = json.dumps(cells)
    if len(cells) != len(names):
        found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        reason = f"has {found} where the first row names {len(names)}"
        return RawRow(line, None, raw, reason)
    if not all(is_utf8(cell) for cell in cells):
        return RawRow(line, None, raw, "is not UTF-8 text")
    return RawRow(line, dict(zip(names, cells, strict=True)), raw)
