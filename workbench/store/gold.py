"""Gold items: pairs with a known answer. They test annotators and never train."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlite_utils

from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice, Strength
from workbench.store.bin import not_in_bin
from workbench.store.database import Database


@dataclass(frozen=True, slots=True)
class GoldScore:
    """How often somebody's verdicts on gold items were the known ones."""

    asked: int
    right: int


class Gold:
    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, answer: GoldAnswer, annotator: str) -> None:
        """Make a pair a gold item, or change its known answer."""
        row = (
            answer.pair_id, answer.choice.value, int(answer.strength) if answer.strength else None,
            answer.explanation, annotator, time.time(),
        )  # fmt: skip
        self._database.write(
            lambda db: db.execute("INSERT OR REPLACE INTO gold VALUES (?, ?, ?, ?, ?, ?)", row)
        )

    def unmark(self, pair_id: str) -> None:
        """Let a pair be an ordinary one again; verdicts on it as a gold item stay what they are."""
        self._database.write(
            lambda db: db.execute("DELETE FROM gold WHERE pair_id = ?", (pair_id,))
        )

    def answer(self, pair_id: str) -> GoldAnswer | None:
        """The known answer to a pair; None for a pair that is no gold item."""
        sql = "SELECT choice, strength, explanation FROM gold WHERE pair_id = ?"

        def query(db: sqlite_utils.Database) -> GoldAnswer | None:
            row = db.execute(sql, (pair_id,)).fetchone()
            if row is None:
                return None
            strength = Strength(row[1]) if row[1] else None
            return GoldAnswer(pair_id, Choice(row[0]), strength, row[2])

        return self._database.read(query)

    def pair_ids(self) -> list[str]:
        """Every gold item that is not in the bin, by when it was made one, the newest first."""
        sql = f"""
            SELECT pair_id FROM gold WHERE {not_in_bin("gold.pair_id")}
            ORDER BY created_at DESC, pair_id
        """
        return self._database.read(lambda db: [str(row[0]) for row in db.execute(sql)])

    def count(self) -> int:
        return self._database.read(lambda db: int(db["gold"].count))

    def score(self, annotator: str) -> GoldScore:
        """The annotator's standing verdicts on gold items against the known ones."""
        sql = """
            SELECT count(*), coalesce(sum(standing.choice = gold.choice), 0) FROM standing
            JOIN gold ON gold.pair_id = standing.pair_id
            WHERE standing.annotator = ? AND standing.source = 'gold' AND standing.choice != 'skip'
        """

        def query(db: sqlite_utils.Database) -> GoldScore:
            return GoldScore(*db.execute(sql, (annotator,)).fetchone())

        return self._database.read(query)
