"""Plain text: every line that is not blank is a row with the one column `text`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.formats.files.byte_stream import ByteStream, opened
from workbench.formats.files.json_lines import lines
from workbench.formats.files.row_file import RawRow


class PlainText:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: ByteStream | None = None

    def share(self) -> float:
        return self._stream.share() if self._stream is not None else 0.0

    def rows(self) -> Iterator[RawRow]:
        with opened(self.path) as stream:
            self._stream = stream
            for line, text, reason in lines(stream):
                yield RawRow(line, None if reason else {"text": text}, text, reason)
