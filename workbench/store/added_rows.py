"""Rows that join a data set one by one: written by hand, or answers that a model just wrote."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.core.ids import new_id
from workbench.core.labelling import VerdictSource
from workbench.core.preferences import Choice, Verdict
from workbench.store.database import Database
from workbench.store.datasets import insert_prompt, insert_response
from workbench.store.labels import insert_verdict
from workbench.store.rows import NewExample, NewPair, NewPrompt

BY_HAND = "Added by hand"
"""The data set that rows go to for which none was chosen, one for each kind."""


class AddedRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def new_dataset(self, name: str, kind: str, source: str | None = None) -> str:
        """Make an empty data set (`preference`, `supervised` or `prompts`); returns its id."""
        return self._database.write(lambda db: _insert_dataset(db, name, kind, source))

    def add_pairs(
        self, dataset_id: str | None, pairs: Sequence[NewPair], annotator: str = "label"
    ) -> list[str]:
        """Append pairs; one with a choice gets a verdict of `annotator`. Returns their ids.

        Without a data set they go to that of `BY_HAND`, as with the others here.
        """

        def change(db: sqlite_utils.Database) -> list[str]:
            target = dataset_id or _by_hand(db, "preference")
            ids = [_insert_pair(db, target, pair, annotator) for pair in pairs]
            _count(db, target, len(ids))
            return ids

        return self._database.write(change)

    def add_example(self, dataset_id: str | None, example: NewExample) -> str:
        """Append an example to imitate; returns its id."""

        def change(db: sqlite_utils.Database) -> str:
            target = dataset_id or _by_hand(db, "supervised")
            row_id = new_id()
            db.table("examples").insert(
                {
                    "id": row_id,
                    "prompt_id": insert_prompt(db, example.prompt, example.split, target),
                    "completion": example.completion,
                    "dataset_id": target,
                    "position": _last_position(db, "examples", target) + 1,
                }
            )
            _count(db, target, 1)
            return row_id

        return self._database.write(change)

    def add_prompt(self, dataset_id: str | None, prompt: NewPrompt) -> str:
        """Append a prompt; returns its id. Raises ProjectError where the project has it already."""

        def change(db: sqlite_utils.Database) -> str:
            target = dataset_id or _by_hand(db, "prompts")
            before = db["prompts"].count
            row_id = insert_prompt(db, prompt.messages, prompt.split, target)
            if db["prompts"].count == before:
                raise ProjectError("This prompt is in the project already: nothing was added.")
            _count(db, target, 1)
            return row_id

        return self._database.write(change)


def _by_hand(db: sqlite_utils.Database, kind: str) -> str:
    """The data set of this kind for what is added by hand; made with the first row."""
    sql = "SELECT id FROM datasets WHERE name = ? AND kind = ? AND source IS NULL ORDER BY id"
    row = db.execute(sql, [BY_HAND, kind]).fetchone()
    return str(row[0]) if row else _insert_dataset(db, BY_HAND, kind, None)


def _insert_dataset(db: sqlite_utils.Database, name: str, kind: str, source: str | None) -> str:
    dataset_id = new_id()
    row = {
        "id": dataset_id, "name": name, "kind": kind, "source": source, "sha256": None,
        "row_count": 0, "created_at": time.time(),
    }  # fmt: skip
    db.table("datasets").insert(row)
    return dataset_id


def _insert_pair(db: sqlite_utils.Database, dataset_id: str, pair: NewPair, annotator: str) -> str:
    pair_id = new_id()
    prompt_id = insert_prompt(db, pair.prompt, pair.split, dataset_id)
    db.table("pairs").insert(
        {
            "id": pair_id,
            "prompt_id": prompt_id,
            "first_id": insert_response(db, prompt_id, pair.first, pair.first_origin),
            "second_id": insert_response(db, prompt_id, pair.second, pair.second_origin),
            "dataset_id": dataset_id,
            "position": _last_position(db, "pairs") + 1,
        }
    )
    if pair.choice is not None:
        verdict = Verdict(
            id=new_id(),
            pair_id=pair_id,
            annotator=annotator,
            choice=pair.choice,
            shown_left=Choice.FIRST,
            created_at=time.time(),
            source=VerdictSource.EDIT,
        )
        insert_verdict(db, verdict)
    return pair_id


def _last_position(db: sqlite_utils.Database, table: str, dataset_id: str | None = None) -> int:
    """Of a data set, or of all: pairs stand in one queue."""
    where, values = ("dataset_id = ?", [dataset_id]) if dataset_id else ("1", [])
    row = db.execute(f"SELECT max(position) FROM {table} WHERE {where}", values).fetchone()
    return int(row[0] or 0)


def _count(db: sqlite_utils.Database, dataset_id: str, added: int) -> None:
    db.execute("UPDATE datasets SET row_count = row_count + ? WHERE id = ?", [added, dataset_id])
