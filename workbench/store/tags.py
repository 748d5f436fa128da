"""Tags: words that a person puts on rows to find them again."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.store.database import Database

_CHUNK_ROWS = 250
LONGEST_TAG = 40


class Tags:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, row_ids: Sequence[str], tag: str) -> str:
        """Put a tag on rows of a kind (a key of `bin.TABLES`); returns it as stored."""
        stored = clean_tag(tag)
        added_at = time.time()
        for start in range(0, len(row_ids), _CHUNK_ROWS):
            rows = [(stored, row, kind, added_at) for row in row_ids[start : start + _CHUNK_ROWS]]
            self._database.write(
                lambda db, rows=rows: db.conn.executemany(  # type: ignore[misc]
                    "INSERT OR IGNORE INTO row_tags VALUES (?, ?, ?, ?)", rows
                )
            )
        return stored

    def remove(self, row_ids: Sequence[str], tag: str) -> None:
        """Take a tag off rows; those without it stay as they are."""

        def change(db: sqlite_utils.Database) -> None:
            db.conn.executemany(
                "DELETE FROM row_tags WHERE tag = ? AND row_id = ?",
                [(tag, row_id) for row_id in row_ids],
            )

        self._database.write(change)

    def counts(self) -> dict[str, int]:
        """Every tag in use, in order of name, and how many rows have it."""
        sql = "SELECT tag, count(*) FROM row_tags GROUP BY tag ORDER BY tag"
        return self._database.read(lambda db: dict(db.execute(sql).fetchall()))

    def of(self, row_id: str) -> list[str]:
        """The tags of a row, in order of name."""
        sql = "SELECT tag FROM row_tags WHERE row_id = ? ORDER BY tag"
        return self._database.read(
            lambda db: [str(row[0]) for row in db.execute(sql, [row_id]).fetchall()]
        )


def clean_tag(tag: str) -> str:
    """The tag with single spaces inside and none around; raises ProjectError for a bad one."""
    cleaned = " ".join(tag.split())
    if not cleaned:
        raise ProjectError("A tag needs a word: type one first.")
    if len(cleaned) > LONGEST_TAG:
        raise ProjectError(f"A tag has at most {LONGEST_TAG} characters: choose a shorter one.")
    return cleaned
