"""Drawing pairs for an annotator: at random, the most unsure, gold items and repeats."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.labelling import (
    REPEAT_AFTER_VERDICTS,
    GoldAnswer,
    LabelSettings,
    PickedBy,
)
from workbench.core.preferences import Choice, Strength
from workbench.store.bin import not_in_bin
from workbench.store.open_pairs import NOT_RESERVED, OPEN

_DRAWS = 64
_ROUNDS = 4
_ID_HEX = 16  # digits of an id that are its time


@dataclass(frozen=True, slots=True)
class Pick:
    """A pair's id with why it was picked; see `core.labelling.Picked`."""

    pair_id: str
    picked_by: PickedBy
    score_source: str | None = None
    unsureness: float | None = None
    shown_left: Choice | None = None
    gold: GoldAnswer | None = None


class Draw:
    """One hand-out: no pair comes twice, and none of `taken`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        values: dict[str, object],
        settings: LabelSettings,
        chance: random.Random,
        taken: set[str],
    ) -> None:
        self._connection = connection
        self._values = values
        self._settings = settings
        self._chance = chance
        self._taken = taken

    def pairs(self, count: int) -> list[Pick]:
        """Up to `count` pairs that wait; the random part of them as the settings say."""
        unsure = self._most_unsure(self._unsure_count(count))
        others = PickedBy.IN_ORDER if self._settings.in_order else PickedBy.RANDOM
        plain = self._in_order if self._settings.in_order else self._at_random
        picks = unsure + [Pick(pair_id, others) for pair_id in plain(count - len(unsure))]
        if unsure:
            self._chance.shuffle(picks)
        return picks

    def mix_in_tests(self, picks: list[Pick]) -> list[Pick]:
        """`picks` with gold items and repeats between them, about as often as the settings say."""
        mixed: list[Pick] = []
        for pick in picks:
            if self._is_due(self._settings.repeat_every):
                mixed += self._repeat()
            if self._is_due(self._settings.gold_every):
                mixed += self._gold()
            mixed.append(pick)
        return mixed

    def _is_due(self, every: int) -> bool:
        return every > 0 and self._chance.random() < 1 / every

    def _unsure_count(self, count: int) -> int:
        """A draw for each place, so that the random part holds for small hand-outs too."""
        if not self._settings.score_source:
            return 0
        share = self._settings.random_share
        return sum(self._chance.random() >= share for _ in range(count))

    def _most_unsure(self, count: int) -> list[Pick]:
        if count == 0:
            return []
        sql = f"""
            SELECT pairs.id, unsureness.score FROM unsureness
            JOIN pairs ON pairs.id = unsureness.pair_id
            WHERE unsureness.source = :source AND {OPEN} AND {NOT_RESERVED}
            ORDER BY unsureness.score DESC LIMIT :limit
        """
        source = self._settings.score_source
        values = {**self._values, "source": source, "limit": count + len(self._taken)}
        rows = [row for row in self._connection.execute(sql, values) if row[0] not in self._taken]
        picks = [Pick(row[0], PickedBy.UNSURE, source, row[1]) for row in rows[:count]]
        self._taken |= {pick.pair_id for pick in picks}
        return picks

    def _in_order(self, count: int) -> list[str]:
        return self._take(self._open_ids("position, id", count), count)

    def _at_random(self, count: int) -> list[str]:
        """Each waiting pair is as likely as any other: places are drawn, not steps made."""
        low, high = self._connection.execute(
            "SELECT min(position), max(position) FROM pairs"
        ).fetchone()
        if low is None or count == 0:
            return []
        found: list[str] = []
        for _ in range(_ROUNDS):
            places = ", ".join(str(self._chance.randint(low, high)) for _ in range(_DRAWS))
            sql = f"""
                SELECT id FROM pairs WHERE position IN ({places}) AND {OPEN} AND {NOT_RESERVED}
            """
            drawn = [str(row[0]) for row in self._connection.execute(sql, self._values)]
            self._chance.shuffle(drawn)
            found += self._take(drawn, count - len(found))
            if len(found) == count:
                return found
        # Few pairs are left among many that are decided: look at all of them.
        return found + self._take(self._open_ids("random()", count), count - len(found))

    def _open_ids(self, order: str, count: int) -> list[str]:
        sql = f"""
            SELECT id FROM pairs WHERE {OPEN} AND {NOT_RESERVED} ORDER BY {order} LIMIT :limit
        """
        values = {**self._values, "limit": count + len(self._taken)}
        return [str(row[0]) for row in self._connection.execute(sql, values)]

    def _take(self, pair_ids: Iterable[str], count: int) -> list[str]:
        taken = [pair_id for pair_id in pair_ids if pair_id not in self._taken][:count]
        self._taken |= set(taken)
        return taken

    def _gold(self) -> list[Pick]:
        sql = f"""
            SELECT pair_id, choice, strength, explanation FROM gold
            WHERE annotator != :annotator AND {not_in_bin("gold.pair_id")} AND NOT EXISTS (
                SELECT 1 FROM standing
                WHERE standing.pair_id = gold.pair_id AND standing.annotator = :annotator
            ) ORDER BY random()
        """
        for pair_id, choice, strength, explanation in self._connection.execute(sql, self._values):
            if self._take([pair_id], 1):
                known = GoldAnswer(
                    pair_id, Choice(choice), Strength(strength) if strength else None, explanation
                )
                return [Pick(pair_id, PickedBy.GOLD, gold=known)]
        return []

    def _repeat(self) -> list[Pick]:
        """A pair that the same person decided a while ago, with its sides swapped."""
        newest = self._connection.execute(
            "SELECT verdict_id FROM standing WHERE annotator = :annotator"
            " ORDER BY verdict_id DESC LIMIT 1 OFFSET :ago",
            {**self._values, "ago": REPEAT_AFTER_VERDICTS - 1},
        ).fetchone()
        oldest = self._connection.execute(
            "SELECT min(verdict_id) FROM standing WHERE annotator = :annotator", self._values
        ).fetchone()
        if newest is None:
            return []
        first, last = (int(row[0][:_ID_HEX], 16) for row in (oldest, newest))
        start = f"{self._chance.randint(first, last):016x}"
        sql = """
            SELECT standing.pair_id, verdicts.shown_left FROM standing
            JOIN verdicts ON verdicts.id = standing.verdict_id
            WHERE standing.annotator = :annotator AND standing.verdict_id >= :start
                AND standing.verdict_id <= :newest
                AND standing.source = 'label' AND standing.choice != 'skip'
                AND NOT EXISTS (
                    SELECT 1 FROM verdicts again WHERE again.pair_id = standing.pair_id
                    AND again.annotator = :annotator AND again.source = 'repeat'
                ) ORDER BY standing.verdict_id
        """
        values = {**self._values, "start": start, "newest": newest[0]}
        for pair_id, shown_left in self._connection.execute(sql, values):
            if self._take([pair_id], 1):
                swapped = Choice.SECOND if shown_left == Choice.FIRST else Choice.FIRST
                return [Pick(pair_id, PickedBy.REPEAT, shown_left=swapped)]
        return []
