r"""Prompts without answers to learn from, some with an answer that can be checked.

    ours    {"prompt": "…" or [messages], "split": "held_out", "answer": "42", "check": "number"}
    GSM8K   {"question": "…", "answer": "…steps…\n#### 72"}

`check` is exact or number; without it an answer that is a number is checked as a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import user
from workbench.core.preferences import Split
from workbench.formats.fields import Fields, describe
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.texts import prompt_value
from workbench.formats.records import Check, Kind, PromptRecord
from workbench.formats.roles import Role

_MARK = "####"


def read(fields: Fields) -> Iterator[PromptRecord]:
    answer = fields.word_as_written(Role.ANSWER)
    if answer is None or not answer.strip():
        yield PromptRecord(fields.prompt(), split=fields.split())
        return
    yield PromptRecord(fields.prompt(), answer, _check(fields, answer), fields.split())


def read_gsm8k(fields: Fields) -> Iterator[PromptRecord]:
    _, mark, result = fields.text(Role.ANSWER).rpartition(_MARK)
    number = result.strip().replace(",", "")
    if not mark or not _is_number(number):
        raise fields.bad(Role.ANSWER, "must end with #### and a number")
    yield PromptRecord(user(fields.filled_text(Role.PROMPT)), number, Check.NUMBER, fields.split())


def write(record: PromptRecord) -> dict[str, Any]:
    row: dict[str, Any] = {"prompt": prompt_value(record.prompt)}
    if record.split is not Split.TRAIN:
        row["split"] = record.split.value
    if record.answer is not None and record.check is not None:
        row |= {"answer": record.answer, "check": record.check.value}
    return row


def _check(fields: Fields, answer: str) -> Check:
    word = fields.word(Role.CHECK)
    if word is None:
        return Check.NUMBER if _is_number(answer) else Check.EXACT
    if word not in set(Check):
        raise fields.bad(Role.CHECK, f"must be exact or number, but it is {describe(word)}")
    if word == Check.NUMBER and not _is_number(answer):
        raise fields.bad(Role.ANSWER, f"must be a number to be checked as one: {describe(answer)}")
    return Check(word)


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False


FORM = Form(
    name="prompts",
    title="Prompts",
    summary="Prompts without answers to learn from, some with a right answer to check.",
    kind=Kind.PROMPTS,
    columns=(
        needed(Role.PROMPT, "prompt", "question", "instruction", "query", "problem", "text"),
        column(Role.SYSTEM, "system", "system_prompt"),
        column(Role.ANSWER, "answer", "solution", "ground_truth", "target"),
        column(Role.CHECK, "check"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
)
GSM8K = Form(
    name="gsm8k",
    title="GSM8K problems",
    summary="Questions whose answers end with #### and a number, which can be checked.",
    kind=Kind.PROMPTS,
    columns=(
        needed(Role.PROMPT, "question"),
        needed(Role.ANSWER, "answer"),
        column(Role.SPLIT, "split"),
    ),
    read=read_gsm8k,
    recognises=lambda fields: _MARK in str(fields.find(Role.ANSWER)),
)
