"""How unsure models are about pairs: scores from 0 to 1, by where they came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlite_utils

from workbench.core.conversation import Conversation, from_json, plain_text
from workbench.store.database import Database
from workbench.store.open_pairs import OPEN, named_values
from workbench.store.reading import reading

_CHUNK_ROWS = 1000


@dataclass(frozen=True, slots=True)
class ScoreSource:
    name: str
    pair_count: int


@dataclass(frozen=True, slots=True)
class PairToScore:
    """A waiting pair as a model is asked about it."""

    pair_id: str
    messages: Conversation
    first: str
    second: str

    @property
    def prompt(self) -> str:
        return plain_text(self.messages)


class Scores:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, source: str, scores: Iterable[tuple[str, float]]) -> int:
        """Store how unsure `source` is about pairs; returns how many of them are pairs here.

        Scores that were there from this source are replaced; ids that are no pair are passed over.
        """
        sql = """
            INSERT OR REPLACE INTO unsureness (pair_id, source, score)
            SELECT id, ?, ? FROM pairs WHERE id = ?
        """
        stored = 0
        rows = ((source, score, pair_id) for pair_id, score in scores)
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            # A transaction for each chunk: a verdict gets in between.

            def change(
                db: sqlite_utils.Database, chunk: list[tuple[str, float, str]] = chunk
            ) -> int:
                return int(db.conn.executemany(sql, chunk).rowcount)

            stored += self._database.write(change)
        return stored

    def sources(self) -> list[ScoreSource]:
        """Where scores came from, and for how many pairs."""
        sql = "SELECT source, count(*) FROM unsureness GROUP BY source ORDER BY source"
        with reading(self._database.path) as connection:
            return [ScoreSource(*row) for row in connection.execute(sql)]

    def to_score(self, annotator: str) -> Iterator[PairToScore]:
        """The pairs that wait for an annotator, in the order in which they came."""
        sql = f"{_PAIRS} WHERE {OPEN} ORDER BY pairs.position"
        with reading(self._database.path) as connection:
            for row in connection.execute(sql, named_values(annotator, 0)):
                yield _pair_of_row(row)

    def unscored(self, annotator: str, source: str) -> list[str]:
        """Ids of the pairs that wait for an annotator and have no score of `source`, shuffled.

        So those that are scored first stand for all.
        """
        sql = f"""
            SELECT pairs.id FROM pairs WHERE {OPEN} AND NOT EXISTS (
                SELECT 1 FROM unsureness
                WHERE unsureness.pair_id = pairs.id AND unsureness.source = :source
            ) ORDER BY random()
        """
        values = {**named_values(annotator, 0), "source": source}
        with reading(self._database.path) as connection:
            return [str(row[0]) for row in connection.execute(sql, values)]

    def some(self, pair_ids: Sequence[str]) -> list[PairToScore]:
        """Those of these pairs that are still there."""
        sql = f"{_PAIRS} WHERE pairs.id IN (SELECT value FROM json_each(?))"
        with reading(self._database.path) as connection:
            rows = connection.execute(sql, [json.dumps(list(pair_ids))])
            return [_pair_of_row(row) for row in rows]


_PAIRS = """
    SELECT pairs.id, prompts.messages, a.text, b.text FROM pairs
    JOIN prompts ON prompts.id = pairs.prompt_id
    JOIN responses a ON a.id = pairs.first_id JOIN responses b ON b.id = pairs.second_id
"""


def _pair_of_row(row: tuple[str, str, str, str]) -> PairToScore:
    pair_id, messages, first, second = row
    return PairToScore(pair_id, from_json(json.loads(messages)), first, second)
