"""Data sets: what was imported or made together, and its rows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlite_utils

from workbench.core import conversation
from workbench.core.conversation import Conversation
from workbench.core.errors import ProjectError
from workbench.core.ids import new_id
from workbench.core.preferences import (
    Choice,
    Origin,
    Prompt,
    Split,
    SupervisedExample,
    Verdict,
)
from workbench.store.bin import not_in_bin
from workbench.store.database import Database
from workbench.store.finished import finished
from workbench.store.labels import insert_verdict
from workbench.store.prompt_keys import encode_messages, prompt_key
from workbench.store.rows import Dataset, NewExample, NewPair, NewPrompt


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    kind: str
    source: str | None
    sha256: str | None


class Datasets:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add_pairs(
        self,
        name: str,
        pairs: Iterable[NewPair],
        *,
        source: str | None = None,
        sha256: str | None = None,
        verdict_source: str = "import",
    ) -> Dataset:
        """Store pairs, all or none. Pairs with a choice get a verdict from `verdict_source`.

        An error raised by the iterable, half way through a file say, leaves the project as it was.
        """

        def change(db: sqlite_utils.Database) -> Dataset:
            dataset_id = _insert_dataset(db, _Source(name, "preference", source, sha256))
            position = _next_position(db, "pairs")
            count = 0
            for count, pair in enumerate(pairs, start=1):
                prompt_id = insert_prompt(db, pair.prompt, pair.split, dataset_id)
                first_id = insert_response(db, prompt_id, pair.first, pair.first_origin)
                second_id = insert_response(db, prompt_id, pair.second, pair.second_origin)
                pair_id = new_id()
                db.table("pairs").insert(
                    {
                        "id": pair_id,
                        "prompt_id": prompt_id,
                        "first_id": first_id,
                        "second_id": second_id,
                        "dataset_id": dataset_id,
                        "position": position + count,
                    }
                )
                if pair.choice is not None:
                    verdict = Verdict(
                        id=new_id(),
                        pair_id=pair_id,
                        annotator=verdict_source,
                        choice=pair.choice,
                        shown_left=Choice.FIRST,
                        created_at=time.time(),
                        source=verdict_source,
                    )
                    insert_verdict(db, verdict)
            return _close_dataset(db, dataset_id, count)

        return self._database.write(change)

    def add_examples(
        self,
        name: str,
        examples: Iterable[NewExample],
        *,
        source: str | None = None,
        sha256: str | None = None,
    ) -> Dataset:
        """Store supervised examples, all or none."""

        def change(db: sqlite_utils.Database) -> Dataset:
            dataset_id = _insert_dataset(db, _Source(name, "supervised", source, sha256))
            count = 0
            for count, example in enumerate(examples, start=1):
                prompt_id = insert_prompt(db, example.prompt, example.split, dataset_id)
                db.table("examples").insert(
                    {
                        "id": new_id(),
                        "prompt_id": prompt_id,
                        "completion": example.completion,
                        "dataset_id": dataset_id,
                        "position": count,
                    }
                )
            return _close_dataset(db, dataset_id, count)

        return self._database.write(change)

    def add_prompts(
        self,
        name: str,
        prompts: Iterable[NewPrompt],
        *,
        source: str | None = None,
        sha256: str | None = None,
    ) -> Dataset:
        """Store prompts without answers, all or none; held-out ones are never trained on."""

        def change(db: sqlite_utils.Database) -> Dataset:
            dataset_id = _insert_dataset(db, _Source(name, "prompts", source, sha256))
            for prompt in prompts:
                prompt_id = insert_prompt(db, prompt.messages, prompt.split, dataset_id)
                if prompt.answer is not None:
                    checked = {"answer": prompt.answer, "answer_check": prompt.check}
                    db.table("prompts").update(prompt_id, checked)
            # A prompt that was known before stays with the data set that brought it.
            count = db["prompts"].count_where("dataset_id = ?", [dataset_id])
            return _close_dataset(db, dataset_id, count)

        return self._database.write(change)

    def all(self) -> list[Dataset]:
        """Every data set, oldest first."""

        def query(db: sqlite_utils.Database) -> list[Dataset]:
            rows = db["datasets"].rows_where(finished("id"), order_by="created_at, id")
            return [_dataset(row) for row in rows]

        return self._database.read(query)

    def with_sha256(self, sha256: str) -> Dataset | None:
        """The data set that was read from a file with this content, or None."""

        def query(db: sqlite_utils.Database) -> Dataset | None:
            rows = list(
                db["datasets"].rows_where(f"sha256 = ? AND {finished('id')}", [sha256], limit=1)
            )
            return _dataset(rows[0]) if rows else None

        return self._database.read(query)

    def prompts(self, split: Split) -> list[Prompt]:
        """Every prompt of a split, in the order of import."""

        def query(db: sqlite_utils.Database) -> list[Prompt]:
            rows = db["prompts"].rows_where(
                f"split = ? AND {finished()} AND {not_in_bin('prompts.id')}",
                [split],
                order_by="dataset_id, position",
            )
            return [prompt_of_row(row) for row in rows]

        return self._database.read(query)

    def examples(self, dataset_ids: Sequence[str] = ()) -> list[tuple[Prompt, SupervisedExample]]:
        """Supervised examples that may train: all, or those of some data sets."""
        where, values = _one_of("examples.dataset_id", dataset_ids)
        sql = f"""
            SELECT examples.id AS example_id, examples.completion, prompts.*
            FROM examples JOIN prompts ON prompts.id = examples.prompt_id
            WHERE prompts.split = 'train' AND {where} AND {finished("examples.dataset_id")}
                AND {not_in_bin("examples.id")}
            ORDER BY examples.dataset_id, examples.position
        """

        def query(db: sqlite_utils.Database) -> list[tuple[Prompt, SupervisedExample]]:
            found = []
            for row in db.query(sql, values):
                prompt = prompt_of_row(row)
                example = SupervisedExample(prompt.messages, row["completion"], row["example_id"])
                found.append((prompt, example))
            return found

        return self._database.read(query)


def insert_prompt(
    db: sqlite_utils.Database, messages: Conversation, split: Split, dataset_id: str
) -> str:
    """Return the id of the prompt with these messages, made now if it is new.

    A prompt that was held out once stays held out, wherever else it appears.
    """
    encoded = encode_messages(messages)
    key = prompt_key(encoded)
    found = db.execute(_FIND_PROMPT, [key]).fetchone()
    if found:
        prompt_id, known_split, is_unfinished = found
        # One that an import is bringing in is taken over, so that giving that import up leaves it.
        if (split is Split.HELD_OUT and known_split != split) or is_unfinished:
            changed = {"split": max(split, known_split, key=_is_held_out), "dataset_id": dataset_id}
            db.table("prompts").update(prompt_id, changed)
        return str(prompt_id)
    prompt_id = new_id()
    db.table("prompts").insert(
        {
            "id": prompt_id,
            "messages": encoded,
            "text": conversation.plain_text(messages),
            "split": split.value,
            "dataset_id": dataset_id,
            "position": _next_position(db, "prompts") + 1,
        }
    )
    db.execute("INSERT INTO prompt_keys VALUES (?, ?)", [key, prompt_id])
    return prompt_id


_FIND_PROMPT = """
    SELECT prompts.id, prompts.split, prompts.dataset_id IN (SELECT dataset_id FROM unfinished)
    FROM prompt_keys JOIN prompts ON prompts.id = prompt_keys.prompt_id WHERE prompt_keys.key = ?
"""


def _is_held_out(split: str) -> bool:
    return split == Split.HELD_OUT


def insert_response(
    db: sqlite_utils.Database,
    prompt_id: str,
    text: str,
    origin: Origin,
    parent_id: str | None = None,
) -> str:
    response_id = new_id()
    db.table("responses").insert(
        {
            "id": response_id,
            "prompt_id": prompt_id,
            "text": text,
            "origin": json.dumps(origin.to_json(), ensure_ascii=False),
            "parent_id": parent_id,
            "created_at": time.time(),
        }
    )
    return response_id


def prompt_of_row(row: dict[str, Any]) -> Prompt:
    return Prompt(
        row["id"], conversation.from_json(json.loads(row["messages"])), Split(row["split"])
    )


def _insert_dataset(db: sqlite_utils.Database, source: _Source) -> str:
    dataset_id = new_id()
    db.table("datasets").insert(
        {
            "id": dataset_id,
            "name": source.name,
            "kind": source.kind,
            "source": source.source,
            "sha256": source.sha256,
            "row_count": 0,
            "created_at": time.time(),
        }
    )
    return dataset_id


def _close_dataset(db: sqlite_utils.Database, dataset_id: str, count: int) -> Dataset:
    if count == 0:
        raise ProjectError(
            "Nothing was imported, because there is nothing new in it: choose another file."
        )
    db.table("datasets").update(dataset_id, {"row_count": count})
    return _dataset(db.table("datasets").get(dataset_id))


def _dataset(row: dict[str, Any]) -> Dataset:
    return Dataset(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        source=row["source"],
        row_count=row["row_count"],
        created_at=row["created_at"],
    )


def _next_position(db: sqlite_utils.Database, table: str) -> int:
    row = db.execute(f"SELECT max(position) FROM {table}").fetchone()
    return int(row[0] or 0)


def _one_of(column: str, values: Sequence[str]) -> tuple[str, list[str]]:
    if not values:
        return "1", []
    return f"{column} IN ({', '.join('?' * len(values))})", list(values)
