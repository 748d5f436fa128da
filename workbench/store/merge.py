"""Joining another copy of a project into this one, without loss and without doubling.

Identifiers are unique across machines, so what both copies have is recognised by them. What both
imported on their own, from the same file, is recognised by the words with which it came. Where both
edited a text, threw a row away or put it back, what was done last holds. Merging again adds
nothing. Runs and models stay where they are: they belong to a machine's folders.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.store import merge_statements as sql
from workbench.store.database import Database
from workbench.store.merge_mapping import TEMPORARY_NAMES, map_what_is_here
from workbench.store.verdict_rows import restore_standing

_DATABASE = "project.sqlite"
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Merged:
    """What came in that was not here before; `thrown` is how many rows more the bin has now."""

    datasets: int
    pairs: int
    verdicts: int
    thrown: int
    annotators: tuple[str, ...]


@contextmanager
def present_copy(folder: Path) -> Iterator[Path]:
    """A copy of the project in `folder`, in a temporary folder; its original stays untouched.

    Raises ProjectError where there is no project, or none that can be read.
    """
    source = folder / _DATABASE
    if not source.is_file():
        raise ProjectError(f"{folder} holds no project: choose a folder with {_DATABASE} in it.")
    with tempfile.TemporaryDirectory(prefix="workbench-merge-") as name:
        target = Path(name) / "project" / _DATABASE
        target.parent.mkdir()
        try:
            uri = f"{source.resolve().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(uri, uri=True)) as original,
                closing(sqlite3.connect(target)) as copied,
            ):
                original.backup(copied)
        except sqlite3.DatabaseError as error:
            raise ProjectError(
                f"{source} is damaged or not a project file: nothing was merged."
            ) from error
        yield target.parent


class Merge:
    """Brings in the database at `theirs`, which has the present schema. Use it once."""

    def __init__(self, database: Database, theirs: Path) -> None:
        self._database = database
        self._theirs = theirs

    def run(self) -> Merged:
        """Do it in small transactions, so that verdicts get in between; each is right by itself.

        Interrupted half way, it can be done again.
        """
        path = str(self._theirs)
        self._database.read(lambda db: db.execute("ATTACH ? AS theirs", [path]))
        try:
            before = self._database.read(_counts)
            self._database.write(_map_and_begin)
            for table in sql.IN_PORTIONS:
                self._copy_in_portions(table)
            self._restore_standing()
            self._database.write(_finish)
            after = self._database.read(_counts)
            names = self._database.read(
                lambda db: [row[0] for row in db.execute(sql.THEIR_ANNOTATORS).fetchall()]
            )
        finally:
            self._database.read(_let_go)
        datasets, pairs, verdicts, thrown = (
            now - then for now, then in zip(after, before, strict=True)
        )
        return Merged(datasets, pairs, verdicts, thrown, tuple(names))

    def _copy_in_portions(self, table: str) -> None:
        """Row by row in the order in which they were written: each refers to what came before."""
        last = self._database.read(
            lambda db: db.execute(f"SELECT coalesce(max(rowid), 0) FROM theirs.{table}").fetchone()
        )[0]
        for first in range(0, last, _ROWS_AT_ONCE):
            values = {"after": first, "upto": first + _ROWS_AT_ONCE}

            def change(db: sqlite_utils.Database, values: dict[str, int] = values) -> None:
                for statement in sql.IN_PORTIONS[table]:
                    db.execute(statement, values)

            self._database.write(change)

    def _restore_standing(self) -> None:
        """Only where verdicts came in; the newest of each annotator stands."""
        touched = self._database.read(lambda db: db.execute(sql.TOUCHED).fetchall())
        for start in range(0, len(touched), _ROWS_AT_ONCE):
            portion = touched[start : start + _ROWS_AT_ONCE]

            def change(db: sqlite_utils.Database, portion: list[tuple[str, str]] = portion) -> None:
                for pair_id, annotator in portion:
                    restore_standing(db, pair_id, annotator)

            self._database.write(change)


def _map_and_begin(db: sqlite_utils.Database) -> None:
    map_what_is_here(db)
    for statement in sql.DATASETS:
        db.execute(statement)


def _finish(db: sqlite_utils.Database) -> None:
    for statement in sql.AFTER:
        db.execute(statement)


def _let_go(db: sqlite_utils.Database) -> None:
    for table in TEMPORARY_NAMES:
        db.execute(f"DROP TABLE IF EXISTS temp.{table}")
    db.execute("DETACH theirs")


def _counts(db: sqlite_utils.Database) -> list[int]:
    return [
        int(db.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0])
        for table in ("datasets", "pairs", "verdicts", "bin")
    ]
