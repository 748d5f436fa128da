"""Votes of the Compare panel, and how a vote becomes a labelled pair."""

from __future__ import annotations

import time
from typing import Any

import sqlite_utils

from workbench.core.conversation import Conversation
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Origin, Split, Verdict
from workbench.store.database import Database
from workbench.store.datasets import insert_prompt, insert_response
from workbench.store.labels import insert_verdict
from workbench.store.pairs import response_of_row
from workbench.store.rows import Vote

_COMPARE_DATASET = "Compared answers"

_VOTE_COLUMNS = """
    SELECT votes.*, a.text AS first_text, a.origin AS first_origin, a.parent_id AS first_parent,
        b.text AS second_text, b.origin AS second_origin, b.parent_id AS second_parent
    FROM votes JOIN responses a ON a.id = votes.first_id JOIN responses b ON b.id = votes.second_id
"""


class Votes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        prompt: Conversation,
        first: tuple[str, Origin],
        second: tuple[str, Origin],
        *,
        choice: Choice,
        shown_left: Choice,
        blind: bool,
        reviewer: str,
        elapsed_s: float | None = None,
    ) -> str:
        """Store both answers with their origin and the vote on them; returns the vote's id."""

        def change(db: sqlite_utils.Database) -> str:
            dataset_id = _compare_dataset(db)
            prompt_id = insert_prompt(db, prompt, Split.TRAIN, dataset_id)
            vote_id = new_id()
            db.table("votes").insert(
                {
                    "id": vote_id,
                    "prompt_id": prompt_id,
                    "first_id": insert_response(db, prompt_id, *first),
                    "second_id": insert_response(db, prompt_id, *second),
                    "reviewer": reviewer,
                    "choice": choice.value,
                    "shown_left": shown_left.value,
                    "blind": int(blind),
                    "elapsed_s": elapsed_s,
                    "created_at": time.time(),
                    "pair_id": None,
                }
            )
            return vote_id

        return self._database.write(change)

    def all(self) -> list[Vote]:
        """Every vote, oldest first."""
        return self._database.read(lambda db: _votes(db, "1", []))

    def reviewed_prompts(self, reviewer: str) -> frozenset[str]:
        """The prompts on which somebody voted, by id."""
        sql = "SELECT DISTINCT prompt_id FROM votes WHERE reviewer = ?"
        return self._database.read(
            lambda db: frozenset(str(row[0]) for row in db.execute(sql, [reviewer]))
        )

    def convertible(self) -> int:
        """How many votes could become labelled pairs: decided, different, not held out."""
        return self._database.read(lambda db: len(_votes(db, _CONVERTIBLE, [])))

    def make_pairs(self) -> int:
        """Turn every convertible vote into a labelled pair; returns how many there were."""

        def change(db: sqlite_utils.Database) -> int:
            votes = _votes(db, _CONVERTIBLE, [])
            dataset_id = _compare_dataset(db)
            position = int(db.execute("SELECT max(position) FROM pairs").fetchone()[0] or 0)
            for number, vote in enumerate(votes, start=1):
                _make_pair(db, vote, dataset_id, position + number)
            size = db["pairs"].count_where("dataset_id = ?", [dataset_id])
            db.table("datasets").update(dataset_id, {"row_count": size})
            return len(votes)

        return self._database.write(change)


_CONVERTIBLE = """
    votes.pair_id IS NULL AND votes.choice IN ('first', 'second') AND a.text != b.text
    AND (SELECT split FROM prompts WHERE prompts.id = votes.prompt_id) = 'train'
"""


def _votes(db: sqlite_utils.Database, where: str, values: list[Any]) -> list[Vote]:
    sql = f"{_VOTE_COLUMNS} WHERE {where} ORDER BY votes.created_at, votes.id"
    return [_vote(row) for row in db.query(sql, values)]


def _make_pair(db: sqlite_utils.Database, vote: Vote, dataset_id: str, position: int) -> None:
    pair_id = new_id()
    db.table("pairs").insert(
        {
            "id": pair_id,
            "prompt_id": vote.prompt_id,
            "first_id": vote.first.id,
            "second_id": vote.second.id,
            "dataset_id": dataset_id,
            "position": position,
        }
    )
    db.table("votes").update(vote.id, {"pair_id": pair_id})
    verdict = Verdict(
        id=new_id(),
        pair_id=pair_id,
        annotator=vote.reviewer,
        choice=vote.choice,
        shown_left=vote.shown_left,
        created_at=vote.created_at,
        elapsed_s=vote.elapsed_s,
        source="compare",
    )
    insert_verdict(db, verdict)


def _compare_dataset(db: sqlite_utils.Database) -> str:
    """The data set that holds what was compared; made at the first vote."""
    found = list(db["datasets"].rows_where("source = 'compare'", limit=1))
    if found:
        return str(found[0]["id"])
    dataset_id = new_id()
    db.table("datasets").insert(
        {
            "id": dataset_id,
            "name": _COMPARE_DATASET,
            "kind": "preference",
            "source": "compare",
            "sha256": None,
            "row_count": 0,
            "created_at": time.time(),
        }
    )
    return dataset_id


def _vote(row: dict[str, Any]) -> Vote:
    return Vote(
        id=row["id"],
        prompt_id=row["prompt_id"],
        first=response_of_row(row, "first"),
        second=response_of_row(row, "second"),
        reviewer=row["reviewer"],
        choice=Choice(row["choice"]),
        shown_left=Choice(row["shown_left"]),
        blind=bool(row["blind"]),
        created_at=row["created_at"],
        elapsed_s=row["elapsed_s"],
        pair_id=row["pair_id"],
    )
