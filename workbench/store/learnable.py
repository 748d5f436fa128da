"""What methods beside SFT and DPO learn from: judged answers, prompts, and how strong verdicts are.

Held-out prompts, rows in the bin and data sets that are still being imported are never part of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlite_utils

from workbench.core import conversation
from workbench.core.preferences import PromptExample, Strength, UnpairedExample
from workbench.store.bin import not_in_bin
from workbench.store.database import Database
from workbench.store.finished import finished, of_finished_pair


@dataclass(frozen=True, slots=True)
class LearnableCounts:
    """How much of it there is; `answers` are the prompts whose right answer is known."""

    judged: int
    prompts: int
    answers: int


class Learnable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def judged(self, dataset_ids: Sequence[str] = ()) -> list[UnpairedExample]:
        """Single answers marked good or bad, of all data sets or some."""
        sql = f"""
            SELECT unpaired.id AS example_id, completion, desirable, prompts.messages
            FROM unpaired JOIN prompts ON prompts.id = unpaired.prompt_id
            WHERE prompts.split = 'train' AND {_among("unpaired.dataset_id", dataset_ids)}
                AND {finished("unpaired.dataset_id")} AND {not_in_bin("unpaired.id")}
            ORDER BY unpaired.dataset_id, unpaired.position
        """

        def query(db: sqlite_utils.Database) -> list[UnpairedExample]:
            return [
                UnpairedExample(
                    conversation.from_json(json.loads(row["messages"])),
                    row["completion"],
                    bool(row["desirable"]),
                    row["example_id"],
                )
                for row in db.query(sql, list(dataset_ids))
            ]

        return self._database.read(query)

    def prompts(self, dataset_ids: Sequence[str] = ()) -> list[PromptExample]:
        """Prompts to answer in training, with the right answer where one is known.

        A prompt is of every data set that has it: alone, in a pair, or with an answer.
        """
        sql = f"""
            SELECT id, messages, answer FROM prompts
            WHERE split = 'train' AND {finished("prompts.dataset_id")}
                AND {not_in_bin("prompts.id")}
                AND {_used_in(dataset_ids)}
            ORDER BY dataset_id, position
        """

        def query(db: sqlite_utils.Database) -> list[PromptExample]:
            return [
                PromptExample(
                    conversation.from_json(json.loads(row["messages"])), row["answer"], row["id"]
                )
                for row in db.query(sql, list(dataset_ids) * (len(_TABLES) if dataset_ids else 0))
            ]

        return self._database.read(query)

    def counts(self) -> LearnableCounts:
        """What `judged` and `prompts` would give, without reading it."""
        judged = f"""
            SELECT count(*) FROM unpaired JOIN prompts ON prompts.id = unpaired.prompt_id
            WHERE prompts.split = 'train' AND {finished("unpaired.dataset_id")}
                AND {not_in_bin("unpaired.id")}
        """
        prompts = f"""
            SELECT count(*), count(answer) FROM prompts
            WHERE split = 'train' AND {finished("prompts.dataset_id")}
                AND {not_in_bin("prompts.id")}
        """

        def query(db: sqlite_utils.Database) -> LearnableCounts:
            (judged_count,) = db.execute(judged).fetchone()
            prompt_count, answer_count = db.execute(prompts).fetchone()
            return LearnableCounts(judged_count, prompt_count, answer_count)

        return self._database.read(query)

    def dataset_with_answers(self) -> str | None:
        """The data set with the most prompts whose right answer is known, if any is."""
        sql = f"""
            SELECT dataset_id FROM prompts
            WHERE split = 'train' AND answer IS NOT NULL AND {finished("prompts.dataset_id")}
                AND {not_in_bin("prompts.id")}
            GROUP BY dataset_id ORDER BY count(*) DESC, dataset_id LIMIT 1
        """

        def query(db: sqlite_utils.Database) -> str | None:
            found = db.execute(sql).fetchone()
            return None if found is None else str(found[0])

        return self._database.read(query)

    def strengths(self) -> dict[str, Strength]:
        """How much better the winner of a pair is, by pair; of several opinions the least."""
        sql = f"""
            SELECT standing.pair_id, min(verdicts.strength) FROM standing
            JOIN verdicts ON verdicts.id = standing.verdict_id
            WHERE verdicts.strength IS NOT NULL AND standing.choice IN ('first', 'second')
                AND {of_finished_pair("standing.pair_id")}
            GROUP BY standing.pair_id
        """

        def query(db: sqlite_utils.Database) -> dict[str, Strength]:
            return {pair_id: Strength(strength) for pair_id, strength in db.execute(sql)}

        return self._database.read(query)


_TABLES = {"prompts": "id", "pairs": "prompt_id", "examples": "prompt_id", "unpaired": "prompt_id"}
"""Where a prompt may stand, and the column that names it."""


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join('?' * len(values))})" if values else "1"


def _used_in(dataset_ids: Sequence[str]) -> str:
    if not dataset_ids:
        return "1"
    found = (
        f"SELECT {column} FROM {table} WHERE {_among('dataset_id', dataset_ids)}"
        for table, column in _TABLES.items()
    )
    return f"prompts.id IN ({' UNION '.join(found)})"
