"""A project: one folder with `project.sqlite` and `runs/`."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType

import sqlite_utils
from filelock import FileLock, Timeout

from workbench.core.errors import ProjectError
from workbench.store.added_rows import AddedRows
from workbench.store.annotators import Annotators
from workbench.store.bin import Bin
from workbench.store.browse import Browse
from workbench.store.database import Database
from workbench.store.datasets import Datasets
from workbench.store.edited_answers import EditedAnswers
from workbench.store.gold import Gold
from workbench.store.imports import Imports
from workbench.store.labels import Labels
from workbench.store.migrations import migrations, unknown_migrations
from workbench.store.models import Models
from workbench.store.pairs import Pairs
from workbench.store.queue import Queue
from workbench.store.row_edits import RowEdits
from workbench.store.runs import Runs
from workbench.store.scores import Scores
from workbench.store.search_index import SearchIndex
from workbench.store.tags import Tags
from workbench.store.votes import Votes

DATABASE_NAME = "project.sqlite"
_SQLITE_HEADER = b"SQLite format 3\x00"


class Project:
    """An open project. One window or command has it open at a time."""

    def __init__(self, folder: Path, database: Database, lock: FileLock) -> None:
        self.folder = folder
        self.database = database
        self._lock = lock
        self.datasets = Datasets(database)
        self.imports = Imports(database, folder)
        self.pairs = Pairs(database)
        self.labels = Labels(database)
        self.queue = Queue(database, self.pairs)
        self.annotators = Annotators(database)
        self.gold = Gold(database)
        self.edited_answers = EditedAnswers(database)
        self.scores = Scores(database)
        self.votes = Votes(database)
        self.models = Models(database)
        self.runs = Runs(database, folder)
        self.index = SearchIndex(folder, database)
        self.browse = Browse(database, self.index)
        self.edits = RowEdits(database)
        self.added = AddedRows(database)
        self.tags = Tags(database)
        self.bin = Bin(database)

    @classmethod
    def create(cls, folder: Path, name: str) -> Project:
        """Make a new project in `folder`, which must be empty or not exist yet."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ProjectError(
                f"{folder} is not an empty folder: choose another place for the new project."
            )
        try:
            (folder / "runs").mkdir(parents=True)
        except OSError as error:
            raise ProjectError(
                f"{folder} can't be made ({error.strerror}): choose another place."
            ) from error
        project = cls._open(folder)
        project.set("name", name)
        project.set("created_at", repr(time.time()))
        return project

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Open the project in `folder`: lock, check, back up before a migration, migrate."""
        if not (folder / DATABASE_NAME).is_file():
            raise ProjectError(
                f"{folder} holds no project: choose a folder with {DATABASE_NAME} in it."
            )
        with (folder / DATABASE_NAME).open("rb") as file:
            # SQLite itself takes a file of a few bytes for an empty database and writes to it.
            if file.read(len(_SQLITE_HEADER)) != _SQLITE_HEADER:
                raise _damaged(folder / DATABASE_NAME)
        return cls._open(folder)

    @classmethod
    def _open(cls, folder: Path) -> Project:
        folder = folder.resolve()
        # Not thread-local: a project may be opened on one thread and closed on another.
        lock = FileLock(folder / ".lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ProjectError(
                f"{folder.name} is already open in another window: use that one, or close it first."
            ) from None
        try:
            database = _checked_database(folder)
        except BaseException:
            lock.release()
            raise
        project = cls(folder, database, lock)
        project.imports.clean_up()
        project.queue.release_all()  # the lock is ours, so nobody is labelling
        return project

    @property
    def name(self) -> str:
        return self.get("name") or self.folder.name

    @property
    def runs_dir(self) -> Path:
        return self.folder / "runs"

    def get(self, key: str) -> str | None:
        """A setting of the project, or None."""

        def query(db: sqlite_utils.Database) -> str | None:
            rows = list(db["project"].rows_where("key = ?", [key]))
            return str(rows[0]["value"]) if rows else None

        return self.database.read(query)

    def set(self, key: str, value: str) -> None:
        row = {"key": key, "value": value}
        self.database.write(lambda db: db.table("project").upsert(row, pk="key"))

    def close(self) -> None:
        """Write everything out and let others open it; closing twice does nothing."""
        if not self._lock.is_locked:
            return
        self.database.close()
        self._lock.release()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def read_name(folder: Path) -> str:
    """What the project in `folder` is called, read without opening it; else the folder's name.

    Only a look: a name that was given a moment ago may still be in the write-ahead log.
    """
    uri = f"{(folder / DATABASE_NAME).resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            row = connection.execute("SELECT value FROM project WHERE key = 'name'").fetchone()
    except sqlite3.Error:
        row = None
    return str(row[0]) if row else folder.name


def _checked_database(folder: Path) -> Database:
    path = folder / DATABASE_NAME
    try:
        database = Database(path)
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error
    try:
        if database.read(_quick_check) != "ok":
            raise _damaged(path)
        newer = database.read(unknown_migrations)
        if newer:
            raise ProjectError(
                f"{folder.name} was made by a newer version of Workbench: update Workbench to open"
                " it. Nothing was changed."
            )
        if database.read(_must_back_up):
            backups = folder / "backups"
            backups.mkdir(exist_ok=True)
            database.backup(backups / f"before-update-{int(time.time())}.sqlite")
        database.read(migrations.apply)
    except sqlite3.DatabaseError as error:
        database.close()
        raise _damaged(path) from error
    except BaseException:
        database.close()
        raise
    return database


def _quick_check(db: sqlite_utils.Database) -> str:
    return str(next(iter(db.execute("PRAGMA quick_check(1)").fetchone())))


def _must_back_up(db: sqlite_utils.Database) -> bool:
    return bool(migrations.applied(db)) and bool(migrations.pending(db))


def _damaged(path: Path) -> ProjectError:
    return ProjectError(
        f"{path} is damaged or not a project file: put back a copy from the backups folder beside"
        " it. The file was left as it is."
    )
