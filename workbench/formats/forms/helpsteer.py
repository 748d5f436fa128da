"""NVIDIA's HelpSteer 2 and 3 preferences: two responses and a signed strength.

    2  {"prompt", "response_1", "response_2", "preference_strength": -3 … 3}
    3  {"context": [messages], "response1", "response2", "overall_preference": -3 … 3,
        "individual_preference": [{"score", "reasoning"}]}

A negative number prefers the first response, 0 is a tie. Single people have no names there: they
come in as annotator 1, 2 and so on where all are of the side that the whole says, and their mean is
its strength; else the whole alone counts, as those who made the data settled it. Leaves out: why
they said it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.conversation import to_json
from workbench.core.preferences import Choice, Strength
from workbench.formats.fields import Fields, describe
from workbench.formats.form import Column, Form, column, needed
from workbench.formats.forms.answers import own_columns
from workbench.formats.forms.texts import prompt_value
from workbench.formats.records import BadRowError, Judgement, Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, judged_pair, judgements

_SINGLE = "individual_preference"
_SIGNS = {Choice.FIRST: -1, Choice.TIE: 0, Choice.SECOND: 1}
_BESIDE = tuple(each for each in PROVENANCE if each.role not in {Role.STRENGTH, Role.SOURCE})


def read(fields: Fields) -> Iterator[PairRecord]:
    signed = _signed(fields)
    choice = _side(signed)
    found = judgements(Fields(fields.row, _without_strength(fields)), choice)
    if fields.find(Role.VERDICTS) is None:
        found[0].strength = Strength(abs(signed)) if signed else None
        found = _single_people(fields, found[0]) or found
    yield judged_pair(fields, own_columns(fields), found)


def write_2(record: PairRecord) -> dict[str, Any]:
    return {
        "prompt": prompt_value(record.prompt),
        "response_1": record.first,
        "response_2": record.second,
        "preference_strength": _number(record),
    }


def write_3(record: PairRecord) -> dict[str, Any]:
    row = {
        "context": to_json(record.prompt),
        "response1": record.first,
        "response2": record.second,
        "overall_preference": _number(record),
    }
    if len(record.judgements) > 1 and all(each.choice in _SIGNS for each in record.judgements):
        row[_SINGLE] = [{"score": _score(each)} for each in record.judgements]
    return row


def _side(signed: int) -> Choice:
    return Choice.TIE if signed == 0 else Choice.FIRST if signed < 0 else Choice.SECOND


def _single_people(fields: Fields, whole: Judgement) -> list[Judgement]:
    """What single people said, where it amounts to what the row as a whole says; else nothing."""
    single = fields.row.get(_SINGLE)
    scores = [
        each.get("score") if isinstance(each, Mapping) else None
        for each in (single if isinstance(single, list) else ())
    ]
    said = [
        Judgement(
            _side(score), f"annotator {place}", Strength(abs(score)) if score else None,
            whole.created_at, whole.elapsed_s, whole.by_rule,
        )
        for place, score in enumerate(scores, start=1)
        if isinstance(score, int) and -3 <= score <= 3
    ]  # fmt: skip
    record = PairRecord((), "", "", said)
    amounts_to_it = record.strength == whole.strength and len(said) == len(scores)
    return said if amounts_to_it and all(each.choice is whole.choice for each in said) else []


def _score(judgement: Judgement) -> int:
    return _SIGNS[judgement.choice] * int(judgement.strength or Strength.SLIGHTLY)


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
    return _SIGNS.get(record.choice or Choice.TIE, 0) * strength


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
