"""Verdicts: a history that only grows, and the verdicts that stand."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import sqlite_utils

from workbench.core.ids import new_id
from workbench.core.preferences import Choice, LabelProgress, Strength, Verdict
from workbench.store.bin import not_in_bin
from workbench.store.database import Database
from workbench.store.finished import of_finished_pair
from workbench.store.open_pairs import count_open
from workbench.store.reading import reading
from workbench.store.verdict_rows import (
    NOT_TAKEN_BACK,
    details_of,
    insert_verdict,
    verdict_of_row,
)

__all__ = ["Labels", "PeerVerdict", "insert_verdict"]

_COUNTED = f"""
    source IN ('label', 'compare', 'adjudicate') AND {not_in_bin("standing.pair_id")}
"""
# Written like the condition of the index `verdicts_annotator`, which SQLite then uses.
_BY_HAND = "source NOT IN ('import', 'rule', 'compare')"


@dataclass(frozen=True, slots=True)
class PeerVerdict:
    """What somebody says of a pair; shown only where verdicts are settled."""

    annotator: str
    choice: Choice
    strength: Strength | None
    note: str | None


class Labels:
    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, verdict: Verdict) -> None:
        """Append a verdict; when this returns it is on disk.

        The pair's reservation ends with it.
        """

        def change(db: sqlite_utils.Database) -> None:
            insert_verdict(db, verdict)
            db.execute(
                "DELETE FROM reservations WHERE pair_id = ? AND annotator = ?",
                (verdict.pair_id, verdict.annotator),
            )

        self._database.write_here(change)

    def undo(self, annotator: str) -> Verdict | None:
        """Take back the newest verdict of the annotator that still holds.

        Appends an entry that replaces it; returns what was taken back, or None. What stood for
        the pair before stands again.
        """

        def change(db: sqlite_utils.Database) -> Verdict | None:
            sql = f"""
                SELECT * FROM verdicts WHERE annotator = ? AND {_BY_HAND} AND choice IS NOT NULL
                    AND {NOT_TAKEN_BACK} ORDER BY rowid DESC LIMIT 1
            """
            row = next(iter(db.query(sql, [annotator])), None)
            if row is None:
                return None
            undone = verdict_of_row(row, details_of(db, row["id"]))
            insert_verdict(db, _entry(undone, choice=None, replaces=undone.id))
            return undone

        return self._database.write_here(change)

    def redo(self, annotator: str) -> Verdict | None:
        """Give again the verdict that was taken back last, unless there was a new one since.

        Appends an entry that replaces the taking back; returns it, or None.
        """

        def change(db: sqlite_utils.Database) -> Verdict | None:
            taken_back = _to_redo(db, annotator)
            if taken_back is None:
                return None
            row = db.table("verdicts").get(taken_back["replaces"])
            before = verdict_of_row(row, details_of(db, row["id"]))
            again = _entry(before, choice=before.choice, replaces=taken_back["id"])
            insert_verdict(db, again)
            return again

        return self._database.write_here(change)

    def history(self, pair_id: str) -> list[Verdict]:
        """Everything that was ever said of a pair, oldest first."""

        def query(db: sqlite_utils.Database) -> list[Verdict]:
            rows = list(db["verdicts"].rows_where("pair_id = ?", [pair_id], order_by="rowid"))
            return [verdict_of_row(row, details_of(db, row["id"])) for row in rows]

        return self._database.read(query)

    def standing_id(self, pair_id: str, annotator: str) -> str | None:
        """The annotator's verdict that stands for the pair."""
        sql = "SELECT verdict_id FROM standing WHERE pair_id = ? AND annotator = ?"

        def query(db: sqlite_utils.Database) -> str | None:
            row = db.execute(sql, (pair_id, annotator)).fetchone()
            return str(row[0]) if row else None

        return self._database.read(query)

    def said_of(self, pair_id: str) -> list[PeerVerdict]:
        """What everybody says of a pair, by name; not what was said to test them."""
        sql = """
            SELECT standing.annotator, standing.choice, verdicts.strength, verdict_details.note
            FROM standing JOIN verdicts ON verdicts.id = standing.verdict_id
            LEFT JOIN verdict_details ON verdict_details.verdict_id = standing.verdict_id
            WHERE standing.pair_id = ? AND standing.source != 'gold' ORDER BY standing.annotator
        """

        def query(db: sqlite_utils.Database) -> list[PeerVerdict]:
            return [
                PeerVerdict(name, Choice(choice), Strength(strength) if strength else None, note)
                for name, choice, strength, note in db.execute(sql, (pair_id,)).fetchall()
            ]

        return self._database.read(query)

    def progress(self, annotator: str, overlap: int = 0) -> LabelProgress:
        """How many of the pairs that this annotator is asked for are decided, and how.

        Pairs in the bin, gold items, edits, and what a rule or an import decided are not asked
        for. May take a moment with many pairs, but keeps nobody waiting: it reads beside the
        writer.
        """
        sql = f"""
            SELECT choice, count(*) FROM standing WHERE annotator = ? AND {_COUNTED}
            GROUP BY choice
        """

        def query(db: sqlite_utils.Database) -> dict[Choice, int]:
            found = db.execute(sql, [annotator]).fetchall()
            return {Choice(choice): count for choice, count in found}

        by_choice = self._database.read(query)
        waiting = count_open(self._database.path, annotator, overlap)
        return LabelProgress(waiting + sum(by_choice.values()), by_choice)

    def decided(self, annotator: str) -> int:
        """How many pairs the annotator has decided; see `progress`."""
        sql = f"SELECT count(*) FROM standing WHERE annotator = ? AND {_COUNTED}"
        return self._database.read(lambda db: int(db.execute(sql, [annotator]).fetchone()[0]))

    def counts(self) -> dict[Choice, int]:
        """Over the whole project: how many pairs each standing choice has, whoever made it.

        Takes a moment with many pairs, but keeps nobody waiting: it reads beside the writer.
        """
        sql = f"""
            SELECT choice, count(*) FROM (
                SELECT choice, max(verdict_id) FROM standing
                WHERE source != 'gold' AND {of_finished_pair("standing.pair_id")}
                GROUP BY pair_id
            ) GROUP BY choice
        """
        with reading(self._database.path) as connection:
            return {Choice(choice): count for choice, count in connection.execute(sql)}

    def picked(self, annotator: str) -> dict[str, int]:
        """How many verdicts of an annotator stand, by why their pairs were shown."""
        sql = """
            SELECT verdict_details.picked_by, count(*) FROM standing
            JOIN verdict_details ON verdict_details.verdict_id = standing.verdict_id
            WHERE standing.annotator = ? GROUP BY 1
        """
        return self._database.read(lambda db: dict(db.execute(sql, [annotator]).fetchall()))


def _to_redo(db: sqlite_utils.Database, annotator: str) -> dict[str, Any] | None:
    """The newest taking back that no redo has answered, if nothing new was decided after it."""
    sql = f"SELECT * FROM verdicts WHERE annotator = ? AND {_BY_HAND} ORDER BY rowid DESC"
    answered = 0
    for row in db.query(sql, [annotator]):
        if row["choice"] is None:
            if answered == 0:
                return row
            answered -= 1
        elif row["replaces"] is not None and _is_taking_back(db, row["replaces"]):
            answered += 1
        else:
            return None
    return None


def _is_taking_back(db: sqlite_utils.Database, verdict_id: str) -> bool:
    row = db.execute("SELECT choice FROM verdicts WHERE id = ?", (verdict_id,)).fetchone()
    return row is not None and row[0] is None


def _entry(verdict: Verdict, *, choice: Choice | None, replaces: str) -> Verdict:
    """A new entry on the same showing as `verdict`."""
    return replace(
        verdict,
        id=new_id(),
        choice=choice,
        replaces=replaces,
        created_at=time.time(),
        details=None if choice is None else verdict.details,
    )
