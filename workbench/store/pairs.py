"""Pairs of responses: the labelling queue, and what of it may train."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlite_utils

from workbench.core.outcome import Said, that_count
from workbench.core.preferences import (
    Choice,
    Origin,
    Pair,
    Response,
    training_example,
)
from workbench.store.bin import not_in_bin
from workbench.store.database import Database
from workbench.store.datasets import prompt_of_row
from workbench.store.finished import finished
from workbench.store.open_pairs import OPEN, named_values
from workbench.store.rows import LabelledPair

_PAIR_COLUMNS = """
    SELECT pairs.id AS pair_id, pairs.dataset_id AS pair_dataset, prompts.*,
        a.id AS first_id, a.text AS first_text, a.origin AS first_origin,
        a.parent_id AS first_parent,
        b.id AS second_id, b.text AS second_text, b.origin AS second_origin,
        b.parent_id AS second_parent
    FROM pairs JOIN prompts ON prompts.id = pairs.prompt_id
    JOIN responses a ON a.id = pairs.first_id JOIN responses b ON b.id = pairs.second_id
"""


class Pairs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, pair_id: str) -> Pair:
        """The pair with this id; raises KeyError when there is none."""

        def query(db: sqlite_utils.Database) -> Pair:
            rows = list(db.query(_PAIR_COLUMNS + "WHERE pairs.id = ?", [pair_id]))
            if not rows:
                raise KeyError(pair_id)
            return pair_of_row(rows[0])

        return self._database.read(query)

    def kept(self, pair_id: str) -> Pair | None:
        """The pair with this id; None where there is none, or it is in the bin."""
        where = f"WHERE pairs.id = ? AND {not_in_bin('pairs.id')}"

        def query(db: sqlite_utils.Database) -> Pair | None:
            row = next(iter(db.query(_PAIR_COLUMNS + where, [pair_id])), None)
            return None if row is None else pair_of_row(row)

        return self._database.read(query)

    def some(self, pair_ids: Sequence[str]) -> list[Pair]:
        """The pairs with these ids, in no order; unknown ids are passed over."""
        marks = ", ".join("?" * len(pair_ids))
        sql = f"{_PAIR_COLUMNS} WHERE pairs.id IN ({marks})"

        def query(db: sqlite_utils.Database) -> list[Pair]:
            return [pair_of_row(row) for row in db.query(sql, list(pair_ids))]

        return self._database.read(query)

    def waiting(self, annotator: str, limit: int, *, exclude: Sequence[str] = ()) -> list[Pair]:
        """The first pairs that wait for an annotator, in the order in which they came.

        Nothing is reserved; the Label panel is given pairs by `Queue.hand_out`.
        """
        left_out = {f"left_out_{number}": pair_id for number, pair_id in enumerate(exclude)}
        marks = ", ".join(f":{name}" for name in left_out)
        sql = f"""{_PAIR_COLUMNS} WHERE pairs.id NOT IN ({marks}) AND {OPEN}
            ORDER BY pairs.position, pairs.id LIMIT :limit
        """
        values = {**named_values(annotator, 0), **left_out, "limit": limit}

        def query(db: sqlite_utils.Database) -> list[Pair]:
            return [pair_of_row(row) for row in db.query(sql, values)]

        return self._database.read(query)

    def count(self) -> int:
        shown = f"{finished()} AND {not_in_bin('pairs.id')}"
        return self._database.read(lambda db: db["pairs"].count_where(shown))

    def labelled(self, dataset_ids: Sequence[str] = ()) -> list[LabelledPair]:
        """What may train, of all data sets or some: pairs with an undisputed winner.

        People's verdicts count before a rule's or a file's, and what settled a disagreement
        before all others. People who disagree, flagged pairs that nobody has settled, ties,
        both-bad, skipped pairs, gold items, identical answers and held-out prompts are left out.
        """
        where = f"pairs.dataset_id IN ({', '.join('?' * len(dataset_ids))})" if dataset_ids else "1"
        sql = f"""
            SELECT columns.*, standing.choice, standing.source, verdict_details.flag
            FROM (
                {_PAIR_COLUMNS} WHERE {where} AND {finished("pairs.dataset_id")}
                AND {not_in_bin("pairs.id")}
            ) AS columns
            JOIN standing ON standing.pair_id = columns.pair_id
            LEFT JOIN verdict_details ON verdict_details.verdict_id = standing.verdict_id
            WHERE columns.pair_id NOT IN (SELECT pair_id FROM gold)
            ORDER BY columns.pair_id, standing.verdict_id
        """

        def query(db: sqlite_utils.Database) -> list[LabelledPair]:
            rows = db.query(sql, list(dataset_ids))
            groups = groupby(rows, key=lambda row: str(row["pair_id"]))
            found = (_labelled_pair(list(verdicts)) for _, verdicts in groups)
            return [labelled for labelled in found if labelled is not None]

        return self._database.read(query)


def pair_of_row(row: dict[str, Any]) -> Pair:
    return Pair(
        id=row["pair_id"],
        prompt=prompt_of_row(row),
        first=response_of_row(row, "first"),
        second=response_of_row(row, "second"),
        dataset_id=row["pair_dataset"],
    )


def response_of_row(row: dict[str, Any], which: str) -> Response:
    return Response(
        id=row[f"{which}_id"],
        text=row[f"{which}_text"],
        origin=Origin.from_json(json.loads(row[f"{which}_origin"])),
        parent_id=row[f"{which}_parent"],
    )


def _labelled_pair(verdicts: Sequence[dict[str, Any]]) -> LabelledPair | None:
    said = [Said(row["source"], Choice(row["choice"])) for row in verdicts]
    counted = [verdicts[place] for place in that_count(said)]
    is_settled = bool(counted) and counted[0]["source"] == "adjudicate"
    if not is_settled and any(row["flag"] is not None for row in verdicts):
        return None
    if len({row["choice"] for row in counted}) != 1:
        return None
    pair = pair_of_row(counted[0])
    choice = Choice(counted[0]["choice"])
    example = training_example(pair, choice)
    if example is None:
        return None
    first_won = choice is Choice.FIRST
    return LabelledPair(
        prompt_id=pair.prompt.id,
        example=example,
        chosen_origin=pair.first.origin if first_won else pair.second.origin,
        rejected_origin=pair.second.origin if first_won else pair.first.origin,
        verdict_source=counted[0]["source"],
    )
