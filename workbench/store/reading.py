"""Reading beside the connection that writes, so that a long look never makes a verdict wait.

The connections made here can't write, nor move the write-ahead log into the database: SQLite's
rule of one writer a file (see `database.py`) holds.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

_STEPS_BETWEEN_LOOKS = 20_000
_MAPPED_BYTES = (1 << 31) - (1 << 16)  # the most that SQLite maps

Stop = Callable[[], bool]


class Stopped(Exception):  # noqa: N818 - not an error: nobody waits for the answer any more
    """Raised in place of an answer by a query whose `stop` said so."""


@contextlib.contextmanager
def reading(
    path: Path, *, attach: Path | None = None, stop: Stop | None = None
) -> Iterator[sqlite3.Connection]:
    """A connection to the database at `path` for reading only, on the thread that asks.

    `attach` is a second database that is read as `search`. A query under way ends with `Stopped`
    soon after `stop` returns True.
    """
    connection = sqlite3.connect(_read_only(path), uri=True, isolation_level=None)
    try:
        if attach is not None:
            connection.execute("ATTACH ? AS search", [_read_only(attach)])
        connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
        if stop is not None:
            connection.set_progress_handler(lambda: int(stop()), _STEPS_BETWEEN_LOOKS)
        yield connection
    except sqlite3.OperationalError as error:
        if stop is not None and str(error) == "interrupted":
            raise Stopped from error
        raise
    finally:
        connection.close()


def _read_only(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro"
