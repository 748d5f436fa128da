"""Votes of Chatbot Arena: two conversations that begin alike, and which model won.

{"model_a", "model_b", "winner": "model_a|model_b|tie|tie (bothbad)", "judge",
 "conversation_a": [messages], "conversation_b": [messages], "turn", "tstamp"}

A vote on conversations whose first answers differ already is refused: it is not about one prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.preferences import Choice, Origin
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import common_prompt
from workbench.formats.forms.texts import whole
from workbench.formats.records import Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, pair, winner

_WINNERS = {
    Choice.FIRST: "model_a", Choice.SECOND: "model_b", Choice.TIE: "tie",
    Choice.BOTH_BAD: "tie (bothbad)", Choice.SKIP: "tie",
}  # fmt: skip
_BESIDE = tuple(each for each in PROVENANCE if each.role not in {Role.ANNOTATOR, Role.CREATED_AT})


def read(fields: Fields) -> Iterator[PairRecord]:
    roles = (Role.FIRST, Role.SECOND)
    answers = common_prompt(fields, fields.messages(roles[0]), fields.messages(roles[1]), roles)
    yield pair(fields, answers, winner(fields))


def write(record: PairRecord) -> dict[str, Any]:
    choice = record.choice or Choice.TIE
    times = [each.created_at for each in record.judgements if each.created_at is not None]
    annotators = [each.annotator for each in record.judgements if each.annotator]
    row = {
        "model_a": _model(record.first_origin),
        "model_b": _model(record.second_origin),
        "winner": _WINNERS[choice],
        "judge": annotators[0] if annotators else None,
        "conversation_a": whole(record.prompt, record.first),
        "conversation_b": whole(record.prompt, record.second),
        "turn": sum(message.role == "user" for message in record.prompt),
        "tstamp": times[0] if times else None,
    }
    return {name: value for name, value in row.items() if value is not None}


def _model(origin: Origin | None) -> str:
    return (origin.model if origin else None) or "unknown"


FORM = Form(
    name="arena",
    title="Chatbot Arena votes",
    summary="Two conversations, the models that had them, and which one won.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.FIRST, "conversation_a"),
        needed(Role.SECOND, "conversation_b"),
        needed(Role.WINNER, "winner"),
        column(Role.FIRST_ORIGIN, "conversation_a_origin", "model_a"),
        column(Role.SECOND_ORIGIN, "conversation_b_origin", "model_b"),
        column(Role.ANNOTATOR, "judge"),
        column(Role.CREATED_AT, "tstamp"),
        *_BESIDE,
    ),
    read=read,
    write=write,
    tells_ties=True,
)
