"""A run's recipe as titles and values. No Qt."""

from __future__ import annotations

from pydantic import BaseModel

from workbench.core.recipes import METHODS, RunSpec
from workbench.ui.wording import figure


def settings_rows(spec: RunSpec) -> list[tuple[str, str]]:
    """What the run learns from and how, one (title, value) a row."""
    rows = [
        ("Method", METHODS[spec.method].title),
        ("Model", spec.model.name),
        ("Data", spec.data.description or "–"),
        ("Training examples", f"{spec.data.train_examples:,}"),
        ("Held-out examples", f"{spec.data.eval_examples:,}"),
        ("Device", spec.device),
    ]
    return [*rows, *_fields(spec.config), *_fields(spec.adapter)]


def _fields(config: BaseModel) -> list[tuple[str, str]]:
    return [
        (info.title, _text(getattr(config, name)))
        for name, info in type(config).model_fields.items()
        if info.title
    ]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figure(value)
    return str(value)
