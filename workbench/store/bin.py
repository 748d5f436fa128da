"""The bin: rows that a person threw away. They are nowhere else then, and can come back.

Every query that lists, asks for, trains on or exports rows leaves them out:
`NOT EXISTS (SELECT 1 FROM bin WHERE bin.row_id = pairs.id)`, or `not_in_bin("pairs.id")`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlite_utils

from workbench.core.ids import new_id
from workbench.store.database import Database

_CHUNK_ROWS = 250

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
        count = 0
        for start in range(0, len(row_ids), _CHUNK_ROWS):
            chunk = row_ids[start : start + _CHUNK_ROWS]
            throw = partial(_throw, chunk, kind, batch, thrown_at)
            count += self._database.write(throw)
        return Thrown(batch, kind, count, thrown_at)

    def put_back(self, batch: str) -> int:
        """Take a batch out of the bin again; returns how many rows came back."""
        count = 0
        while back := self._database.write(partial(_put_back, batch)):
            count += back
        return count

    def batches(self) -> list[Thrown]:
        """What is in the bin, newest first."""
        sql = """
            SELECT batch, min(kind), count(*), min(thrown_at) FROM bin
            GROUP BY batch ORDER BY min(thrown_at) DESC
        """
        return self._database.read(lambda db: [Thrown(*row) for row in db.execute(sql).fetchall()])


def _throw(
    row_ids: Sequence[str], kind: str, batch: str, thrown_at: float, db: sqlite_utils.Database
) -> int:
    marks = ", ".join("?" * len(row_ids))
    rows = db.execute(
        f"SELECT id, dataset_id FROM {TABLES[kind]} AS rows"
        f" WHERE id IN ({marks}) AND {not_in_bin('rows.id')}",
        list(row_ids),
    ).fetchall()
    db.conn.executemany(
        "INSERT INTO bin VALUES (?, ?, ?, ?, ?)",
        [(row_id, kind, dataset_id, batch, thrown_at) for row_id, dataset_id in rows],
    )
    _change_counts(db, Counter(dataset_id for _, dataset_id in rows), -1)
    return len(rows)


def _put_back(batch: str, db: sqlite_utils.Database) -> int:
    """Some of a batch, so that no verdict waits for a large one."""
    rows = db.execute(
        "SELECT row_id, dataset_id FROM bin WHERE batch = ? LIMIT ?", [batch, _CHUNK_ROWS]
    ).fetchall()
    db.conn.executemany("DELETE FROM bin WHERE row_id = ?", [(row_id,) for row_id, _ in rows])
    now = time.time()
    db.conn.executemany(
        "INSERT OR REPLACE INTO put_back VALUES (?, ?)", [(row_id, now) for row_id, _ in rows]
    )
    _change_counts(db, Counter(dataset_id for _, dataset_id in rows), 1)
    return len(rows)


def _change_counts(db: sqlite_utils.Database, rows: Counter[str], sign: int) -> None:
    db.conn.executemany(
        "UPDATE datasets SET row_count = row_count + ? WHERE id = ?",
        [(sign * count, dataset_id) for dataset_id, count in rows.items()],
    )
