"""Every data form, and which of them a file is of. To add one: a file in `forms/`, a line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import KnownError
from workbench.formats.fields import Fields
from workbench.formats.form import Form, RowMapping
from workbench.formats.forms import (
    alpaca,
    arena,
    argilla,
    chat_messages,
    comparison,
    helpsteer,
    hh_rlhf,
    label_studio,
    prompt_completion,
    prompts,
    sharegpt,
    trl_kto,
    trl_preference,
    ultrafeedback,
    ultrafeedback_binarized,
)

# The most particular first: a file is of the first form that fits it.
FORMS: tuple[Form, ...] = (
    label_studio.FORM,
    argilla.FORM,
    arena.FORM,
    ultrafeedback.FORM,
    ultrafeedback_binarized.FORM,
    helpsteer.HELPSTEER_3,
    helpsteer.HELPSTEER_2,
    hh_rlhf.FORM,
    trl_preference.STANDARD,
    trl_preference.IMPLICIT,
    trl_preference.FORM,
    comparison.FORM,
    trl_kto.FORM,
    alpaca.FORM,
    sharegpt.FORM,
    chat_messages.FORM,
    prompts.GSM8K,
    prompt_completion.FORM,
    prompts.FORM,
)

Row = Mapping[str, Any]


def form_named(name: str) -> Form:
    """The form with this name, or one of its other names; raises KnownError that lists all."""
    for form in FORMS:
        if name == form.name or name in form.other_names:
            return form
    known = ", ".join(form.name for form in FORMS)
    raise KnownError(f"There is no data form “{name}”: choose one of {known}.")


def forms_that_fit(rows: Sequence[Row]) -> list[Form]:
    """The forms that the first rows could be of, likeliest first; empty when there is none.

    A form that recognises most of the rows comes before those that only find their columns.
    """
    recognised, possible = [], []
    for form in FORMS:
        good = fitting = 0
        mappings: dict[tuple[str, ...], RowMapping] = {}  # most rows have the same columns
        for row in rows:
            unfolded = form.unfolded(row)
            columns = tuple(unfolded)
            if columns not in mappings:
                mappings[columns] = form.guess(columns)
            mapping = mappings[columns]
            if form.missing(mapping):
                continue
            fitting += 1
            good += form.recognises(Fields(unfolded, mapping))
        if 2 * good >= len(rows) and good:
            recognised.append(form)
        elif 2 * fitting >= len(rows) and fitting:
            possible.append(form)
    found: list[Form] = []
    for form in recognised + possible:
        if all(form.read is not other.read for other in found):  # one form in several shapes
            found.append(form)
    return found


def nearest_form(rows: Sequence[Row]) -> Form:
    """The form of which most needed columns are there: where a person begins to put it right.

    Where no form knows any column, their number decides: pairs, examples or prompts.
    """
    names = {name for row in rows for name in row}
    if not any(form.guess({*form.unfolded(row)}) for form in FORMS for row in rows):
        return {1: prompts.FORM, 2: prompt_completion.FORM}.get(len(names), trl_preference.STANDARD)

    def found(form: Form) -> int:
        columns = {name for row in rows for name in form.unfolded(row)}
        return len(form.guess(columns)) - 2 * len(form.missing(form.guess(columns)))

    return max(FORMS, key=found)
