r"""Anthropic's HH-RLHF: two whole transcripts that part at their last answer.

{"chosen": "\n\nHuman: …\n\nAssistant: …", "rejected": "…"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import Conversation, Message
from workbench.core.conversation import Role as Speaker
from workbench.core.preferences import Choice
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import common_prompt
from workbench.formats.records import BadRowError, Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, pair

_TURN = re.compile(r"(?:^|\n\n)(System|Human|Assistant):[ ]?")
_TURN_INSIDE = re.compile(r"\n\n(System|Human|Assistant):")
_SPEAKERS: dict[str, Speaker] = {"System": "system", "Human": "user", "Assistant": "assistant"}
_NAMES = {speaker: name for name, speaker in _SPEAKERS.items()}


def read_transcript(text: str) -> Conversation:
    """The turns of a transcript; raises ValueError."""
    parts = _TURN.split(text.strip())
    if len(parts) < 3 or parts[0].strip():
        raise ValueError("must be a transcript that begins with Human:")
    return tuple(
        Message(_SPEAKERS[name], said.strip())
        for name, said in zip(parts[1::2], parts[2::2], strict=True)
    )


def write_transcript(conversation: Conversation) -> str:
    """The text of a conversation; raises BadRowError for a turn that it has no name for."""
    return "".join(f"\n\n{_name(message)}: {message.content}" for message in conversation)


def read(fields: Fields) -> Iterator[PairRecord]:
    roles = (Role.CHOSEN, Role.REJECTED)
    answers = common_prompt(fields, _turns(fields, roles[0]), _turns(fields, roles[1]), roles)
    yield pair(fields, answers, Choice.FIRST)


def write(record: PairRecord) -> dict[str, Any]:
    prompt = record.prompt
    return {
        "chosen": write_transcript((*prompt, Message("assistant", record.first))),
        "rejected": write_transcript((*prompt, Message("assistant", record.second))),
    }


def recognises(fields: Fields) -> bool:
    chosen = fields.find(Role.CHOSEN)
    return isinstance(chosen, str) and chosen.lstrip().startswith("Human:")


def _turns(fields: Fields, role: Role) -> Conversation:
    try:
        return read_transcript(fields.text(role))
    except ValueError as error:
        raise fields.bad(role, str(error)) from None


def _name(message: Message) -> str:
    if message.role not in _NAMES:
        raise BadRowError(None, "a transcript has no place for what a tool said")
    if _TURN_INSIDE.search(message.content):
        raise BadRowError(None, "a text in it looks like the turns of a transcript itself")
    return _NAMES[message.role]


FORM = Form(
    name="hh-rlhf",
    title="HH-RLHF transcripts",
    summary="Two transcripts with Human: and Assistant: that part at the last answer.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.CHOSEN, "chosen"),
        needed(Role.REJECTED, "rejected"),
        column(Role.FIRST_ORIGIN, "chosen_origin"),
        column(Role.SECOND_ORIGIN, "rejected_origin"),
        *PROVENANCE,
    ),
    read=read,
    write=write,
    recognises=recognises,
)
