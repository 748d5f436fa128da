"""The bytes of a file, unpacked if it is gzip, with the share of it that has been read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from workbench.core.errors import DataFileError

GZIP_MAGIC = b"\x1f\x8b"
BUFFER_BYTES = 1 << 20
# What reading a damaged or cut off file raises.
READ_ERRORS = (OSError, EOFError, zlib.error)


class ByteStream:
    """Open for reading; `share` is told by the bytes on the disk, packed or not."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=BUFFER_BYTES)
        self._size = path.stat().st_size
        packed = self._file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        self._file.seek(0)
        self.content: IO[bytes] = self._file
        if packed:
            self.content = cast(IO[bytes], gzip.GzipFile(fileobj=self._file))

    def share(self) -> float:
        if self._file.closed:
            return 1.0
        return min(1.0, self._file.tell() / self._size) if self._size else 1.0

    def close(self) -> None:
        self.content.close()
        self._file.close()


@contextmanager
def opened(path: Path) -> Iterator[ByteStream]:
    """The file's bytes; raises DataFileError when it can't be opened."""
    try:
        stream = ByteStream(path)
    except FileNotFoundError as error:
        raise DataFileError(path, f"there is no such file in {path.parent}.") from error
    except IsADirectoryError as error:
        raise DataFileError(path, "this is a folder; choose a file in it.") from error
    except OSError as error:
        raise DataFileError(path, f"it can't be read ({error.strerror}).") from error
    try:
        yield stream
    finally:
        stream.close()


def why_unreadable(error: BaseException) -> str:
    """A damaged or cut off file, in words."""
    if isinstance(error, EOFError):
        return "the file ends in the middle of its packed content"
    return "the rest of the file is damaged and can't be read"
