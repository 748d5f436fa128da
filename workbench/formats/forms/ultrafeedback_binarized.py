"""UltraFeedback made into pairs: whole conversations, the prompt once more as text, two scores.

{"prompt", "prompt_id", "chosen": [messages], "rejected": [messages], "messages", "score_chosen",
"score_rejected"}

Scores are read past, and written only as 1 and 0: the better and the worse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import plain_text
from workbench.core.preferences import Choice
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import common_prompt
from workbench.formats.forms.texts import whole
from workbench.formats.records import Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, pair


def read(fields: Fields) -> Iterator[PairRecord]:
    roles = (Role.CHOSEN, Role.REJECTED)
    answers = common_prompt(fields, fields.messages(roles[0]), fields.messages(roles[1]), roles)
    yield pair(fields, answers, Choice.FIRST)


def write(record: PairRecord) -> dict[str, Any]:
    prompt = next((message.content for message in record.prompt if message.role == "user"), None)
    text = plain_text(record.prompt)
    chosen = whole(record.prompt, record.first)
    return {
        "prompt": prompt if prompt is not None else text,
        "prompt_id": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "chosen": chosen,
        "rejected": whole(record.prompt, record.second),
        "messages": chosen,
        "score_chosen": 1.0,
        "score_rejected": 0.0,
    }


FORM = Form(
    name="ultrafeedback-binarized",
    title="UltraFeedback binarized",
    summary="A chosen and a rejected conversation with a prompt id and scores.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.CHOSEN, "chosen"),
        needed(Role.REJECTED, "rejected"),
        needed(Role.MESSAGES, "messages"),
        column(Role.FIRST_ORIGIN, "chosen_origin"),
        column(Role.SECOND_ORIGIN, "rejected_origin"),
        *PROVENANCE,
    ),
    read=read,
    write=write,
    recognises=lambda fields: fields.holds_messages(Role.CHOSEN),
)
