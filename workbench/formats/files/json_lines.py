"""JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.formats.files.byte_stream import READ_ERRORS, ByteStream, opened, why_unreadable
from workbench.formats.files.json_values import parse_object
from workbench.formats.files.row_file import LONGEST_ROW_BYTES, RawRow

_MARK = b"\xef\xbb\xbf"


class JsonLines:
    """Blank lines are passed over; a bad line is told and the next one read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: ByteStream | None = None

    def share(self) -> float:
        return self._stream.share() if self._stream is not None else 0.0

    def rows(self) -> Iterator[RawRow]:
        with opened(self.path) as stream:
            self._stream = stream
            for line, raw, reason in lines(stream):
                if reason:
                    yield RawRow(line, None, raw, reason)
                    continue
                fields, reason = parse_object(raw)
                yield RawRow(line, fields, raw, reason)


def lines(stream: ByteStream) -> Iterator[tuple[int, str, str]]:
    """Every line that is not blank, with its number and, where it is no text, the reason."""
    read = stream.content.readline
    number = 0
    while True:
        number += 1
        try:
            raw = read(LONGEST_ROW_BYTES)
            is_whole = len(raw) < LONGEST_ROW_BYTES or raw.endswith(b"\n")
            if not is_whole:
                _pass_over_line(stream)
        except READ_ERRORS as error:
            yield number, "", why_unreadable(error)
            return
        if not raw:
            return
        if number == 1 and raw.startswith(_MARK):
            raw = raw[len(_MARK) :]
        if not is_whole:
            yield number, "", f"is longer than {LONGEST_ROW_BYTES // 2**20} MB"
            continue
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            yield number, raw.decode("utf-8", "replace").rstrip("\r\n"), "is not UTF-8 text"
            continue
        text = text.rstrip("\r\n")
        if text and not text.isspace():
            yield number, text, ""


def _pass_over_line(stream: ByteStream) -> None:
    while (part := stream.content.readline(LONGEST_ROW_BYTES)) and not part.endswith(b"\n"):
        pass
