"""Editing a row by hand. Nothing is overwritten: what stood there before stays in the history."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import sqlite_utils

from workbench.core import conversation
from workbench.core.conversation import Conversation
from workbench.core.errors import ProjectError
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Origin, OriginKind, Split, Verdict
from workbench.store.bin import TABLES
from workbench.store.database import Database
from workbench.store.datasets import insert_prompt, insert_response
from workbench.store.labels import insert_verdict
from workbench.store.prompt_keys import encode_messages, prompt_key

PARTS = ("prompt", "first", "second")


@dataclass(frozen=True, slots=True)
class RowEdit:
    """One edit of a row: which part of it, by whom, and the text before and after."""

    part: str
    before: str
    after: str
    editor: str
    edited_at: float


class RowEdits:
    def __init__(self, database: Database) -> None:
        self._database = database

    def edit_text(
        self, kind: str, row_id: str, part: str, text: str, editor: str, *, ask_again: bool = False
    ) -> bool:
        """Put another answer in the place `first` or `second` of a row; returns whether it differs.

        A pair gets a new response whose parent is the one before. With `ask_again` the pair's
        standing verdicts are taken back, since they were about the text before.
        Raises ProjectError for an empty text.
        """
        if not text.strip():
            raise ProjectError("An answer can't be empty: write something, or delete the row.")

        def change(db: sqlite_utils.Database) -> bool:
            row = _row(db, kind, row_id)
            before = _answer(db, kind, row, part)
            if before == text:
                return False
            if kind == "pair":
                response_id = insert_response(
                    db, row["prompt_id"], text, Origin(OriginKind.EDITED, note=editor),
                    parent_id=row[f"{part}_id"],
                )  # fmt: skip
                db.table("pairs").update(row_id, {f"{part}_id": response_id})
            else:
                db.table(TABLES[kind]).update(row_id, {"completion": text})
            _note(db, kind, row_id, RowEdit(part, before, text, editor, time.time()))
            if ask_again:
                _take_back_verdicts(db, row_id)
            return True

        return self._database.write(change)

    def edit_prompt(self, kind: str, row_id: str, messages: Conversation, editor: str) -> bool:
        """Ask something else in this row alone; returns whether it differs.

        The row moves to the prompt with these messages, which is made if it is new and is held out
        if the one before was; its answers come along as copies.
        Raises ProjectError for an empty prompt, and for a prompt of a list that is there already.
        """
        if not messages or not any(message.content.strip() for message in messages):
            raise ProjectError("A prompt can't be empty: write something, or delete the row.")

        def change(db: sqlite_utils.Database) -> bool:
            row = _row(db, kind, row_id)
            prompt = row if kind == "prompt" else db.table("prompts").get(row["prompt_id"])
            after = encode_messages(messages)
            if prompt["messages"] == after:
                return False
            if kind == "prompt":
                _reword(db, row_id, messages, after)
            else:
                target = insert_prompt(db, messages, Split(prompt["split"]), row["dataset_id"])
                moved = {"prompt_id": target}
                if kind == "pair":
                    moved |= _copies(db, row, target)
                db.table(TABLES[kind]).update(row_id, moved)
            edit = RowEdit("prompt", prompt["messages"], after, editor, time.time())
            _note(db, kind, row_id, edit)
            return True

        return self._database.write(change)

    def history(self, row_id: str) -> list[RowEdit]:
        """Every edit of a row, oldest first."""
        sql = """
            SELECT part, before, after, editor, edited_at FROM row_edits
            WHERE row_id = ? ORDER BY id
        """
        return self._database.read(
            lambda db: [RowEdit(*row) for row in db.execute(sql, [row_id]).fetchall()]
        )


def _row(db: sqlite_utils.Database, kind: str, row_id: str) -> dict[str, Any]:
    rows = list(db[TABLES[kind]].rows_where("id = ?", [row_id], limit=1))
    if not rows:
        raise ProjectError("This row is not in the project any more: choose another one.")
    return rows[0]


def _answer(db: sqlite_utils.Database, kind: str, row: dict[str, Any], part: str) -> str:
    if kind == "pair" and part in ("first", "second"):
        return str(db.table("responses").get(row[f"{part}_id"])["text"])
    if kind in ("example", "unpaired") and part == "first":
        return str(row["completion"])
    raise ValueError(f"a {kind} has no {part} answer")


def _note(db: sqlite_utils.Database, kind: str, row_id: str, edit: RowEdit) -> None:
    db.table("row_edits").insert(
        {
            "id": new_id(),
            "row_id": row_id,
            "kind": kind,
            "part": edit.part,
            "before": edit.before,
            "after": edit.after,
            "editor": edit.editor,
            "edited_at": edit.edited_at,
        }
    )


def _take_back_verdicts(db: sqlite_utils.Database, pair_id: str) -> None:
    for standing in list(db["standing"].rows_where("pair_id = ?", [pair_id])):
        verdict = db.table("verdicts").get(standing["verdict_id"])
        insert_verdict(
            db,
            Verdict(
                id=new_id(),
                pair_id=pair_id,
                annotator=verdict["annotator"],
                choice=None,
                shown_left=Choice(verdict["shown_left"]),
                created_at=time.time(),
                replaces=verdict["id"],
                source=verdict["source"],
            ),
        )


def _reword(
    db: sqlite_utils.Database, prompt_id: str, messages: Conversation, encoded: str
) -> None:
    """Change a prompt that stands alone in a list; one with answers stays as it is for them."""
    used = db.execute(
        "SELECT EXISTS (SELECT 1 FROM responses WHERE prompt_id = :id)"
        " OR EXISTS (SELECT 1 FROM examples WHERE prompt_id = :id)"
        " OR EXISTS (SELECT 1 FROM unpaired WHERE prompt_id = :id)",
        {"id": prompt_id},
    ).fetchone()[0]
    if used:
        raise ProjectError(
            "This prompt has answers already, which were given to it as it is: add the new"
            " wording as a prompt of its own."
        )
    key = prompt_key(encoded)
    if db["prompt_keys"].count_where("key = ?", [key]):
        raise ProjectError("This prompt is in the project already: nothing was changed.")
    text = conversation.plain_text(messages)
    db.table("prompts").update(prompt_id, {"messages": encoded, "text": text})
    db.execute("DELETE FROM prompt_keys WHERE prompt_id = ?", [prompt_id])
    db.execute("INSERT INTO prompt_keys VALUES (?, ?)", [key, prompt_id])


def _copies(db: sqlite_utils.Database, pair: dict[str, Any], prompt_id: str) -> dict[str, str]:
    """The pair's responses again, as answers to another prompt."""
    made = {}
    for name in ("first_id", "second_id"):
        response = db.table("responses").get(pair[name])
        origin = Origin.from_json(json.loads(response["origin"]))
        made[name] = insert_response(
            db, prompt_id, response["text"], origin, parent_id=response["id"]
        )
    return made
