"""What a recipe's field carries beside its value: title, help, range, and when it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class Recipe(BaseModel):
    """Settings that a form shows: no unknown names, checked at each change, no infinities."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False)


def setting(
    default: Any,
    title: str,
    help: str,
    *,
    group: str = "Learn",
    advanced: bool = False,
    only_with: Mapping[str, Sequence[Any]] | None = None,
    choices: Mapping[str, str] | None = None,
    choice_titles: Mapping[str, str] | None = None,
    own_editor: bool = False,
    **limits: Any,
) -> Any:
    """A field of a recipe with what the form needs to show it.

    `only_with` names other fields and the values at which this one has an effect; elsewhere the
    form hides it. `choices` says in a line what each value of a Literal does, `choice_titles` how
    it is written where that differs. A field with an editor of its own is left out of the form.
    """
    extra: dict[str, Any] = {"group": group, "advanced": advanced}
    if only_with:
        extra["only_with"] = {name: list(values) for name, values in only_with.items()}
    if choices:
        extra["choices"] = dict(choices)
    if choice_titles:
        extra["choice_titles"] = dict(choice_titles)
    if own_editor:
        extra["own_editor"] = True
    return Field(default, title=title, description=help, json_schema_extra=extra, **limits)


def is_relevant(field: FieldInfo, values: Mapping[str, Any]) -> bool:
    """Whether the field has an effect while the recipe's fields have these `values`."""
    extra = field.json_schema_extra
    wanted = extra.get("only_with", {}) if isinstance(extra, dict) else {}
    assert isinstance(wanted, dict)
    return all(
        values.get(name) in allowed for name, allowed in wanted.items() if isinstance(allowed, list)
    )
