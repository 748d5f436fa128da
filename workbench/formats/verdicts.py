"""Who said what of a pair, as files have it: a word for the better side, or every verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.core.preferences import Choice, Strength
from workbench.formats.fields import Fields
from workbench.formats.form import Column, column
from workbench.formats.forms.answers import Answers
from workbench.formats.records import BadRowError, Judgement, PairRecord
from workbench.formats.roles import Role

# What most forms may have beside the answers; exports with provenance do.
PROVENANCE: tuple[Column, ...] = (
    column(Role.VERDICTS, "verdicts"),
    column(Role.STRENGTH, "strength"),
    column(Role.ANNOTATOR, "annotator", "annotator_id", "rater", "labeler"),
    column(Role.CREATED_AT, "created_at"),
    column(Role.ELAPSED, "elapsed_s"),
    column(Role.BY_RULE, "verdict_source"),
    column(Role.SPLIT, "split"),
    column(Role.SOURCE, "source"),
)

_FIRST = (
    "first chosen a model_a 1 left response_1 response1 response_a answer_a output_1 response-1"
)
_SECOND = "second rejected b model_b 2 right response_2 response2 response_b answer_b output_2"
_CHOICES: dict[str, Choice] = {
    **dict.fromkeys(_FIRST.split(), Choice.FIRST),
    **dict.fromkeys([*_SECOND.split(), "response-2"], Choice.SECOND),
    **dict.fromkeys(("tie", "same", "equal", "0", "both", "draw"), Choice.TIE),
    **dict.fromkeys(("both_bad", "tie (bothbad)", "bothbad", "both bad", "neither", "none"),
                    Choice.BOTH_BAD),
    "skip": Choice.SKIP,
}  # fmt: skip
_WORDS = {
    Choice.FIRST: "first", Choice.SECOND: "second", Choice.TIE: "tie",
    Choice.BOTH_BAD: "both_bad", Choice.SKIP: "skip",
}  # fmt: skip
# By their own names: Python 3.11 takes five times as long to find a member of an enumeration.
_VERDICTS = Role.VERDICTS
_BY_RULE = Role.BY_RULE
_ANNOTATOR = Role.ANNOTATOR
_STRENGTH = Role.STRENGTH
_CREATED_AT = Role.CREATED_AT
_ELAPSED = Role.ELAPSED
_FIRST_ORIGIN = Role.FIRST_ORIGIN
_SECOND_ORIGIN = Role.SECOND_ORIGIN
_WINNER = Role.WINNER


def choice_of_word(word: str) -> Choice | None:
    """What `model_a`, `left`, `tie (bothbad)` and the like say; None for any other word."""
    return _CHOICES.get(word.strip().lower())


def winner(fields: Fields) -> Choice | None:
    """The choice in the winner's column: a word, or one of the two answers themselves."""
    if _WINNER not in fields.mapping:
        return None
    value = fields.find(_WINNER)
    if value is None:
        return None
    word = fields.word(_WINNER) or ""
    choice = choice_of_word(word)
    if choice is None:
        for role, meant in ((Role.FIRST, Choice.FIRST), (Role.SECOND, Choice.SECOND)):
            if word == fields.mapping.get(role, "").lower() or value == fields.find(role):
                return meant
        raise fields.bad(_WINNER, f"says “{word[:30]}”, which is neither answer nor a tie")
    return choice


def judgements(fields: Fields, choice: Choice | None) -> list[Judgement]:
    """Every verdict that the row names, else the one choice that it stands for."""
    mapping = fields.mapping
    by_rule = _BY_RULE in mapping and fields.word(_BY_RULE) == "rule"
    if _VERDICTS in mapping and fields.find(_VERDICTS) is not None:
        return _every_verdict(fields, by_rule)
    if choice is None:
        return []
    return [
        Judgement(
            choice,
            annotator=(fields.word_as_written(_ANNOTATOR) or "") if _ANNOTATOR in mapping else "",
            strength=fields.strength() if _STRENGTH in mapping else None,
            created_at=fields.moment(_CREATED_AT) if _CREATED_AT in mapping else None,
            elapsed_s=_elapsed(fields) if _ELAPSED in mapping else None,
            by_rule=by_rule,
        )
    ]


def pair(fields: Fields, answers: Answers, choice: Choice | None) -> PairRecord:
    """A record of the row's answers, with all that it says of them and where they are from."""
    return judged_pair(fields, answers, judgements(fields, choice))


def judged_pair(fields: Fields, answers: Answers, found: list[Judgement]) -> PairRecord:
    """As `pair`, where what was said of the answers was read already."""
    return PairRecord(
        *answers,
        found,
        fields.origin(_FIRST_ORIGIN),
        fields.origin(_SECOND_ORIGIN),
        fields.split(),
    )


def provenance(record: PairRecord, first: str, second: str) -> dict[str, Any]:
    """What a form's own fields leave out; `first` and `second` are the names of its sides."""
    extra: dict[str, Any] = {}
    for name, origin in ((first, record.first_origin), (second, record.second_origin)):
        if origin is not None:
            extra[f"{name}_origin"] = origin.to_json()
    if record.judgements:
        extra["verdicts"] = [_verdict_json(each) for each in record.judgements]
        if record.strength is not None:
            extra["strength"] = int(record.strength)
        if record.agreement is not None:
            extra["agreement"] = round(record.agreement, 4)
        if all(each.by_rule for each in record.judgements):
            extra["verdict_source"] = "rule"
    return extra


def iso_time(moment: float | None) -> str | None:
    """Seconds since 1970 as files write it."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()


def winner_first(record: PairRecord) -> PairRecord:
    """The same pair with its winner as the first answer, for forms that call that one chosen."""
    if record.choice is not Choice.SECOND:
        return record
    turned = {Choice.FIRST: Choice.SECOND, Choice.SECOND: Choice.FIRST}
    return PairRecord(
        record.prompt,
        record.second,
        record.first,
        [
            Judgement(
                turned.get(each.choice, each.choice), each.annotator, each.strength,
                each.created_at, each.elapsed_s, each.by_rule,
            )
            for each in record.judgements
        ],
        record.second_origin,
        record.first_origin,
        record.split,
    )  # fmt: skip


def one_each(found: Iterable[Judgement]) -> list[Judgement]:
    """One verdict an annotator: the last one that each of them gave."""
    return list({each.annotator: each for each in found}.values())


def _elapsed(fields: Fields) -> float | None:
    return None if fields.find(_ELAPSED) is None else fields.number(_ELAPSED)


def _verdict_json(judgement: Judgement) -> dict[str, Any]:
    said = {
        "choice": _WORDS[judgement.choice],
        "annotator": judgement.annotator or None,
        "strength": None if judgement.strength is None else int(judgement.strength),
        "created_at": iso_time(judgement.created_at),
        "elapsed_s": judgement.elapsed_s,
    }
    return {name: value for name, value in said.items() if value is not None}


def _every_verdict(fields: Fields, by_rule: bool) -> list[Judgement]:
    value = fields.value(_VERDICTS)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise fields.bad(_VERDICTS, "is no list of verdicts") from None
    if not isinstance(value, list):
        raise fields.bad(_VERDICTS, "must be a list of verdicts")
    return one_each(_verdict(fields, item, by_rule) for item in value)


_OF_ONE = {
    _WINNER: "choice", _ANNOTATOR: "annotator", _STRENGTH: "strength",
    _CREATED_AT: "created_at", _ELAPSED: "elapsed_s",
}  # fmt: skip


def _verdict(fields: Fields, item: Any, by_rule: bool) -> Judgement:
    if not isinstance(item, Mapping):
        raise fields.bad(_VERDICTS, "must hold objects with a choice")
    one = Fields(item, _OF_ONE)
    try:
        choice = winner(one)
        strength = one.strength()
        return Judgement(
            choice if choice is not None else Choice.SKIP,
            one.word_as_written(_ANNOTATOR) or "",
            Strength(strength) if strength is not None else None,
            one.moment(_CREATED_AT),
            _elapsed(one),
            by_rule,
        )
    except BadRowError as error:
        raise fields.bad(_VERDICTS, f"holds a verdict whose {error.column} {error}") from None
