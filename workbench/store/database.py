"""One connection to the project's file, owned by one thread.

Every query is a function that takes the sqlite-utils database and runs on that thread, so SQLite
sees a single writer. (Versions before 3.51.3 can corrupt a WAL file that two connections write.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlite_utils

T = TypeVar("T")
Query = Callable[[sqlite_utils.Database], T]


class Database:
    """A thread that owns the connection. `read` and `write` block; `submit` gives a Future."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            self._db = self._thread.submit(_connect, path).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def read(self, query: Query[T]) -> T:
        """Run `query` and return what it returns."""
        return self._thread.submit(query, self._db).result()

    def write(self, change: Query[T]) -> T:
        """Run `change` in one transaction; when this returns, the change is on disk.

        Any exception rolls the whole transaction back and is raised here.
        """
        return self._thread.submit(self._in_transaction, change).result()

    def submit(self, query: Query[T]) -> Future[T]:
        """Run `query` without waiting for it."""
        return self._thread.submit(query, self._db)

    def _in_transaction(self, change: Query[T]) -> T:
        with self._db.atomic():
            return change(self._db)

    def backup(self, target: Path) -> None:
        """Copy the database as it is now; safe while it is in use."""

        def copy(db: sqlite_utils.Database) -> None:
            copied = sqlite3.connect(target)
            try:
                db.conn.backup(copied)
            finally:
                copied.close()

        self.read(copy)

    def close(self) -> None:
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()


def _connect(path: Path) -> sqlite_utils.Database:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a verdict that was acknowledged survives a power loss, not only a crash of ours.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return sqlite_utils.Database(connection)
    except BaseException:
        connection.close()
        raise
