"""NVIDIA's HelpSteer 2 and 3 preferences: two responses and a signed strength.

    2  {"prompt", "response_1", "response_2", "preference_strength": -3 … 3}
    3  {"context": [messages], "response1", "response2", "overall_preference": -3 … 3,
        "individual_preference": [{"score", "reasoning"}]}

A negative number prefers the first response, 0 is a tie. Leaves out: what single people said
and why, which have no names there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.conversation import to_json
from workbench.core.preferences import Choice, Strength
from workbench.formats.fields import Fields, describe
from workbench.formats.form import Column, Form, column, needed
from workbench.formats.forms.texts import prompt_value
from workbench.formats.records import BadRowError, Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, judgements

_BESIDE = tuple(each for each in PROVENANCE if each.role not in {Role.STRENGTH, Role.SOURCE})


def read(fields: Fields) -> Iterator[PairRecord]:
    signed = _signed(fields)
    choice = Choice.TIE if signed == 0 else Choice.FIRST if signed < 0 else Choice.SECOND
    found = judgements(Fields(fields.row, _without_strength(fields)), choice)
    if fields.find(Role.VERDICTS) is None:
        found[0].strength = Strength(abs(signed)) if signed else None
    yield PairRecord(
        fields.prompt(),
        fields.text(Role.FIRST),
        fields.text(Role.SECOND),
        found,
        fields.origin(Role.FIRST_ORIGIN),
        fields.origin(Role.SECOND_ORIGIN),
        fields.split(),
    )


def write_2(record: PairRecord) -> dict[str, Any]:
    return {
        "prompt": prompt_value(record.prompt),
        "response_1": record.first,
        "response_2": record.second,
        "preference_strength": _number(record),
    }


def write_3(record: PairRecord) -> dict[str, Any]:
    return {
        "context": to_json(record.prompt),
        "response1": record.first,
        "response2": record.second,
        "overall_preference": _number(record),
    }


def _signed(fields: Fields) -> int:
    number = fields.number(Role.STRENGTH)
    if number not in range(-3, 4):
        raise fields.bad(Role.STRENGTH, f"must be -3 to 3, but it is {describe(number)}")
    return int(number)


def _without_strength(fields: Fields) -> dict[Role, str]:
    return {role: name for role, name in fields.mapping.items() if role is not Role.STRENGTH}


def _number(record: PairRecord) -> int:
    strength = int(record.strength or Strength.SLIGHTLY)
    if record.choice is Choice.BOTH_BAD:
        raise BadRowError(None, "this form can't say that both answers are bad")
    return {Choice.FIRST: -strength, Choice.SECOND: strength}.get(record.choice or Choice.TIE, 0)


def _columns(prompt: str, first: str, second: str, strength: str) -> tuple[Column, ...]:
    return (
        needed(Role.PROMPT, prompt),
        needed(Role.FIRST, first),
        needed(Role.SECOND, second),
        needed(Role.STRENGTH, strength),
        column(Role.FIRST_ORIGIN, f"{first}_origin"),
        column(Role.SECOND_ORIGIN, f"{second}_origin"),
        column(Role.SOURCE, "domain", "source"),
        *_BESIDE,
    )


HELPSTEER_2 = Form(
    name="helpsteer2",
    title="HelpSteer2 preferences",
    summary="A prompt, two responses and a strength from -3 (the first) to 3 (the second).",
    kind=Kind.PREFERENCE,
    columns=_columns("prompt", "response_1", "response_2", "preference_strength"),
    read=read,
    write=write_2,
    tells_ties=True,
)
HELPSTEER_3 = Form(
    name="helpsteer3",
    title="HelpSteer3 preferences",
    summary="A conversation, two responses and a preference from -3 (the first) to 3.",
    kind=Kind.PREFERENCE,
    columns=_columns("context", "response1", "response2", "overall_preference"),
    read=read,
    write=write_3,
    tells_ties=True,
)
