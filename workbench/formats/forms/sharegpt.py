"""ShareGPT's conversations: `from` says who speaks, `value` what.

{"conversations": [{"from": "human|gpt|system", "value": "…"}]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.conversation import Message
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.messages import split_last
from workbench.formats.records import ExampleRecord, Kind
from workbench.formats.roles import Role

_NAMES = {"system": "system", "user": "human", "assistant": "gpt", "tool": "tool"}


def read(fields: Fields) -> Iterator[ExampleRecord]:
    turns = fields.messages(Role.MESSAGES, "from", "value")
    try:
        prompt, completion = split_last(turns)
    except ValueError as error:
        raise fields.bad(Role.MESSAGES, str(error)) from None
    if not completion.strip():
        raise fields.bad(Role.MESSAGES, "ends with an empty answer")
    origin = fields.origin(Role.ORIGIN)
    yield ExampleRecord(fields.with_system(prompt), completion, origin, fields.split())


def write(record: ExampleRecord) -> dict[str, Any]:
    turns = (*record.prompt, Message("assistant", record.completion))
    return {"conversations": [{"from": _NAMES[turn.role], "value": turn.content} for turn in turns]}


def recognises(fields: Fields) -> bool:
    turns = fields.find(Role.MESSAGES)
    if isinstance(turns, str):  # how a table holds a conversation
        return turns[:2] == "[{" and '"from"' in turns
    return isinstance(turns, list) and all(
        isinstance(turn, Mapping) and "from" in turn for turn in turns
    )


FORM = Form(
    name="sharegpt",
    title="ShareGPT",
    summary="Conversations between human and gpt that end with the answer to imitate.",
    kind=Kind.SUPERVISED,
    columns=(
        needed(Role.MESSAGES, "conversations", "conversation", "messages"),
        column(Role.SYSTEM, "system", "system_prompt"),
        column(Role.ORIGIN, "origin", "model"),
        column(Role.SOURCE, "source"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
    recognises=recognises,
)
