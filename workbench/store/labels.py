"""Verdicts: a history that only grows, and the verdicts that stand."""

from __future__ import annotations

import time
from typing import Any

import sqlite_utils

from workbench.core.ids import new_id
from workbench.core.preferences import Choice, LabelProgress, Strength, Verdict
from workbench.store.bin import not_in_bin
from workbench.store.database import Database


class Labels:
    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, verdict: Verdict) -> None:
        """Append a verdict; when this returns it is on disk."""
        self._database.write(lambda db: insert_verdict(db, verdict))

    def undo(self, annotator: str) -> Verdict | None:
        """Take back the annotator's newest standing verdict.

        Appends an entry that replaces it; returns what was taken back, or None.
        """

        def change(db: sqlite_utils.Database) -> Verdict | None:
            rows = list(
                db["standing"].rows_where(
                    "annotator = ?", [annotator], order_by="verdict_id DESC", limit=1
                )
            )
            if not rows:
                return None
            undone = _verdict(db.table("verdicts").get(rows[0]["verdict_id"]))
            retraction = Verdict(
                id=new_id(),
                pair_id=undone.pair_id,
                annotator=annotator,
                choice=None,
                shown_left=undone.shown_left,
                created_at=time.time(),
                replaces=undone.id,
                source=undone.source,
            )
            insert_verdict(db, retraction)
            return undone

        return self._database.write(change)

    def history(self, pair_id: str) -> list[Verdict]:
        """Everything that was ever said of a pair, oldest first."""

        def query(db: sqlite_utils.Database) -> list[Verdict]:
            rows = db["verdicts"].rows_where("pair_id = ?", [pair_id], order_by="rowid")
            return [_verdict(row) for row in rows]

        return self._database.read(query)

    def progress(self, annotator: str) -> LabelProgress:
        """How many of the pairs that this annotator is asked for are decided, and how.

        Pairs that a rule or an import decided are not asked for.
        """
        sql_total = f"SELECT count(*) FROM pairs WHERE {_ASKED}"
        sql_choices = "SELECT choice, count(*) FROM standing WHERE annotator = ? GROUP BY choice"

        def query(db: sqlite_utils.Database) -> LabelProgress:
            total = db.execute(sql_total, [annotator]).fetchone()[0]
            choices = db.execute(sql_choices, [annotator]).fetchall()
            return LabelProgress(total, {Choice(choice): count for choice, count in choices})

        return self._database.read(query)

    def counts(self) -> dict[Choice, int]:
        """Over the whole project: how many pairs each standing choice has, whoever made it."""
        sql = """
            SELECT choice, count(*) FROM (
                SELECT choice, max(verdict_id) FROM standing GROUP BY pair_id
            ) GROUP BY choice
        """

        def query(db: sqlite_utils.Database) -> dict[Choice, int]:
            return {Choice(choice): count for choice, count in db.execute(sql).fetchall()}

        return self._database.read(query)


# A pair waits for an annotator unless it was decided by a rule or by the file it came from.
_ASKED = f"""
    {not_in_bin("pairs.id")} AND NOT EXISTS (
        SELECT 1 FROM standing
        WHERE standing.pair_id = pairs.id AND standing.annotator != ?
          AND standing.source IN ('rule', 'import', 'compare')
    )
"""


def insert_verdict(db: sqlite_utils.Database, verdict: Verdict) -> None:
    """Append to the history and bring `standing` up to date; inside the caller's transaction."""
    db.table("verdicts").insert(
        {
            "id": verdict.id,
            "pair_id": verdict.pair_id,
            "annotator": verdict.annotator,
            "choice": verdict.choice.value if verdict.choice else None,
            "shown_left": verdict.shown_left.value,
            "strength": int(verdict.strength) if verdict.strength else None,
            "elapsed_s": verdict.elapsed_s,
            "created_at": verdict.created_at,
            "replaces": verdict.replaces,
            "source": verdict.source,
        }
    )
    if verdict.choice is None:
        db.table("standing").delete_where(
            "pair_id = ? AND annotator = ?", [verdict.pair_id, verdict.annotator]
        )
        return
    db.table("standing").upsert(
        {
            "pair_id": verdict.pair_id,
            "annotator": verdict.annotator,
            "verdict_id": verdict.id,
            "choice": verdict.choice.value,
            "source": verdict.source,
        },
        pk=("pair_id", "annotator"),
    )


def _verdict(row: dict[str, Any]) -> Verdict:
    return Verdict(
        id=row["id"],
        pair_id=row["pair_id"],
        annotator=row["annotator"],
        choice=Choice(row["choice"]) if row["choice"] else None,
        shown_left=Choice(row["shown_left"]),
        created_at=row["created_at"],
        elapsed_s=row["elapsed_s"],
        strength=Strength(row["strength"]) if row["strength"] else None,
        replaces=row["replaces"],
        source=row["source"],
    )
