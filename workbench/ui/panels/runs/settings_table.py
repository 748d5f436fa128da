"""A run's recipe as titles and values. No Qt."""

from __future__ import annotations

from pydantic import BaseModel

from workbench.core.fields import is_relevant
from workbench.core.recipes import METHODS, RunSpec
from workbench.core.rewards import REWARDS, BaseReward
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
    """The settings that had an effect beside the others."""
    values = {name: getattr(config, name) for name in type(config).model_fields}
    return [
        (info.title, _text(values[name]))
        for name, info in type(config).model_fields.items()
        if info.title and is_relevant(info, values)
    ]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(_reward(item) for item in value if isinstance(item, BaseReward)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figure(value)
    return str(value)


def _reward(reward: BaseReward) -> str:
    """`Length × 0.5`: what it is and how much it counts; a function's source is too long."""
    values = reward.model_dump(exclude_defaults=True)
    kind = str(reward.model_dump()["kind"])
    named = reward.name or REWARDS[kind].title
    own = [
        f"{name} {_text(value)}"
        for name, value in values.items()
        if name not in ("kind", "weight", "name", "source", "json_schema")
    ]
    within = f" ({', '.join(own)})" if own else ""
    return f"{named}{within} × {figure(reward.weight)}"
