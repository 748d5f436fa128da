"""What an export writes, one row at a time: read beside the writer, however much it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from workbench.core import conversation
from workbench.core.preferences import (
    Choice,
    Origin,
    Prompt,
    Response,
    Split,
    Strength,
    Verdict,
)
from workbench.store.bin import not_in_bin
from workbench.store.finished import finished
from workbench.store.prompt_keys import prompt_key
from workbench.store.reading import Stop, reading


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """A prompt, the place between 0 and 1 that its content gives it, and its right answer."""

    prompt: Prompt
    place: float
    answer: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPair:
    """A pair with the verdicts that stand; a gold item only tests annotators."""

    prompt: StoredPrompt
    first: Response
    second: Response
    verdicts: tuple[Verdict, ...]
    is_gold: bool = False


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer to imitate, or, where `desirable` says so, one that is good or bad."""

    prompt: StoredPrompt
    text: str
    origin: Origin | None
    desirable: bool | None = None


_PAIRS = """
    SELECT pairs.rowid AS place, prompts.*, a.id AS first_id, a.text AS first_text,
        a.origin AS first_origin, a.parent_id AS first_parent, b.id AS second_id,
        b.text AS second_text, b.origin AS second_origin, b.parent_id AS second_parent,
        pairs.id AS pair_id, verdicts.id AS verdict_id, verdicts.annotator, verdicts.choice,
        verdicts.shown_left, verdicts.strength, verdicts.elapsed_s, verdicts.created_at,
        verdicts.source, gold.pair_id IS NOT NULL AS is_gold
    FROM pairs JOIN prompts ON prompts.id = pairs.prompt_id
    JOIN responses a ON a.id = pairs.first_id JOIN responses b ON b.id = pairs.second_id
    LEFT JOIN standing ON standing.pair_id = pairs.id
    LEFT JOIN verdicts ON verdicts.id = standing.verdict_id
    LEFT JOIN gold ON gold.pair_id = pairs.id
    WHERE {where}
    ORDER BY pairs.rowid, verdicts.rowid
"""
_ANSWERS = """
    SELECT prompts.*, {table}.completion, {table}.origin AS answer_origin, {desirable} AS desirable
    FROM {table} JOIN prompts ON prompts.id = {table}.prompt_id
    WHERE {where} ORDER BY {table}.rowid
"""
_PROMPTS = "SELECT * FROM prompts WHERE {where} ORDER BY rowid"


def stored_pairs(
    database: Path, dataset_ids: Sequence[str] = (), stop: Stop | None = None
) -> Iterator[StoredPair]:
    """Every pair of all data sets or some."""
    rows = _rows(database, _PAIRS.format(where=_where("pairs", dataset_ids)), dataset_ids, stop)
    for _, group in groupby(rows, key=lambda row: row["place"]):
        verdicts = list(group)
        row = verdicts[0]
        yield StoredPair(
            _prompt(row),
            _response(row, "first"),
            _response(row, "second"),
            tuple(_verdict(each) for each in verdicts if each["verdict_id"] is not None),
            bool(row["is_gold"]),
        )


def stored_examples(
    database: Path, dataset_ids: Sequence[str] = (), stop: Stop | None = None
) -> Iterator[StoredAnswer]:
    """Every answer to imitate, of all data sets or some."""
    return _answers(database, "examples", "NULL", dataset_ids, stop)


def stored_unpaired(
    database: Path, dataset_ids: Sequence[str] = (), stop: Stop | None = None
) -> Iterator[StoredAnswer]:
    """Every single answer that is marked good or bad, of all data sets or some."""
    return _answers(database, "unpaired", "unpaired.desirable", dataset_ids, stop)


def stored_prompts(
    database: Path, dataset_ids: Sequence[str] = (), stop: Stop | None = None
) -> Iterator[StoredPrompt]:
    """Every prompt, of all data sets or some."""
    sql = _PROMPTS.format(where=_where("prompts", dataset_ids))
    return (_prompt(row) for row in _rows(database, sql, dataset_ids, stop))


def _answers(
    database: Path, table: str, desirable: str, dataset_ids: Sequence[str], stop: Stop | None
) -> Iterator[StoredAnswer]:
    where = _where(table, dataset_ids)
    sql = _ANSWERS.format(table=table, desirable=desirable, where=where)
    for row in _rows(database, sql, dataset_ids, stop):
        origin = row["answer_origin"]
        yield StoredAnswer(
            _prompt(row),
            row["completion"],
            Origin.from_json(json.loads(origin)) if origin else None,
            None if row["desirable"] is None else bool(row["desirable"]),
        )


def _where(table: str, dataset_ids: Sequence[str]) -> str:
    among = f"{table}.dataset_id IN ({', '.join('?' * len(dataset_ids))})" if dataset_ids else "1"
    return f"{among} AND {finished(f'{table}.dataset_id')} AND {not_in_bin(f'{table}.id')}"


def _rows(
    database: Path, sql: str, values: Sequence[str], stop: Stop | None
) -> Iterator[sqlite3.Row]:
    with reading(database, stop=stop) as db:
        db.row_factory = sqlite3.Row
        yield from db.execute(sql, list(values))


def _prompt(row: Any) -> StoredPrompt:
    messages = row["messages"]
    prompt = Prompt(row["id"], conversation.from_json(json.loads(messages)), Split(row["split"]))
    key = prompt_key(messages)
    place = int.from_bytes(key[:8], "big") / 2**64
    return StoredPrompt(prompt, place, row["answer"], row["answer_check"])


def _response(row: Any, which: str) -> Response:
    return Response(
        row[f"{which}_id"],
        row[f"{which}_text"],
        Origin.from_json(json.loads(row[f"{which}_origin"])),
        row[f"{which}_parent"],
    )


def _verdict(row: Any) -> Verdict:
    return Verdict(
        id=row["verdict_id"],
        pair_id=row["pair_id"],
        annotator=row["annotator"],
        choice=Choice(row["choice"]),
        shown_left=Choice(row["shown_left"]),
        created_at=row["created_at"],
        elapsed_s=row["elapsed_s"],
        strength=Strength(row["strength"]) if row["strength"] else None,
        source=row["source"],
    )
