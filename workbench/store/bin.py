"""The bin: rows that a person threw away. They are nowhere else then, and can come back.

Every query that lists, asks for, trains on or exports rows leaves them out:
`NOT EXISTS (SELECT 1 FROM bin WHERE bin.row_id = pairs.id)`, or `not_in_bin("pairs.id")`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlite_utils

from workbench.core.ids import new_id
from workbench.store.database import Database

_CHUNK_ROWS = 500

TABLES = {"pair": "pairs", "example": "examples", "prompt": "prompts", "unpaired": "unpaired"}
"""The kinds of rows, and the table of each."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """Rows that were thrown away together."""

    batch: str
    kind: str
    row_count: int
    thrown_at: float


def not_in_bin(column: str) -> str:
    """The condition that the row whose id is in `column` was not thrown away."""
    return f"NOT EXISTS (SELECT 1 FROM bin WHERE bin.row_id = {column})"


class Bin:
    def __init__(self, database: Database) -> None:
        self._database = database

    def throw(self, kind: str, row_ids: Sequence[str]) -> Thrown:
        """Put rows of a kind (a key of `TABLES`) into the bin, as one batch.

        Rows that are in it already, or not there at all, are passed over.
        """
        batch, thrown_at = new_id(), time.time()
        sql = f"""
            INSERT OR IGNORE INTO bin
            SELECT id, ?, dataset_id, ?, ? FROM {TABLES[kind]} WHERE id IN (%s)
        """
        count = 0
        for chunk in _chunks(row_ids):
            marks = ", ".join("?" * len(chunk))

            def change(
                db: sqlite_utils.Database, chunk: Sequence[str] = chunk, marks: str = marks
            ) -> int:
                before = _sizes(db, batch)
                db.execute(sql % marks, [kind, batch, thrown_at, *chunk])
                _count_less(db, before, _sizes(db, batch))
                return sum(_sizes(db, batch).values())

            count = self._database.write(change)
        return Thrown(batch, kind, count, thrown_at)

    def put_back(self, batch: str) -> int:
        """Take a batch out of the bin again; returns how many rows came back."""
        count = 0

        def change(db: sqlite_utils.Database) -> int:
            before = _sizes(db, batch)
            db.execute(
                "DELETE FROM bin WHERE row_id IN (SELECT row_id FROM bin WHERE batch = ? LIMIT ?)",
                [batch, _CHUNK_ROWS],
            )
            after = _sizes(db, batch)
            _count_less(db, before, after)
            return sum(before.values()) - sum(after.values())

        while back := self._database.write(change):
            count += back
        return count

    def batches(self) -> list[Thrown]:
        """What is in the bin, newest first."""
        sql = """
            SELECT batch, min(kind), count(*), min(thrown_at) FROM bin
            GROUP BY batch ORDER BY min(thrown_at) DESC
        """
        return self._database.read(lambda db: [Thrown(*row) for row in db.execute(sql).fetchall()])


def _sizes(db: sqlite_utils.Database, batch: str) -> dict[str, int]:
    """How many rows of each data set are in the batch."""
    sql = "SELECT dataset_id, count(*) FROM bin WHERE batch = ? GROUP BY dataset_id"
    return dict(db.execute(sql, [batch]).fetchall())


def _count_less(db: sqlite_utils.Database, before: dict[str, int], after: dict[str, int]) -> None:
    for dataset_id in before.keys() | after.keys():
        less = after.get(dataset_id, 0) - before.get(dataset_id, 0)
        db.execute("UPDATE datasets SET row_count = row_count - ? WHERE id = ?", [less, dataset_id])


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK_ROWS):
        yield values[start : start + _CHUNK_ROWS]
