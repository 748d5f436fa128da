"""Alpaca's instructions: what to do, perhaps what to do it with, and the answer.

{"instruction": "…", "input": "…", "output": "…"}

Instruction and input become one question with an empty line between them. A longer conversation
has no place in this form and is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import user
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.records import BadRowError, ExampleRecord, Kind
from workbench.formats.roles import Role


def read(fields: Fields) -> Iterator[ExampleRecord]:
    question = fields.filled_text(Role.PROMPT)
    about = fields.optional_text(Role.INPUT)
    if about and about.strip():
        question = f"{question}\n\n{about}"
    prompt = fields.with_system(user(question))
    completion = fields.filled_text(Role.COMPLETION)
    yield ExampleRecord(prompt, completion, fields.origin(Role.ORIGIN), fields.split())


def write(record: ExampleRecord) -> dict[str, Any]:
    *before, question = record.prompt
    if question.role != "user" or any(message.role != "system" for message in before):
        raise BadRowError(None, "a conversation of several turns has no place in this form")
    row = {"instruction": question.content, "input": "", "output": record.completion}
    if before:
        row["system"] = "\n\n".join(message.content for message in before)
    return row


FORM = Form(
    name="alpaca",
    title="Alpaca",
    summary="An instruction, perhaps an input, and the answer to imitate.",
    kind=Kind.SUPERVISED,
    columns=(
        needed(Role.PROMPT, "instruction"),
        column(Role.INPUT, "input"),
        needed(Role.COMPLETION, "output"),
        column(Role.SYSTEM, "system", "system_prompt"),
        column(Role.ORIGIN, "origin", "model"),
        column(Role.SOURCE, "source"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
)
