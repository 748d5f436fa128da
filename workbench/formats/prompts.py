"""Prompts without answers to learn from, some with an answer that can be checked.

{"prompt": "…" or [messages], "id": "…", "split": "held_out", "answer": "42", "check": "number"}

Only `prompt` is needed. `split` keeps a prompt out of all training; `answer` and `check` say how a
reward function tells whether an answer is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from workbench.core.conversation import Conversation, to_json
from workbench.core.preferences import Split
from workbench.formats.jsonl import Row, read_rows, write_rows


class Check(StrEnum):
    """How an answer is compared with the right one."""

    EXACT = "exact"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One line. `answer` and `check` are there together or not at all."""

    line: int
    prompt: Conversation
    prompt_id: str | None = None
    split: Split = Split.TRAIN
    answer: str | None = None
    check: Check | None = None

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"prompt": to_json(self.prompt)}
        if self.prompt_id is not None:
            row["id"] = self.prompt_id
        if self.split is not Split.TRAIN:
            row["split"] = self.split.value
        if self.answer is not None and self.check is not None:
            row |= {"answer": self.answer, "check": self.check.value}
        return row


def read_prompts(path: Path) -> Iterator[PromptRow]:
    """Every row of the file; raises DataFileError that names the line."""
    for row in read_rows(path):
        answer = row.optional_text("answer")
        yield PromptRow(
            line=row.line,
            prompt=row.prompt(),
            prompt_id=row.optional_text("id"),
            split=_split(row),
            answer=answer,
            check=None if answer is None else _check(row, answer),
        )


def write_prompts(path: Path, rows: Iterable[PromptRow]) -> int:
    """Write one prompt a line, atomically; returns the number of rows."""
    return write_rows(path, (row.to_json() for row in rows))


def _split(row: Row) -> Split:
    value = row.optional_text("split") or Split.TRAIN
    try:
        return Split(value)
    except ValueError as error:
        raise row.problem(f'"split" must be train or held_out, not "{value}".') from error


def _check(row: Row, answer: str) -> Check:
    value = row.optional_text("check") or Check.EXACT
    try:
        check = Check(value)
        if check is Check.NUMBER:
            float(answer)
    except ValueError as error:
        raise row.problem(
            '"check" must be exact, or number with a number as the answer,'
            f' not "{value}" with "{answer}".'
        ) from error
    return check
