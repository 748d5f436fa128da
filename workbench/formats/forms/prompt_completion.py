"""TRL's prompt-completion form: a prompt and the answer to imitate.

{"prompt": "…" or [messages], "completion": "…" or [one message]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import to_json
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import after_prompt
from workbench.formats.forms.texts import answer_messages
from workbench.formats.records import ExampleRecord, Kind
from workbench.formats.roles import Role


def read(fields: Fields) -> Iterator[ExampleRecord]:
    prompt = fields.prompt()
    if fields.holds_messages(Role.COMPLETION):
        completion = after_prompt(fields, prompt, fields.messages(Role.COMPLETION), Role.COMPLETION)
    else:
        completion = fields.text(Role.COMPLETION)
    if not completion.strip():
        raise fields.bad(Role.COMPLETION, "is empty")
    yield ExampleRecord(prompt, completion, fields.origin(Role.ORIGIN), fields.split())


def write(record: ExampleRecord) -> dict[str, Any]:
    return {"prompt": to_json(record.prompt), "completion": answer_messages(record.completion)}


FORM = Form(
    name="trl-prompt-completion",
    title="TRL prompt-completion",
    summary="A prompt and the answer to imitate.",
    kind=Kind.SUPERVISED,
    columns=(
        needed(Role.PROMPT, "prompt", "question", "instruction", "query", "input"),
        column(Role.SYSTEM, "system", "system_prompt"),
        needed(Role.COMPLETION, "completion", "response", "output", "target", "answer"),
        column(Role.ORIGIN, "origin", "model"),
        column(Role.SOURCE, "source"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
    # A short column named answer is rather the right answer of a prompt: see prompts.py.
    recognises=lambda fields: fields.mapping[Role.COMPLETION].lower() != "answer",
)
