"""Exports of Label Studio for two answers side by side: a task's data and its annotations.

{"data": {"prompt": "…", "answer1": "…", "answer2": "…"},
 "annotations": [{"result": [{"type": "pairwise", "value": {"selected": "left"}}],
                  "completed_by": 1, "lead_time": 4.2, "was_cancelled": false}]}

Left is the first answer. A tie is written as a choice, since pairwise knows none, and how much
better an answer is as a rating of 1 to 3 named `strength`. Leaves out: all other controls of a
task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.preferences import Choice, Strength
from workbench.formats.fields import Fields, from_cell
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import own_columns
from workbench.formats.forms.texts import prompt_value
from workbench.formats.records import BadRowError, Judgement, Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import choice_of_word, iso_time, judged_pair, one_each

_STRENGTH = "strength"
_SIDES = {Choice.FIRST: "left", Choice.SECOND: "right"}
_OF_ANNOTATION = {Role.ELAPSED: "lead_time", Role.CREATED_AT: "created_at"}


def unfold(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bring what is in `data` to the top."""
    data = from_cell(row.get("data"))
    if not isinstance(data, Mapping):
        return row
    return {**{name: value for name, value in row.items() if name != "data"}, **data}


def read(fields: Fields) -> Iterator[PairRecord]:
    yield judged_pair(fields, own_columns(fields), one_each(_judgements(fields)))


def write(record: PairRecord) -> dict[str, Any]:
    data = {
        "prompt": prompt_value(record.prompt),
        "answer1": record.first,
        "answer2": record.second,
    }
    return {"data": data, "annotations": [_annotation(each) for each in record.judgements]}


def _judgements(fields: Fields) -> Iterator[Judgement]:
    annotations = from_cell(fields.find(Role.VERDICTS))
    if annotations is None:
        return
    if not isinstance(annotations, list) or not all(isinstance(a, Mapping) for a in annotations):
        raise fields.bad(Role.VERDICTS, "must be a list of annotations")
    for place, annotation in enumerate(annotations):
        choice = _choice(fields, annotation)
        if choice is None:
            continue
        one = Fields(annotation, _OF_ANNOTATION)
        try:
            elapsed_s = None if one.find(Role.ELAPSED) is None else one.number(Role.ELAPSED)
            moment = one.moment(Role.CREATED_AT)
        except BadRowError as error:
            raise fields.bad(Role.VERDICTS, f"has a {error.column} that {error}") from None
        strength = _strength(annotation)
        yield Judgement(choice, _annotator(annotation, place), strength, moment, elapsed_s)


def _choice(fields: Fields, annotation: Mapping[str, Any]) -> Choice | None:
    """What an annotation says of the pair, or None where it says nothing."""
    if annotation.get("was_cancelled"):
        return None
    results = annotation.get("result")
    for result in results if isinstance(results, list) else ():
        value = result.get("value") if isinstance(result, Mapping) else None
        if not isinstance(value, Mapping):
            continue
        said = value.get("selected")
        choices = value.get("choices")
        if said is None and isinstance(choices, list) and len(choices) == 1:
            said = choices[0]
        if said is None:
            continue
        choice = choice_of_word(str(said))
        if choice is None:
            raise fields.bad(Role.VERDICTS, f"selects “{str(said)[:30]}”, which names no side")
        return choice
    return None


def _strength(annotation: Mapping[str, Any]) -> Strength | None:
    """The rating that says how much better; any other rating is of something else."""
    for result in annotation["result"]:
        if isinstance(result, Mapping) and result.get("from_name") == _STRENGTH:
            value = result.get("value")
            rating = value.get("rating") if isinstance(value, Mapping) else None
            if rating in (1, 2, 3):
                return Strength(int(rating))
    return None


def _annotator(annotation: Mapping[str, Any], place: int) -> str:
    person = annotation.get("completed_by")
    if isinstance(person, Mapping):
        person = person.get("email") or person.get("username") or person.get("id")
    return str(person) if isinstance(person, str | int) else f"annotator {place + 1}"


def _annotation(judgement: Judgement) -> dict[str, Any]:
    side = _SIDES.get(judgement.choice)
    result: dict[str, Any] = (
        {"type": "pairwise", "value": {"selected": side}, "from_name": "pairwise"}
        if side
        else {"type": "choices", "value": {"choices": [judgement.choice.value]},
              "from_name": "choice"}
    )  # fmt: skip
    results = [result]
    if judgement.strength is not None:
        rating = {"rating": int(judgement.strength)}
        results.append({"type": "rating", "value": rating, "from_name": _STRENGTH})
    row = {
        "result": [{**each, "to_name": "answer1,answer2"} for each in results],
        "was_cancelled": False,
        "completed_by": judgement.annotator or "unknown",
        "lead_time": judgement.elapsed_s,
        "created_at": iso_time(judgement.created_at),
    }
    return {name: value for name, value in row.items() if value is not None}


FORM = Form(
    name="label-studio",
    title="Label Studio export",
    summary="Tasks with two answers and the annotations of each, as Label Studio exports them.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.PROMPT, "prompt", "question", "instruction", "context", "text"),
        needed(Role.FIRST, "answer1", "answer_1", "response_1", "response1", "left", "answer_a",
               "chosen"),
        needed(Role.SECOND, "answer2", "answer_2", "response_2", "response2", "right", "answer_b",
               "rejected"),
        needed(Role.VERDICTS, "annotations", "completions"),
        column(Role.FIRST_ORIGIN, "answer1_origin"),
        column(Role.SECOND_ORIGIN, "answer2_origin"),
        column(Role.SPLIT, "split"),
    ),
    read=read,
    write=write,
    unfold=unfold,
    tells_ties=True,
    tells_undecided=True,
)  # fmt: skip
