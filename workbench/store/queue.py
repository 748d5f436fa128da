"""The labelling queue: who is given which pair, and why.

Picks are read beside the connection that writes; only the reservation is a write.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import sqlite_utils

from workbench.core.labelling import LabelSettings, Picked, PickedBy
from workbench.core.preferences import Pair
from workbench.store.bin import not_in_bin
from workbench.store.database import Database
from workbench.store.draw import Draw, Pick
from workbench.store.label_settings import read_label_settings, write_label_settings
from workbench.store.open_pairs import NOT_RESERVED, OPEN, named_values
from workbench.store.pairs import Pairs
from workbench.store.reading import reading

# Of the verdicts `settled`: whoever skips leaves it to others.
_SETTLED = "settled.source = 'adjudicate' AND settled.choice != 'skip'"


class Queue:
    def __init__(self, database: Database, pairs: Pairs) -> None:
        self._database = database
        self._pairs = pairs
        self._chance = random.SystemRandom()

    def settings(self) -> LabelSettings:
        """How this project is labelled."""
        return self._database.read(read_label_settings)

    def change_settings(self, settings: LabelSettings) -> None:
        self._database.write(lambda db: write_label_settings(db, settings))

    def hand_out(
        self, annotator: str, count: int, settings: LabelSettings, *, exclude: Sequence[str] = ()
    ) -> list[Picked]:
        """Give an annotator up to `count` pairs, none of `exclude`, and reserve them.

        A random part is always kept; gold items and repeats come between the others. Empty when
        no pair waits. Call it off the GUI thread.
        """
        values = named_values(annotator, settings.overlap)
        with reading(self._database.path) as connection:
            draw = Draw(connection, values, settings, self._chance, set(exclude))
            picks = draw.pairs(count)
        picks = self._reserved(picks, annotator, settings)
        if not picks:
            return []
        with reading(self._database.path) as connection:
            taken = {*exclude, *(pick.pair_id for pick in picks)}
            picks = Draw(connection, values, settings, self._chance, taken).mix_in_tests(picks)
        pairs = {pair.id: pair for pair in self._pairs.some([pick.pair_id for pick in picks])}
        return [_picked(pick, pairs[pick.pair_id]) for pick in picks if pick.pair_id in pairs]

    def release(self, annotator: str) -> None:
        """Give back everything that the annotator has in hand."""
        sql = "DELETE FROM reservations WHERE annotator = ?"
        self._database.write(lambda db: db.execute(sql, (annotator,)))

    def release_all(self) -> None:
        """Give back what everybody has in hand: a window that crashed left its pairs reserved."""
        self._database.write_repeatable(lambda db: db.execute("DELETE FROM reservations"))

    def asked(self, pair_ids: Sequence[str], annotator: str, picked_by: PickedBy) -> list[Picked]:
        """Exactly these pairs in this order, decided or not; unknown ids are passed over."""

        def query(db: sqlite_utils.Database) -> dict[str, str]:
            marks = ", ".join("?" * len(pair_ids))
            sql = f"""
                SELECT pair_id, verdict_id FROM standing
                WHERE annotator = ? AND pair_id IN ({marks})
            """
            return dict(db.execute(sql, [annotator, *pair_ids]).fetchall())

        found = {pair.id: pair for pair in self._pairs.some(pair_ids)}
        replaced = self._database.read(query)
        return [
            Picked(found[pair_id], picked_by, replaces=replaced.get(pair_id))
            for pair_id in pair_ids
            if pair_id in found
        ]

    def disagreements(self) -> list[str]:
        """Pairs whose independent verdicts differ and that nobody has settled.

        Gold items have their answer, and never train. The Quality page counts the same.
        """
        sql = f"""
            SELECT pair_id FROM standing WHERE source = 'label' AND choice != 'skip'
            AND pair_id NOT IN (SELECT pair_id FROM gold) AND {not_in_bin("standing.pair_id")}
            GROUP BY pair_id HAVING count(DISTINCT choice) > 1 AND NOT EXISTS (
                SELECT 1 FROM standing settled
                WHERE settled.pair_id = standing.pair_id AND {_SETTLED}
            ) ORDER BY pair_id
        """
        return self._ids(sql)

    def flagged(self) -> list[str]:
        """Pairs that somebody flagged and that nobody has settled."""
        sql = f"""
            SELECT DISTINCT standing.pair_id FROM verdict_details
            JOIN standing ON standing.verdict_id = verdict_details.verdict_id
            WHERE verdict_details.flag IS NOT NULL AND standing.source != 'adjudicate'
            AND {not_in_bin("standing.pair_id")}
            AND NOT EXISTS (
                SELECT 1 FROM standing settled
                WHERE settled.pair_id = standing.pair_id AND {_SETTLED}
            ) ORDER BY standing.pair_id
        """
        return self._ids(sql)

    def _ids(self, sql: str) -> list[str]:
        with reading(self._database.path) as connection:
            return [str(row[0]) for row in connection.execute(sql)]

    def _reserved(self, picks: list[Pick], annotator: str, settings: LabelSettings) -> list[Pick]:
        """Those of `picks` that nobody else took in the meantime, now reserved."""
        now = time.time()
        expires_at = now + settings.reserve_minutes * 60
        sql = f"""
            INSERT OR REPLACE INTO reservations (pair_id, annotator, expires_at)
            SELECT pairs.id, :annotator, :expires_at FROM pairs
            WHERE pairs.id = :pair_id AND {OPEN} AND {NOT_RESERVED}
        """
        values = named_values(annotator, settings.overlap) | {"expires_at": expires_at}

        def change(db: sqlite_utils.Database) -> list[Pick]:
            db.execute("DELETE FROM reservations WHERE expires_at <= ?", (now,))
            return [
                pick
                for pick in picks
                if db.execute(sql, values | {"pair_id": pick.pair_id}).rowcount > 0
            ]

        return self._database.write_repeatable(change) if picks else []


def _picked(pick: Pick, pair: Pair) -> Picked:
    return Picked(
        pair=pair,
        picked_by=pick.picked_by,
        score_source=pick.score_source,
        unsureness=pick.unsureness,
        shown_left=pick.shown_left,
        gold=pick.gold,
    )
