"""What a form needs to know of a pydantic recipe: its fields, and its complaints in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import QCoreApplication

# A text that may be this long gets an editor of several lines.
_LONG_TEXT = 10_000


class FieldKind(Enum):
    TEXT = auto()
    LONG_TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    SWITCH = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One setting of a recipe. `limits` says its range in words, empty where there is none.

    `choice_help` says in a line what each choice does and `choice_titles` how it is written, where
    the recipe does; `info` is the recipe's own field.
    """

    name: str
    title: str
    help: str
    group: str
    advanced: bool
    kind: FieldKind
    default: Any
    info: FieldInfo
    limits: str = ""
    choices: tuple[str, ...] = ()
    choice_help: Mapping[str, str] = field(default_factory=dict)
    choice_titles: Mapping[str, str] = field(default_factory=dict)


def fields_of(recipe: type[BaseModel]) -> list[FieldSpec]:
    """The settings a person may change, in the order of the class.

    Frozen fields are left out, and those that have an editor of their own.
    """
    fields = recipe.model_fields.items()
    return [
        _spec(name, info)
        for name, info in fields
        if not info.frozen and not _extra(info).get("own_editor")
    ]


def problems_of(error: ValidationError) -> dict[str, str]:
    """The first complaint of each field; what concerns the recipe as a whole is under ""."""
    problems: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        problems.setdefault(name, _in_words(detail))
    return problems


def shown(value: Any) -> str:
    """A value as people write it: `5e-5`, `0.1`, `1`."""
    if not isinstance(value, float):
        return str(value)
    number = Decimal(repr(value)).normalize()
    if number and not Decimal("0.001") <= abs(number) < 1_000_000:
        return f"{number:e}"
    return f"{number:f}"


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    extra = _extra(info)
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    return FieldSpec(
        name=name,
        title=info.title or name,
        help=info.description or "",
        group=str(extra.get("group", "")),
        advanced=bool(extra.get("advanced", False)),
        kind=_kind(info, choices),
        default=info.default,
        info=info,
        limits=_limits(info),
        choices=tuple(str(choice) for choice in choices),
        choice_help=extra.get("choices", {}),
        choice_titles=extra.get("choice_titles", {}),
    )


def _extra(info: FieldInfo) -> Mapping[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _kind(info: FieldInfo, choices: tuple[Any, ...]) -> FieldKind:
    if choices:
        return FieldKind.CHOICE
    kinds: dict[Any, FieldKind] = {
        bool: FieldKind.SWITCH,
        int: FieldKind.INTEGER,
        float: FieldKind.NUMBER,
        str: FieldKind.TEXT,
    }
    if info.annotation not in kinds:
        raise TypeError(f"the form has no editor for {info.annotation!r}")
    kind = kinds[info.annotation]
    lengths = [limit.max_length for limit in info.metadata if hasattr(limit, "max_length")]
    if kind is FieldKind.TEXT and any(length and length >= _LONG_TEXT for length in lengths):
        return FieldKind.LONG_TEXT
    return kind


def _limits(info: FieldInfo) -> str:
    parts = []
    for limit in info.metadata:
        if isinstance(limit, annotated_types.Gt):
            parts.append(_tr("above {0}").format(_figure(limit.gt)))
        elif isinstance(limit, annotated_types.Ge):
            parts.append(_tr("at least {0}").format(_figure(limit.ge)))
        elif isinstance(limit, annotated_types.Lt):
            parts.append(_tr("below {0}").format(_figure(limit.lt)))
        elif isinstance(limit, annotated_types.Le):
            parts.append(_tr("at most {0}").format(_figure(limit.le)))
    return ", ".join(parts)


def _in_words(detail: Mapping[str, Any]) -> str:
    context = detail.get("ctx", {})
    if isinstance(detail["input"], str) and not detail["input"].strip():
        return _tr("must not be empty")
    match detail["type"]:
        case "greater_than":
            return _tr("must be above {0}").format(_figure(context["gt"]))
        case "greater_than_equal":
            return _tr("must be at least {0}").format(_figure(context["ge"]))
        case "less_than":
            return _tr("must be below {0}").format(_figure(context["lt"]))
        case "less_than_equal":
            return _tr("must be at most {0}").format(_figure(context["le"]))
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return _tr("must be a whole number")
        case "float_parsing" | "float_type" | "finite_number":
            return _tr("must be a number, such as 0.1 or 5e-5")
        case "literal_error":
            return _tr("must be one of {0}").format(context["expected"])
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return _tr("can't be written like this")
        case _:
            return str(detail["msg"])


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(float(value))


def _tr(text: str) -> str:
    return QCoreApplication.translate("RecipeFields", text)
