"""Answers that somebody edited into the chosen one, and edits that were only begun."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.core.ids import new_id
from workbench.core.labelling import VerdictSource
from workbench.core.preferences import (
    Choice,
    Origin,
    OriginKind,
    Pair,
    Response,
    Strength,
    Verdict,
    VerdictDetails,
)
from workbench.store.database import Database
from workbench.store.datasets import insert_response
from workbench.store.labels import insert_verdict


@dataclass(frozen=True, slots=True)
class Edit:
    """What was made of one answer of a pair. `shown_left` and the time are of that showing."""

    pair: Pair
    original: Response
    text: str
    annotator: str
    elapsed_s: float | None = None
    details: VerdictDetails | None = None


class EditedAnswers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, edit: Edit) -> str:
        """Store the edited answer as the chosen one of a new pair; returns the pair's id.

        The new answer, its pair, the verdict and the end of the draft are one transaction.
        Raises ProjectError where nothing was changed or nothing is left.
        """
        if not edit.text.strip():
            raise ProjectError("The edited answer is empty: write something, or press Esc.")
        if edit.text == edit.original.text:
            raise ProjectError("The answer is as it was: change something, or press Esc.")

        def change(db: sqlite_utils.Database) -> str:
            now = time.time()
            origin = Origin(OriginKind.EDITED, note=edit.annotator)
            prompt_id, dataset_id = edit.pair.prompt.id, edit.pair.dataset_id
            edited = insert_response(db, prompt_id, edit.text, origin, edit.original.id)
            pair_id = new_id()
            position = db.execute("SELECT max(position) + 1 FROM pairs").fetchone()[0]
            row = (pair_id, prompt_id, edited, edit.original.id, dataset_id, position)
            db.execute(
                "INSERT INTO pairs (id, prompt_id, first_id, second_id, dataset_id, position)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            db.execute("UPDATE datasets SET row_count = row_count + 1 WHERE id = ?", (dataset_id,))
            edits_row = (pair_id, edit.pair.id, edit.annotator, now)
            db.execute("INSERT INTO edits VALUES (?, ?, ?, ?)", edits_row)
            insert_verdict(
                db,
                Verdict(
                    id=new_id(), pair_id=pair_id, annotator=edit.annotator, choice=Choice.FIRST,
                    shown_left=Choice.SECOND, created_at=now, elapsed_s=edit.elapsed_s,
                    strength=Strength.CLEARLY, source=VerdictSource.EDIT, details=edit.details,
                ),
            )  # fmt: skip
            _drop_draft(db, edit.annotator, edit.pair.id, edit.original.id)
            return pair_id

        return self._database.write(change)

    def original_of(self, pair_id: str) -> str | None:
        """The pair whose answer was edited into this pair's first one; None for other pairs."""
        sql = "SELECT original_pair_id FROM edits WHERE pair_id = ?"

        def query(db: sqlite_utils.Database) -> str | None:
            row = db.execute(sql, (pair_id,)).fetchone()
            return str(row[0]) if row else None

        return self._database.read(query)

    def keep_draft(self, annotator: str, pair_id: str, response_id: str, text: str) -> None:
        """Keep an edit that is under way; on disk when this returns."""
        row = (annotator, pair_id, response_id, text, time.time())
        self._database.write(
            lambda db: db.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?, ?)", row)
        )

    def draft(self, annotator: str, pair_id: str, response_id: str) -> str | None:
        """What was kept of an edit that was not saved."""
        sql = "SELECT text FROM drafts WHERE annotator = ? AND pair_id = ? AND response_id = ?"

        def query(db: sqlite_utils.Database) -> str | None:
            row = db.execute(sql, (annotator, pair_id, response_id)).fetchone()
            return str(row[0]) if row else None

        return self._database.read(query)

    def drop_draft(self, annotator: str, pair_id: str, response_id: str) -> None:
        """Give up an edit that was under way."""
        self._database.write(lambda db: _drop_draft(db, annotator, pair_id, response_id))


def _drop_draft(db: sqlite_utils.Database, *key: str) -> None:
    db.execute("DELETE FROM drafts WHERE annotator = ? AND pair_id = ? AND response_id = ?", key)
