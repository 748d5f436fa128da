"""What the steps of several runs cost, side by side. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QT_TRANSLATE_NOOP

from workbench.core.recipes import OnlineConfig
from workbench.store.rows import RunRow
from workbench.ui.panels.runs.figures import ShownRun, is_cost
from workbench.ui.panels.runs.measurements import Measurements
from workbench.ui.wording import figure

STEP_TIME = "step_time_s"
# The first steps are slower: memory is taken, kernels are chosen.
_WARM_UP_STEPS = 2
_MEGABYTE, _GIGABYTE = 1e6, 1e9


def _title(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Costs", text))


_PARTS = {
    "rollout_time_s": _title("· writing answers"),
    "reward_time_s": _title("· rewarding them"),
    "reference_time_s": _title("· reading them with the reference"),
    "update_time_s": _title("· learning from them"),
}
"""Parts of a step that have a name of their own, in this order; others follow under the run's."""
CRITIC_TIME = "critic/time_s"  # within the parts, not one of them
_MEMORY = {
    "critic/memory_bytes": _title("Memory of the critic"),
    "peak_memory_bytes": _title("Most memory of the device"),
}
_MACHINE = {
    "trainer memory": _title("Most memory of the trainer"),
    "gpu 0 memory": _title("Most memory of the GPU"),
}


@dataclass(frozen=True, slots=True)
class CostRow:
    """A cost: its title and, run by run, the figure with its unit, or a dash."""

    title: str
    figures: tuple[str, ...]


def cost_rows(shown: Sequence[ShownRun]) -> list[CostRow]:
    """Times are means over the steps, memory is the most ever used; only what some run has."""
    measured = [item.measured for item in shown]
    found = {name for one in measured for name in one.series if is_cost(name)}
    found -= {STEP_TIME, CRITIC_TIME}
    times = _ordered([name for name in found if name.endswith("_s")], list(_PARTS))
    sizes = _ordered([name for name in found if name.endswith("_bytes")], list(_MEMORY))
    rows = [
        CostRow(_title("A step"), _each(measured, _seconds(lambda one: _per_step(one, STEP_TIME)))),
        *(
            CostRow(_PARTS.get(name, f"· {name}"), _each(measured, _seconds(_share_of(name))))
            for name in times
        ),
        CostRow(_title("· everything else"), _each(measured, _seconds(_rest))),
        CostRow(
            _title("Of all that, the critic"), _each(measured, _seconds(_share_of(CRITIC_TIME)))
        ),
        CostRow(_title("Answers written in a step"), tuple(_answers(item.run) for item in shown)),
        CostRow(_title("Time for an answer"), tuple(_time_for_answer(item) for item in shown)),
        *(
            CostRow(_MEMORY.get(name, name), _each(measured, _most_bytes(name)))
            for name in sizes
        ),
        *(
            CostRow(title, _each(measured, _most_of_machine(name)))
            for name, title in _MACHINE.items()
        ),
    ]  # fmt: skip
    return [row for row in rows if any(text != "–" for text in row.figures)]


def _each(
    measured: Sequence[Measurements], figure_of: Callable[[Measurements], str]
) -> tuple[str, ...]:
    return tuple(figure_of(one) for one in measured)


def _ordered(names: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in known if name in names] + sorted(set(names) - set(known))


def _per_step(one: Measurements, name: str) -> float | None:
    """Seconds of a step that went there, on average over all steps but the first ones.

    What only some steps have, as answers that are used several times, is spread over all.
    """
    steps, series = one.series.get(STEP_TIME), one.series.get(name)
    if steps is None or series is None or not len(steps.step):
        return None
    after = steps.step[min(_WARM_UP_STEPS, len(steps.step) - 1)]
    count = int((steps.step >= after).sum())
    values = series.value[(series.step >= after) & np.isfinite(series.value)]
    return float(values.sum()) / count


def _share_of(name: str) -> Callable[[Measurements], float | None]:
    return lambda one: _per_step(one, name)


def _rest(one: Measurements) -> float | None:
    whole = _per_step(one, STEP_TIME)
    names = [
        name for name in one.series if name.endswith("_s") and name not in (STEP_TIME, CRITIC_TIME)
    ]
    parts = [_per_step(one, name) for name in names]
    if whole is None or not parts:
        return None
    return max(0.0, whole - sum(part for part in parts if part is not None))


def _seconds(
    value_of: Callable[[Measurements], float | None],
) -> Callable[[Measurements], str]:
    def text(one: Measurements) -> str:
        value = value_of(one)
        return "–" if value is None else _time(value)

    return text


def _time(value_s: float) -> str:
    return f"{value_s:.3g} s" if value_s >= 1 else f"{1000 * value_s:.3g} ms"


def _answers_per_step(run: RunRow) -> float | None:
    config = run.spec.config
    if not isinstance(config, OnlineConfig):
        return None
    return config.examples_per_step * config.num_generations / config.num_iterations


def _answers(run: RunRow) -> str:
    answers = _answers_per_step(run)
    return "–" if answers is None else figure(answers)


def _time_for_answer(item: ShownRun) -> str:
    answers, step_s = _answers_per_step(item.run), _per_step(item.measured, STEP_TIME)
    return "–" if answers is None or step_s is None else _time(step_s / answers)


def _most_bytes(name: str) -> Callable[[Measurements], str]:
    def text(one: Measurements) -> str:
        series = one.series.get(name)
        values = series.value[np.isfinite(series.value)] if series is not None else np.empty(0)
        return _memory(float(values.max())) if len(values) else "–"

    return text


def _most_of_machine(name: str) -> Callable[[Measurements], str]:
    def text(one: Measurements) -> str:
        values = one.machine.values.get(name)
        if values is None or not np.isfinite(values).any():
            return "–"
        return _memory(float(np.nanmax(values)) * _GIGABYTE)

    return text


def _memory(size_bytes: float) -> str:
    if size_bytes < _GIGABYTE / 10:
        return f"{size_bytes / _MEGABYTE:.1f} MB"
    return f"{size_bytes / _GIGABYTE:.1f} GB"
