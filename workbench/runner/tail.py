"""Reading a JSON-lines file that another process is still writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

Item = TypeVar("Item")

_CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Garbage:
    """A complete line that could not be understood; `offset` is where it starts, in bytes."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Chunk(Generic[Item]):
    """What was read, and the offset in bytes from which to go on."""

    items: tuple[Item, ...]
    garbage: tuple[Garbage, ...]
    offset: int
    at_end: bool


def read_chunk(
    path: Path,
    offset: int,
    decode: Callable[[str], Item],
    *,
    max_bytes: int = _CHUNK_BYTES,
) -> Chunk[Item]:
    """Decode the complete lines from `offset` on, about `max_bytes` of them.

    A torn last line is left for the next call. A line that `decode` refuses with ValueError is
    passed over and reported. A file that is missing is empty; one that became shorter than
    `offset` was replaced, and is read again from its start.
    """
    raw, offset, at_end = _complete_lines(path, offset, max_bytes)
    items: list[Item] = []
    garbage: list[Garbage] = []
    for line in _lines(raw):
        if line.strip():
            try:
                items.append(decode(line.decode("utf-8")))
            except ValueError as error:  # UnicodeDecodeError is one
                garbage.append(Garbage(offset, str(error)))
        offset += len(line)
    return Chunk(tuple(items), tuple(garbage), offset, at_end)


def _complete_lines(path: Path, offset: int, max_bytes: int) -> tuple[bytes, int, bool]:
    """Return whole lines, the offset at which they start, and whether the file's end was seen."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return b"", offset, True
    with file:
        if file.seek(0, 2) < offset:
            offset = 0
        file.seek(offset)
        raw = file.read(max_bytes)
        at_end = len(raw) < max_bytes
        end = raw.rfind(b"\n") + 1
        if end == 0 and not at_end:  # one line longer than the chunk
            raw += file.readline()
            end = len(raw) if raw.endswith(b"\n") else 0
    return raw[:end], offset, at_end


def _lines(raw: bytes) -> list[bytes]:
    # Not splitlines(), which also ends a line at a bare carriage return.
    return [line + b"\n" for line in raw.split(b"\n")[:-1]]
