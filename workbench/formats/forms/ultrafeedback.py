"""UltraFeedback: several answers to an instruction, each with ratings of four qualities.

The best and the worst answer by their mean rating become a pair; a row whose answers are rated
alike has none and is refused. Leaves out: the answers between them, the reasons of the ratings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.records import Judgement, Kind, PairRecord
from workbench.formats.roles import Role

_Rated = tuple[float, str, str | None]


def read(fields: Fields) -> Iterator[PairRecord]:
    rated = _rated_answers(fields)
    if len(rated) < 2:
        raise fields.bad(Role.COMPLETIONS, "must hold at least two answers with ratings")
    best, worst = max(rated, key=lambda each: each[0]), min(rated, key=lambda each: each[0])
    if best[0] == worst[0]:
        raise fields.bad(Role.COMPLETIONS, "holds only answers that are rated alike")
    source = fields.word_as_written(Role.SOURCE)
    yield PairRecord(
        fields.prompt(),
        best[1],
        worst[1],
        [Judgement(Choice.FIRST)],
        Origin(OriginKind.IMPORTED, model=best[2], note=source),
        Origin(OriginKind.IMPORTED, model=worst[2], note=source),
    )


def recognises(fields: Fields) -> bool:
    answers = fields.find(Role.COMPLETIONS)
    return isinstance(answers, list) and all(isinstance(each, Mapping) for each in answers)


def _rated_answers(fields: Fields) -> list[_Rated]:
    answers = fields.value(Role.COMPLETIONS)
    if not isinstance(answers, list):
        raise fields.bad(Role.COMPLETIONS, "must be a list of answers")
    found = []
    for answer in answers:
        text = answer.get("response") if isinstance(answer, Mapping) else None
        if not isinstance(text, str):
            raise fields.bad(Role.COMPLETIONS, "holds an answer without a response")
        rating, model = _mean_rating(answer), answer.get("model")
        if rating is not None:
            found.append((rating, text, model if isinstance(model, str) else None))
    return found


def _mean_rating(answer: Mapping[str, Any]) -> float | None:
    annotations = answer.get("annotations")
    if not isinstance(annotations, Mapping):
        return None
    ratings = [_number(each.get("Rating")) for each in annotations.values()
               if isinstance(each, Mapping)]  # fmt: skip
    known = [rating for rating in ratings if rating is not None]
    return sum(known) / len(known) if known else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e6 else None


FORM = Form(
    name="ultrafeedback",
    title="UltraFeedback",
    summary="An instruction and several rated answers; the best and the worst become a pair.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.PROMPT, "instruction", "prompt"),
        needed(Role.COMPLETIONS, "completions"),
        column(Role.SOURCE, "source"),
    ),
    read=read,
    recognises=recognises,
)
