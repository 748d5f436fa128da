"""How unsure models are about pairs: scores from 0 to 1, by where they came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import sqlite_utils

from workbench.core.conversation import from_json, plain_text
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
    prompt: str
    first: str
    second: str


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
        sql = f"""
            SELECT pairs.id, prompts.messages, a.text, b.text FROM pairs
            JOIN prompts ON prompts.id = pairs.prompt_id
            JOIN responses a ON a.id = pairs.first_id JOIN responses b ON b.id = pairs.second_id
            WHERE {OPEN} ORDER BY pairs.position
        """
        with reading(self._database.path) as connection:
            for pair_id, messages, first, second in connection.execute(
                sql, named_values(annotator, 0)
            ):
                prompt = plain_text(from_json(json.loads(messages)))
                yield PairToScore(pair_id, prompt, first, second)
