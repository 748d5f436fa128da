"""One row whole: every text, where it came from, what was said of it and changed in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import sqlite_utils

from workbench.core.preferences import Origin, OriginKind, Prompt, Response, Verdict
from workbench.store.bin import TABLES
from workbench.store.database import Database
from workbench.store.datasets import prompt_of_row
from workbench.store.labels import Labels
from workbench.store.open_pairs import kept_from
from workbench.store.reading import reading
from workbench.store.row_edits import RowEdit, RowEdits
from workbench.store.tags import Tags


@dataclass(frozen=True, slots=True)
class RowDetail:
    """A row as a person reads it. `answers` are two for a pair, one for an example
    or an unpaired answer (which is `desirable` or not), else none. A pair that `is_gold` tests
    annotators. Of a pair that `is_kept_back` only the onlooker's own verdicts are told, as they
    have yet to judge it.
    """

    kind: str
    id: str
    dataset_id: str
    dataset_name: str
    prompt: Prompt
    answers: tuple[Response, ...]
    verdicts: tuple[Verdict, ...]
    standing_ids: frozenset[str]
    edits: tuple[RowEdit, ...]
    tags: tuple[str, ...]
    right_answer: str | None = None
    desirable: bool | None = None
    is_gold: bool = False
    is_kept_back: bool = False


_UNKNOWN = Origin(OriginKind.IMPORTED)


def read_row(database: Database, kind: str, row_id: str, onlooker: str = "") -> RowDetail | None:
    """The row with this id, or None when it is not there.

    What others said of a pair is kept from an annotator who looks on and has yet to judge it.
    """
    edits = tuple(RowEdits(database).history(row_id))
    tags = tuple(Tags(database).of(row_id))
    verdicts = tuple(Labels(database).history(row_id)) if kind == "pair" else ()

    def query(db: sqlite_utils.Database) -> RowDetail | None:
        rows = list(db[TABLES[kind]].rows_where("id = ?", [row_id], limit=1))
        if not rows:
            return None
        row = rows[0]
        prompt = row if kind == "prompt" else db.table("prompts").get(row["prompt_id"])
        standing = db["standing"].rows_where("pair_id = ?", [row_id])
        return RowDetail(
            kind=kind,
            id=row_id,
            dataset_id=row["dataset_id"],
            dataset_name=db.table("datasets").get(row["dataset_id"])["name"],
            prompt=prompt_of_row(prompt),
            answers=_answers(db, kind, row),
            verdicts=verdicts,
            standing_ids=frozenset(str(item["verdict_id"]) for item in standing),
            edits=edits,
            tags=tags,
            right_answer=prompt["answer"],
            desirable=bool(row["desirable"]) if kind == "unpaired" else None,
            is_gold=kind == "pair" and db["gold"].count_where("pair_id = ?", [row_id]) > 0,
        )

    detail = database.read(query)
    if detail is None or kind != "pair" or not onlooker:
        return detail
    return _without_others(database, detail, onlooker)


def _without_others(database: Database, detail: RowDetail, onlooker: str) -> RowDetail:
    with reading(database.path) as db:
        sql = "SELECT rowid FROM pairs WHERE id = ?"
        if not kept_from(db, db.execute(sql, [detail.id]).fetchone() or (), onlooker):
            return detail
    own = tuple(verdict for verdict in detail.verdicts if verdict.annotator == onlooker)
    return replace(detail, verdicts=own, is_gold=False, is_kept_back=True)


def _answers(db: sqlite_utils.Database, kind: str, row: dict[str, Any]) -> tuple[Response, ...]:
    if kind == "prompt":
        return ()
    if kind == "pair":
        return (_response(db, row["first_id"]), _response(db, row["second_id"]))
    origin = Origin.from_json(json.loads(row["origin"])) if row["origin"] else _UNKNOWN
    return (Response(row["id"], row["completion"], origin),)


def _response(db: sqlite_utils.Database, response_id: str) -> Response:
    row = db.table("responses").get(response_id)
    origin = Origin.from_json(json.loads(row["origin"]))
    return Response(row["id"], row["text"], origin, row["parent_id"])
