"""TRL's preference forms: a prompt, the better answer and the worse one.

    standard        {"prompt": "…", "chosen": "…", "rejected": "…"}
    conversational  {"prompt": [messages], "chosen": [messages], "rejected": [messages]}
    implicit        the same without "prompt": what both answers begin with is the prompt

Written in each of the three shapes. Leaves out: answers of several turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.core.conversation import plain_text, to_json
from workbench.core.preferences import Choice
from workbench.formats.fields import Fields, describe
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import Answers, after_prompt, common_prompt, common_text
from workbench.formats.forms.texts import answer_messages, whole
from workbench.formats.records import Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, pair

# By their own names: Python 3.11 takes five times as long to find a member of an enumeration.
_PROMPT = Role.PROMPT
_CHOSEN = Role.CHOSEN
_REJECTED = Role.REJECTED


def read(fields: Fields) -> Iterator[PairRecord]:
    yield pair(fields, _answers(fields), Choice.FIRST)


def _answers(fields: Fields) -> Answers:
    chosen, rejected = fields.value(_CHOSEN), fields.value(_REJECTED)
    has_prompt = fields.find(_PROMPT) is not None
    if fields.holds_messages(_CHOSEN) and fields.holds_messages(_REJECTED):
        better, worse = fields.messages(_CHOSEN), fields.messages(_REJECTED)
        if not has_prompt:
            prompt, first, second = common_prompt(fields, better, worse, (_CHOSEN, _REJECTED))
            return fields.with_system(prompt), first, second
        prompt = fields.prompt()
        return (
            prompt,
            after_prompt(fields, prompt, better, _CHOSEN),
            after_prompt(fields, prompt, worse, _REJECTED),
        )
    if isinstance(chosen, str) and isinstance(rejected, str):
        if _PROMPT in fields.mapping:
            return fields.prompt(), chosen, rejected
        return common_text(fields, chosen, rejected)
    raise fields.bad(
        _REJECTED if isinstance(chosen, str) else _CHOSEN,
        "the answers must both be text or both be messages, but they are"
        f" {describe(chosen)} and {describe(rejected)}",
    )


def write_conversational(record: PairRecord) -> dict[str, Any]:
    return {
        "prompt": to_json(record.prompt),
        "chosen": answer_messages(record.first),
        "rejected": answer_messages(record.second),
    }


def write_standard(record: PairRecord) -> dict[str, Any]:
    return {
        "prompt": plain_text(record.prompt),
        "chosen": record.first,
        "rejected": record.second,
    }


def write_implicit(record: PairRecord) -> dict[str, Any]:
    return {
        "chosen": whole(record.prompt, record.first),
        "rejected": whole(record.prompt, record.second),
    }


FORM = Form(
    name="trl-preference",
    title="TRL preference",
    summary="A prompt, a chosen and a rejected answer, as text or as messages.",
    kind=Kind.PREFERENCE,
    columns=(
        column(_PROMPT, "prompt", "question", "instruction", "query", "input", "context"),
        column(Role.SYSTEM, "system", "system_prompt"),
        needed(_CHOSEN, "chosen", "chosen_response", "preferred", "better", "accepted", "pos"),
        needed(_REJECTED, "rejected", "rejected_response", "dispreferred", "worse", "neg"),
        column(Role.FIRST_ORIGIN, "chosen_origin", "chosen_model", "model_chosen"),
        column(Role.SECOND_ORIGIN, "rejected_origin", "rejected_model", "model_rejected"),
        *PROVENANCE,
    ),
    read=read,
    write=write_conversational,
    other_names=("trl-preference-conversational",),
)
STANDARD = replace(
    FORM, name="trl-preference-text", title="TRL preference, as text",
    summary="A prompt, a chosen and a rejected answer, each as plain text.",
    write=write_standard, other_names=("trl-preference-standard",),
    recognises=lambda fields: (
        _PROMPT in fields.mapping and not fields.holds_messages(_CHOSEN)
    ),
)  # fmt: skip
IMPLICIT = replace(
    FORM, name="trl-preference-implicit", title="TRL preference, prompt inside",
    summary="Two conversations that begin with the same prompt.",
    write=write_implicit, other_names=(),
    recognises=lambda fields: _PROMPT not in fields.mapping,
)  # fmt: skip
