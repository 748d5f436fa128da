"""Conversations as OpenAI and TRL write them: what comes before the last answer is its prompt.

{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.texts import whole
from workbench.formats.messages import split_last
from workbench.formats.records import ExampleRecord, Kind
from workbench.formats.roles import Role


def read(fields: Fields) -> Iterator[ExampleRecord]:
    try:
        prompt, completion = split_last(fields.messages(Role.MESSAGES))
    except ValueError as error:
        raise fields.bad(Role.MESSAGES, str(error)) from None
    if not completion.strip():
        raise fields.bad(Role.MESSAGES, "ends with an empty answer")
    origin = fields.origin(Role.ORIGIN)
    yield ExampleRecord(fields.with_system(prompt), completion, origin, fields.split())


def write(record: ExampleRecord) -> dict[str, Any]:
    return {"messages": whole(record.prompt, record.completion)}


FORM = Form(
    name="chat-messages",
    title="Chat messages (OpenAI, TRL)",
    summary="A conversation that ends with the answer to imitate.",
    kind=Kind.SUPERVISED,
    columns=(
        needed(Role.MESSAGES, "messages", "conversation", "chat", "dialog", "dialogue"),
        column(Role.SYSTEM, "system", "system_prompt"),
        column(Role.ORIGIN, "origin", "model"),
        column(Role.SOURCE, "source"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
    recognises=lambda fields: fields.holds_messages(Role.MESSAGES),
    other_names=("openai-chat", "messages", "trl-messages"),
)
