"""One connection to the project's file, and one turn at it at a time.

Every query is a function that takes the sqlite-utils database and runs on a thread of its own, one
after the other, or for a person's verdict on the thread that gives it, in between. So SQLite sees a
single writer. (Versions before 3.51.3 can corrupt a WAL file that two connections write.)

The write-ahead log is brought into the file while nobody waits, and not by whoever happens to
commit when it is long enough: that would be a verdict now and then, and take a person's time.
"""

from __future__ import annotations

import itertools
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlite_utils

from workbench.core.errors import ProjectError

T = TypeVar("T")
Query = Callable[[sqlite_utils.Database], T]

_USUAL, _LAST = 0, 1
_IDLE_S = 0.05
_CHECKPOINT_AFTER_CHANGES = 200
_LONGEST_LOG_BYTES = 64 * 1024 * 1024
_JOBS_BETWEEN_LOOKS = 256
_CLOSED = "the database is closed"
# Without the times of the file, for which a journal would be written as well.
_sync_data = getattr(os, "fdatasync", os.fsync)
# After an urgent write the window shows what comes next: nothing else gets in its way so long.
_MOMENT_S = 0.04
# A person who gave a verdict so lately will soon give another.
_AT_WORK_S = 20.0

_Job = tuple[int, int, Callable[[], bool]]
"""What comes first, then in which order, then what to do: it returns whether to go on."""


class DiskError(ProjectError):
    """There is no room on the disk, or it does not work: nothing was stored."""


class Database:
    """The connection and its thread. `read` and `write` block; `submit` gives a Future."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._order = itertools.count()
        self._connection_held = threading.Lock()
        self._next = threading.Lock()
        self._checkpointed_changes = 0
        self._urgent_at_s = -_AT_WORK_S
        self.urgent_writes = 0
        opened: Future[sqlite_utils.Database] = Future()
        self._thread = threading.Thread(
            target=self._work, args=(opened,), name="store", daemon=True
        )
        self._thread.start()
        try:
            self._db = opened.result()
        except BaseException:
            self._thread.join()
            raise

    def read(self, query: Query[T]) -> T:
        """Run `query` and return what it returns."""
        return self.submit(query).result()

    def write(self, change: Query[T]) -> T:
        """Run `change` in one transaction; when this returns, the change is on disk.

        Any exception rolls the whole transaction back and is raised here.
        """
        return self.submit(partial(_in_transaction, change)).result()

    def write_here(self, change: Query[T]) -> T:
        """As `write`, at once and on the thread that calls, because a person waits.

        Whatever is queued comes later; at most what is being done is waited for. No other thread
        has to wake up for it, which is what takes long on a busy machine.
        """
        if not self._thread.is_alive():
            raise RuntimeError(_CLOSED)
        self._urgent_at_s = time.monotonic()
        self.urgent_writes += 1
        with self._turn():
            return _in_transaction(change, self._db)

    def write_repeatable(self, change: Query[T]) -> T:
        """As `write` for what would be done again after a power loss: the disk is not waited for.

        It is there after a crash of ours, and on disk with the next `write` at the latest.
        """

        def work(db: sqlite_utils.Database) -> T:
            with without_syncing(db):
                return _in_transaction(change, db)

        return self.submit(work).result()

    @property
    def is_person_at_work(self) -> bool:
        """Whether somebody gives verdicts just now, so that whatever else is written hurries."""
        return time.monotonic() - self._urgent_at_s < _AT_WORK_S

    def give_way(self) -> None:
        """Wait out the moment after an urgent write, when the window shows what comes next.

        For long work in many small writes, before each.
        """
        while (left_s := self._urgent_at_s + _MOMENT_S - time.monotonic()) > 0:
            time.sleep(left_s)

    def sync_log(self) -> None:
        """Bring the log to the disk from the thread that asks, so that no verdict has to."""
        with suppress(FileNotFoundError):
            descriptor = os.open(self._log, os.O_RDWR)
            try:
                _sync_data(descriptor)
            finally:
                os.close(descriptor)

    def submit(self, query: Query[T]) -> Future[T]:
        """Run `query` without waiting for it."""
        if not self._thread.is_alive():
            raise RuntimeError(_CLOSED)
        future: Future[T] = Future()

        def job() -> bool:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(query(self._db))
                except BaseException as error:  # handed to whoever asked
                    future.set_exception(error)
            return True

        self._jobs.put((_USUAL, next(self._order), job))
        return future

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
        """Finish what was asked for, and end the thread; nothing may be asked for afterwards."""
        self._jobs.put((_LAST, next(self._order), lambda: False))
        self._thread.join()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Have the connection to oneself; whoever waits is next, however soon it is asked again."""
        with self._next:
            self._connection_held.acquire()
        try:
            yield
        finally:
            self._connection_held.release()

    def _work(self, opened: Future[sqlite_utils.Database]) -> None:
        try:
            db = _connect(self.path)
        except BaseException as error:  # handed to whoever opens
            opened.set_exception(error)
            return
        opened.set_result(db)
        try:
            self._serve(db)
        finally:
            db.close()

    def _serve(self, db: sqlite_utils.Database) -> None:
        for number in itertools.count(1):
            changes = db.conn.total_changes - self._checkpointed_changes
            is_due = changes >= _CHECKPOINT_AFTER_CHANGES
            try:
                _, _, job = self._jobs.get(timeout=_IDLE_S if is_due else None)
            except queue.Empty:
                self._checkpoint(db)
                continue
            with self._turn():
                goes_on = job()
            if not goes_on:
                return
            if number % _JOBS_BETWEEN_LOOKS == 0 and self._log_bytes() > _LONGEST_LOG_BYTES:
                self._checkpoint(db)

    def _checkpoint(self, db: sqlite_utils.Database) -> None:
        """Bring what the log holds into the file, as far as nobody still reads what was before."""
        self._checkpointed_changes = db.conn.total_changes
        with self._turn(), suppress(sqlite3.OperationalError):  # locked: another time
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _log_bytes(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0


@contextmanager
def without_syncing(db: sqlite_utils.Database) -> Iterator[None]:
    """Transactions in here are not waited for until they are on disk."""
    db.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        db.execute("PRAGMA synchronous = FULL")


def _in_transaction(change: Query[T], db: sqlite_utils.Database) -> T:
    with of_the_disk(), db.atomic():
        return change(db)


@contextmanager
def of_the_disk() -> Iterator[None]:
    """Tell what fails for want of room, or of a disk that works, as that."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise
        raise DiskError(
            f"This could not be saved ({error}): see that the disk has room and works, then"
            " try again."
        ) from error


def _connect(path: Path) -> sqlite_utils.Database:
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a verdict that was acknowledged survives a power loss, not only a crash of ours.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        return sqlite_utils.Database(connection)
    except BaseException:
        connection.close()
        raise
