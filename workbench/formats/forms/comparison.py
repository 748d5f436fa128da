"""Two answers to one prompt, judged or not: what a table of comparisons holds.

{"prompt": "…" or [messages], "response_1": "…", "response_2": "…", "winner": "response_1"}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.preferences import Choice
from workbench.formats.fields import Fields
from workbench.formats.form import Form, column, needed
from workbench.formats.forms.answers import own_columns
from workbench.formats.forms.texts import prompt_value
from workbench.formats.records import Kind, PairRecord
from workbench.formats.roles import Role
from workbench.formats.verdicts import PROVENANCE, pair, winner

_WINNERS = {
    Choice.FIRST: "response_1", Choice.SECOND: "response_2", Choice.TIE: "tie",
    Choice.BOTH_BAD: "both_bad", Choice.SKIP: "skip",
}  # fmt: skip


def read(fields: Fields) -> Iterator[PairRecord]:
    yield pair(fields, own_columns(fields), winner(fields))


def write(record: PairRecord) -> dict[str, Any]:
    row = {
        "prompt": prompt_value(record.prompt),
        "response_1": record.first,
        "response_2": record.second,
    }
    choice = record.choice
    return row if choice is None else {**row, "winner": _WINNERS[choice]}


FORM = Form(
    name="comparison",
    title="Two answers",
    summary="A prompt and two answers, with a verdict or without.",
    kind=Kind.PREFERENCE,
    columns=(
        needed(Role.PROMPT, "prompt", "question", "instruction", "query", "input"),
        column(Role.SYSTEM, "system", "system_prompt"),
        needed(Role.FIRST, "response_1", "response1", "response_a", "answer_1", "answer_a",
               "completion_1", "completion_a", "output_1", "output_a", "first"),
        needed(Role.SECOND, "response_2", "response2", "response_b", "answer_2", "answer_b",
               "completion_2", "completion_b", "output_2", "output_b", "second"),
        column(Role.WINNER, "winner", "preferred", "preference", "choice", "verdict", "better",
               "label"),
        column(Role.FIRST_ORIGIN, "response_1_origin", "origin_1", "model_1", "model_a"),
        column(Role.SECOND_ORIGIN, "response_2_origin", "origin_2", "model_2", "model_b"),
        *PROVENANCE,
    ),
    read=read,
    write=write,
    tells_ties=True,
    tells_undecided=True,
)  # fmt: skip
