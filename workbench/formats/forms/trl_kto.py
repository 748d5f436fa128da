"""TRL's unpaired preference form for KTO: one answer, and whether it is a good one.

{"prompt": "…" or [messages], "completion": "…" or [one message], "label": true}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import to_json
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import after_prompt
from workbench.formats.forms.texts import answer_messages
from workbench.formats.records import Kind, UnpairedRecord
from workbench.formats.roles import Role


def read(fields: Fields) -> Iterator[UnpairedRecord]:
    prompt = fields.prompt()
    if fields.holds_messages(Role.COMPLETION):
        completion = after_prompt(fields, prompt, fields.messages(Role.COMPLETION), Role.COMPLETION)
    else:
        completion = fields.text(Role.COMPLETION)
    desirable = fields.flag(Role.LABEL)
    yield UnpairedRecord(prompt, completion, desirable, fields.origin(Role.ORIGIN), fields.split())


def write(record: UnpairedRecord) -> dict[str, Any]:
    return {
        "prompt": to_json(record.prompt),
        "completion": answer_messages(record.completion),
        "label": record.desirable,
    }


def recognises(fields: Fields) -> bool:
    value = fields.find(Role.LABEL)
    return isinstance(value, bool) or str(value).lower() in {"true", "false", "0", "1"}


FORM = Form(
    name="trl-kto",
    title="TRL KTO",
    summary="A prompt, one answer, and whether it is good.",
    kind=Kind.UNPAIRED,
    columns=(
        needed(Role.PROMPT, "prompt", "question", "instruction"),
        column(Role.SYSTEM, "system", "system_prompt"),
        needed(Role.COMPLETION, "completion", "response", "answer", "output"),
        needed(Role.LABEL, "label", "desirable", "good", "is_good", "thumbs_up", "rating"),
        column(Role.ORIGIN, "origin", "model"),
        column(Role.SOURCE, "source"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
    recognises=recognises,
)
