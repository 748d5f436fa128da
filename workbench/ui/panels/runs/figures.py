"""Which plots there are for which method, and the lines in them. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QT_TRANSLATE_NOOP

from workbench.store.rows import RunRow
from workbench.ui.panels.runs.measurements import Measurements
from workbench.ui.widgets.plots.curve import Curve
from workbench.ui.widgets.plots.numerics import Floats

EVAL = "eval_"


@dataclass(frozen=True)
class PlotSpec:
    """A plot of metrics: its title, and for each line the metric and what it is called.

    `fixed_range` is for figures that have one, such as shares.
    """

    key: str
    title: str
    metrics: tuple[tuple[str, str], ...]
    note: str = ""
    fixed_range: tuple[float, float] | None = None


def _title(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Plots", text))


_LOSS = PlotSpec("loss", _title("Loss"), (("loss", ""),))
_RATE = PlotSpec("learning_rate", _title("Learning rate"), (("learning_rate", ""),))
_NORM = PlotSpec("grad_norm", _title("Gradient norm"), (("grad_norm", ""),))
EXACT = frozenset({"learning_rate"})
"""Plots of what was set rather than measured: an average would show what never was."""
METHOD_PLOTS: dict[str, tuple[PlotSpec, ...]] = {
    "dpo": (
        _LOSS,
        PlotSpec("margins", _title("Reward margin"), (("rewards/margins", ""),)),
        PlotSpec(
            "accuracies",
            _title("Reward accuracy"),
            (("rewards/accuracies", ""),),
            fixed_range=(0.0, 1.0),
        ),
        PlotSpec(
            "logps",
            _title("Log-probability"),
            (("logps/chosen", _title("chosen")), ("logps/rejected", _title("rejected"))),
        ),
        _RATE,
        _NORM,
    ),
    "sft": (
        _LOSS,
        PlotSpec(
            "token_accuracy",
            _title("Token accuracy"),
            (("mean_token_accuracy", ""),),
            fixed_range=(0.0, 1.0),
        ),
        _RATE,
        _NORM,
    ),
}


def plots_for(methods: Sequence[str]) -> tuple[PlotSpec, ...]:
    """The plots for runs of these methods: each once, in the order of the first method."""
    found: dict[str, PlotSpec] = {}
    for method in methods:
        for spec in METHOD_PLOTS.get(method, (_LOSS, _RATE, _NORM)):
            found.setdefault(spec.key, spec)
    return tuple(found.values())


def metric_names() -> tuple[str, ...]:
    """Every metric that any plot shows, with its measurement on held-out examples."""
    plain = {name for specs in METHOD_PLOTS.values() for spec in specs for name, _ in spec.metrics}
    return tuple(sorted(plain | {EVAL + name for name in plain}))


@dataclass(frozen=True)
class ShownRun:
    """A run that is selected, with the colour token that is its own."""

    run: RunRow
    color: str
    measured: Measurements


def legend(lines: Sequence[Curve], runs: int) -> list[Curve]:
    """The lines to name: beside several others there is no room to name held-out ones too."""
    trained = [line for line in lines if not line.measured]
    return list(lines) if runs == 1 and len(trained) == 1 else trained


def curves(spec: PlotSpec, shown: Sequence[ShownRun], axis: str) -> list[Curve]:
    """The lines of one plot: for each run and metric what was trained on, then what was held out.

    `axis` is `step`, or `time` for minutes since the run began.
    """
    found = []
    many_metrics = len(spec.metrics) > 1
    for item in shown:
        for position, (metric, word) in enumerate(spec.metrics):
            for prefix in ("", EVAL):
                points = item.measured.series.get(prefix + metric)
                if points is None or not len(points.step):
                    continue
                x, y = points.step, points.value
                if axis == "time":
                    order = np.argsort(points.t, kind="stable")
                    x = (points.t[order] - (item.measured.started_at or 0.0)) / 60
                    y = y[order]
                color = f"series{position}" if many_metrics and len(shown) == 1 else item.color
                name = _name(item, word, prefix, alone=len(shown) == 1)
                key = f"{item.run.id} {prefix}{metric}"
                found.append(Curve(key, name, color, x, y, measured=bool(prefix)))
    return found


def _name(item: ShownRun, word: str, prefix: str, *, alone: bool) -> str:
    held_out = "held out" if prefix else ""
    if alone:
        return ", ".join(filter(None, (word, held_out))) or "training"
    return ", ".join(filter(None, (item.run.name, word, held_out)))


@dataclass(frozen=True)
class MachineSpec:
    """A plot of the machine's figures: names in `Machine.values`, and what to call them."""

    key: str
    title: str
    figures: tuple[tuple[str, str], ...]
    note: str
    fixed_range: tuple[float, float] | None = None


def machine_plots(shown: ShownRun) -> tuple[MachineSpec, ...]:
    """CPU and memory, and two plots for each GPU that was there."""
    plots = [
        MachineSpec("cpu", _title("CPU"), (("cpu", "all cores"),), "%", (0.0, 100.0)),
        MachineSpec(
            "memory",
            _title("Memory"),
            (("memory", "used"), ("trainer memory", "by the trainer")),
            "GB",
        ),
    ]
    for index in range(len(shown.measured.machine.gpu_names)):
        plots.append(
            MachineSpec(
                f"gpu {index}",
                f"GPU {index}",
                (
                    (f"gpu {index} busy", "busy"),
                    (f"gpu {index} tensor", "tensor"),
                    (f"gpu {index} fp32", "FP32 cores"),
                    (f"gpu {index} dram", "DRAM"),
                ),
                "%",
                (0.0, 100.0),
            )
        )
        plots.append(
            MachineSpec(
                f"gpu {index} memory",
                f"GPU {index} memory",
                ((f"gpu {index} memory", "used"),),
                "GB",
            )
        )
    return tuple(plots)


def machine_curves(spec: MachineSpec, shown: ShownRun, axis: str) -> list[Curve]:
    """The lines of a machine plot; a figure that was never available has none."""
    machine = shown.measured.machine
    x = _machine_axis(shown.measured, axis)
    there = np.isfinite(x)
    return [
        Curve(f"{shown.run.id} {name}", word, f"series{position}", x[there], values[there])
        for position, (name, word) in enumerate(spec.figures)
        if (values := machine.values.get(name)) is not None and np.isfinite(values).any()
    ]


def _machine_axis(measured: Measurements, axis: str) -> Floats:
    t = measured.machine.t
    if axis == "time":
        return (t - (measured.started_at or 0.0)) / 60
    return measured.step_at(t)
