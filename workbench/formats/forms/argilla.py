"""Exports of Argilla: fields of a record, and what each person answered to a question about them.

    flat    {"prompt": "…", "response_1": "…", "response_2": "…", "Q.responses": ["response_1"],
             "Q.responses.users": ["…"], "Q.responses.status": ["submitted"]}
    nested  {"fields": {…}, "responses": {"Q": [{"value": "response_1", "user_id": "…"}]}}

An answer is a label that names a side, or a ranking of both. How much better it is may be the
answer, 1 to 3, to a rating question named `strength`. Drafts and discarded answers are passed over,
suggestions too: they are no verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.preferences import Choice, Strength
from workbench.formats.fields import Fields, from_cell
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import own_columns
from workbench.formats.forms.texts import prompt_value
from workbench.formats.records import Judgement, Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import choice_of_word, judged_pair, one_each

_LABELS = {
    Choice.FIRST: "response_1", Choice.SECOND: "response_2", Choice.TIE: "tie",
    Choice.BOTH_BAD: "both_bad", Choice.SKIP: "skip",
}  # fmt: skip


def unfold(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bring a nested record into the flat form."""
    fields, responses = row.get("fields"), row.get("responses")
    if not isinstance(fields, Mapping):
        return row
    flat = {name: value for name, value in row.items() if name not in {"fields", "responses"}}
    flat |= fields
    for question, given in responses.items() if isinstance(responses, Mapping) else ():
        answers = [each for each in given if isinstance(each, Mapping)] if isinstance(
            given, list
        ) else []  # fmt: skip
        flat[f"{question}.responses"] = [each.get("value") for each in answers]
        flat[f"{question}.responses.users"] = [each.get("user_id") for each in answers]
        flat[f"{question}.responses.status"] = [each.get("status") for each in answers]
    return flat


def read(fields: Fields) -> Iterator[PairRecord]:
    yield judged_pair(fields, own_columns(fields), one_each(_judgements(fields)))


def write(record: PairRecord) -> dict[str, Any]:
    said = record.judgements
    row: dict[str, Any] = {
        "prompt": prompt_value(record.prompt),
        "response_1": record.first,
        "response_2": record.second,
        "preference.responses": [_LABELS[each.choice] for each in said],
        "preference.responses.users": [each.annotator for each in said],
        "preference.responses.status": ["submitted"] * len(said),
    }
    rated = [each for each in said if each.strength is not None]
    if rated:
        row |= {
            "strength.responses": [int(each.strength or 0) for each in rated],
            "strength.responses.users": [each.annotator for each in rated],
            "strength.responses.status": ["submitted"] * len(rated),
        }
    return row


def _judgements(fields: Fields) -> Iterator[Judgement]:
    values = _list(fields, Role.WINNER)
    users = _beside(fields, Role.WINNER, "users") or _list(fields, Role.ANNOTATOR)
    statuses = _beside(fields, Role.WINNER, "status") or _list(fields, Role.STATUS)
    strengths = _strengths(fields)
    for place, value in enumerate(values):
        if place < len(statuses) and statuses[place] in ("draft", "discarded"):
            continue
        user = users[place] if place < len(users) else None
        name = user if isinstance(user, str) else f"annotator {place + 1}"
        yield Judgement(_choice(fields, value), name, strengths.get(name))


def _strengths(fields: Fields) -> dict[str, Strength]:
    """How much better each person found the winner, where they rated that."""
    ratings = _list(fields, Role.STRENGTH)
    users = _beside(fields, Role.STRENGTH, "users")
    found: dict[str, Strength] = {}
    for place, rating in enumerate(ratings):
        user = users[place] if place < len(users) else None
        name = user if isinstance(user, str) else f"annotator {place + 1}"
        if rating in (1, 2, 3):
            found[name] = Strength(int(rating))
    return found


def _choice(fields: Fields, value: Any) -> Choice:
    if isinstance(value, list):
        return _choice_of_ranking(fields, value)
    choice = _side(fields, value)
    if choice is None:
        raise fields.bad(Role.WINNER, f"holds the answer “{str(value)[:30]}”, which names no side")
    return choice


def _choice_of_ranking(fields: Fields, ranking: list[Any]) -> Choice:
    ranks: dict[Choice | None, Any] = {
        _side(fields, each.get("value")): each.get("rank")
        for each in ranking
        if isinstance(each, Mapping)
    }
    first, second = ranks.get(Choice.FIRST), ranks.get(Choice.SECOND)
    if not isinstance(first, int) or not isinstance(second, int):
        raise fields.bad(Role.WINNER, "holds a ranking without a rank for both answers")
    return Choice.TIE if first == second else Choice.FIRST if first < second else Choice.SECOND


def _side(fields: Fields, value: Any) -> Choice | None:
    if not isinstance(value, str | int):
        return None
    for role, choice in ((Role.FIRST, Choice.FIRST), (Role.SECOND, Choice.SECOND)):
        if value == fields.mapping.get(role):
            return choice
    return choice_of_word(str(value))


def _beside(fields: Fields, question: Role, what: str) -> list[Any]:
    """What stands beside the answers to a question, which may be one of several."""
    value = from_cell(fields.row.get(f"{fields.mapping.get(question)}.{what}"))
    return value if isinstance(value, list) else []


def _list(fields: Fields, role: Role) -> list[Any]:
    value = from_cell(fields.find(role))
    if value is None:
        return []
    if not isinstance(value, list):
        raise fields.bad(role, "must be a list, one entry for each person")
    return value


FORM = Form(
    name="argilla",
    title="Argilla export",
    summary="Two answers and what each person said of them, as Argilla exports it.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.PROMPT, "prompt", "instruction", "question", "input", "context"),
        needed(Role.FIRST, "response_1", "response1", "response-1", "generation_1", "answer_1",
               "response_a", "chosen"),
        needed(Role.SECOND, "response_2", "response2", "response-2", "generation_2", "answer_2",
               "response_b", "rejected"),
        column(Role.STRENGTH, "strength.responses"),
        needed(Role.WINNER, "preference.responses", "*.responses"),
        column(Role.ANNOTATOR, "preference.responses.users", "*.responses.users"),
        column(Role.STATUS, "preference.responses.status", "*.responses.status"),
        column(Role.FIRST_ORIGIN, "response_1_origin"),
        column(Role.SECOND_ORIGIN, "response_2_origin"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
    unfold=unfold,
    tells_ties=True,
    tells_undecided=True,
)  # fmt: skip
