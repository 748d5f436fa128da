"""A JSON file that is one list of objects, or an object with such a list in one of its fields.

Read piece by piece, so that a list of any length fits. After text that is no JSON nothing more can
be told apart: the rows before it come in, and one problem stands for the rest.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from workbench.formats.files.byte_stream import READ_ERRORS, ByteStream, opened, why_unreadable
from workbench.formats.files.json_values import checked_object, is_utf8, shortened
from workbench.formats.files.row_file import LONGEST_ROW_BYTES, RawRow

_PIECE_BYTES = 1 << 18
_SPACE_AND_COMMA = re.compile(r"[\s,]*")
# Up to the list that the rows stand in: `{"version": 1, "data": [`.
_TO_LIST = re.compile(r"[^\[]*\[")
_HEAD_CHARACTERS = 1 << 16


class JsonList:
    """Rows of the first list in the file, each with the line on which it begins."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: ByteStream | None = None

    def share(self) -> float:
        return self._stream.share() if self._stream is not None else 0.0

    def rows(self) -> Iterator[RawRow]:
        with opened(self.path) as stream:
            self._stream = stream
            yield from _Scanner(stream).rows()


class _Scanner:
    """The text that was read and not used yet, and the line on which it begins."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self._json = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False
        self._damage = ""

    def rows(self) -> Iterator[RawRow]:
        self._more()
        start = _TO_LIST.match(self._text[:_HEAD_CHARACTERS])
        if start is None:
            yield RawRow(1, None, shortened(self._text), "holds no list of rows")
            return
        self._move_to(start.end())
        while True:
            self._skip()
            if self._at >= len(self._text):
                yield RawRow(self._line, None, "", self._damage or "ends in the middle of its list")
                return
            if self._text[self._at] == "]":
                return
            row = self._next_row()
            yield row
            if row.fields is None and row.reason.startswith("is not JSON"):
                return

    def _next_row(self) -> RawRow:
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
                # A number at the very end may go on in the next piece.
                if end < len(self._text) or self._ended:
                    break
            except RecursionError:
                return RawRow(
                    self._line, None, "", "is not JSON that can be read: nested too deeply"
                )
            except ValueError:
                if self._ended or len(self._text) - self._at > LONGEST_ROW_BYTES:
                    rest = shortened(self._text[self._at : self._at + 200])
                    return RawRow(
                        self._line, None, rest,
                        f"is not JSON ({rest}); nothing after it can be read",
                    )  # fmt: skip
            self._more()
        raw, line = self._text[self._at : end], self._line
        self._move_to(end)
        if not is_utf8(raw):
            return RawRow(line, None, raw, "is not UTF-8 text")
        fields, reason = checked_object(value, raw)
        return RawRow(line, fields, raw, reason)

    def _skip(self) -> None:
        """Pass over space and commas, reading on as long as there is nothing else."""
        while True:
            found = _SPACE_AND_COMMA.match(self._text, self._at)
            self._move_to(found.end() if found else self._at)
            if self._at < len(self._text) or self._ended:
                return
            self._more()

    def _move_to(self, place: int) -> None:
        self._line += self._text.count("\n", self._at, place)
        self._at = place

    def _more(self) -> None:
        # A row that needs many pieces gets larger ones, so that it is not parsed once for each.
        size = max(_PIECE_BYTES, len(self._text) - self._at)
        try:
            piece = self._stream.content.read(size)
        except READ_ERRORS as error:
            piece, self._damage = b"", why_unreadable(error)
        self._ended = not piece
        self._text = self._text[self._at :] + self._decode(piece, self._ended)
        self._at = 0
