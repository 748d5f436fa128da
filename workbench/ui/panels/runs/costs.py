"""What the steps of several runs cost, side by side. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QT_TRANSLATE_NOOP

from workbench.ui.panels.runs.figures import ShownRun, is_cost
from workbench.ui.wording import figure, gigabytes

# The first steps are slower: memory is taken, kernels are chosen.
_WARM_UP_STEPS = 2


def _title(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Costs", text))


TITLES = {
    "step_time_s": _title("A step"),
    "rollout_time_s": _title("· writing answers"),
    "reward_time_s": _title("· rewarding them"),
    "reference_time_s": _title("· reading them with the reference"),
    "critic_time_s": _title("· the critic"),
    "update_time_s": _title("· learning from them"),
    "critic_bytes": _title("Memory of the critic"),
    "peak_bytes": _title("Most memory of the device"),
}
"""Costs that have a name of their own, in this order; others follow under the run's names."""
TRAINER_MEMORY = _title("Most memory of the trainer")
GPU_MEMORY = _title("Most memory of the GPU")


@dataclass(frozen=True, slots=True)
class CostRow:
    """A cost: its title and, run by run, the figure with its unit, or a dash."""

    title: str
    figures: tuple[str, ...]


def cost_rows(shown: Sequence[ShownRun]) -> list[CostRow]:
    """Medians over the steps, and the most memory that was ever used; only what some run has."""
    found = {name for item in shown for name in item.measured.series if is_cost(name)}
    order = [name for name in TITLES if name in found] + sorted(found - TITLES.keys())
    rows = [
        CostRow(TITLES.get(name, name), tuple(_cost(item, name) for item in shown))
        for name in order
    ]
    for title, place in ((TRAINER_MEMORY, "trainer memory"), (GPU_MEMORY, "gpu 0 memory")):
        most = [_most(item, place) for item in shown]
        if any(value is not None for value in most):
            rows.append(CostRow(title, tuple(_memory(value) for value in most)))
    return rows


def _cost(item: ShownRun, name: str) -> str:
    series = item.measured.series.get(name)
    if series is None:
        return "–"
    values = series.value[np.isfinite(series.value)]
    if not len(values):
        return "–"
    if name.endswith("_bytes"):
        return f"{gigabytes(float(values.max()))} GB" if values.max() >= 1e8 else _megabytes(values)
    warm = values[_WARM_UP_STEPS:] if len(values) > 2 * _WARM_UP_STEPS else values
    return f"{figure(float(np.median(warm)))} s"


def _megabytes(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"{values.max() / 1e6:.1f} MB"


def _most(item: ShownRun, name: str) -> float | None:
    values = item.measured.machine.values.get(name)
    if values is None or not np.isfinite(values).any():
        return None
    return float(np.nanmax(values))


def _memory(value_gb: float | None) -> str:
    return "–" if value_gb is None else f"{value_gb:.1f} GB"
