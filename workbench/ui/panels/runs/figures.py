"""Which plots there are for which method, and the lines in them. No widgets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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

    `family` (a beginning and an end) stands for every metric of such a name. `fixed_range` is for
    figures that have one, such as shares. One that is not `always` shown waits for a figure other
    than 0.
    """

    key: str
    title: str
    metrics: tuple[tuple[str, str], ...] = ()
    note: str = ""
    fixed_range: tuple[float, float] | None = None
    family: tuple[str, str] | None = None
    always: bool = True

    def lines(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """The metrics to draw and what each is called, where these are known."""
        if self.family is None:
            return self.metrics
        start, end = self.family
        fitting = sorted(name for name in names if name.startswith(start) and name.endswith(end))
        return tuple((name, name[len(start) : len(name) - len(end)]) for name in fitting)


def _title(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Plots", text))


_SHARE = (0.0, 1.0)
_LOSS = PlotSpec("loss", _title("Loss"), (("loss", ""),))
_RATE = PlotSpec("learning_rate", _title("Learning rate"), (("learning_rate", ""),))
_NORM = PlotSpec("grad_norm", _title("Gradient norm"), (("grad_norm", ""),))
_MARGINS = PlotSpec("margins", _title("Reward margin"), (("rewards/margins", ""),))
_LOGPS = PlotSpec(
    "logps",
    _title("Log-probability"),
    (("logps/chosen", _title("chosen")), ("logps/rejected", _title("rejected"))),
)
_KL = PlotSpec("kl", _title("Distance from the base (KL)"), (("kl", ""),), always=False)
_ENTROPY = PlotSpec("entropy", _title("Entropy"), (("entropy", ""),), always=False)
_ONLINE = (
    PlotSpec("reward", _title("Reward"), (("reward", ""),)),
    PlotSpec("rewards", _title("Each reward"), family=("rewards/", "/mean"), always=False),
    _KL,
    _ENTROPY,
    PlotSpec(
        "lengths",
        _title("Answer length"),
        (
            ("completions/mean_length", _title("mean")),
            ("completions/min_length", _title("shortest")),
            ("completions/max_length", _title("longest")),
        ),
        note=_title("tokens"),
    ),
    PlotSpec(
        "shares",
        _title("Wasted answers"),
        (
            ("completions/clipped_ratio", _title("cut off")),
            ("frac_reward_zero_std", _title("all alike")),
        ),
        note=_title("share"),
        fixed_range=_SHARE,
        always=False,
    ),
    PlotSpec(
        "clipped",
        _title("Clipped pushes"),
        (("clip_ratio/region_mean", ""),),
        note=_title("share"),
        always=False,
    ),
    _LOSS,
)
_CRITIC = (
    PlotSpec("critic", _title("Critic's loss"), (("critic/loss", ""),)),
    PlotSpec("values", _title("Critic's value"), (("critic/value_mean", ""),), always=False),
    PlotSpec("explained", _title("Critic explains"), (("critic/explained_variance", ""),),
             note=_title("share of the returns"), always=False),
)  # fmt: skip
EXACT = frozenset({"learning_rate"})
"""Plots of what was set rather than measured: an average would show what never was."""
METHOD_PLOTS: dict[str, tuple[PlotSpec, ...]] = {
    "dpo": (
        _LOSS,
        _MARGINS,
        PlotSpec(
            "accuracies",
            _title("Reward accuracy"),
            (("rewards/accuracies", ""),),
            fixed_range=_SHARE,
        ),
        _LOGPS,
        _RATE,
        _NORM,
    ),
    "sft": (
        _LOSS,
        PlotSpec(
            "token_accuracy",
            _title("Token accuracy"),
            (("mean_token_accuracy", ""),),
            fixed_range=_SHARE,
        ),
        _RATE,
        _NORM,
    ),
    "kto": (
        _LOSS,
        _MARGINS,
        PlotSpec(
            "rewards_by_mark",
            _title("Reward by mark"),
            (("rewards/chosen", _title("good")), ("rewards/rejected", _title("bad"))),
        ),
        PlotSpec(
            "logps_by_mark",
            _title("Log-probability by mark"),
            (("logps/chosen", _title("good")), ("logps/rejected", _title("bad"))),
        ),
        _KL,
        _RATE,
        _NORM,
    ),
    "reward": (
        _LOSS,
        PlotSpec("accuracy", _title("Accuracy"), (("accuracy", ""),), fixed_range=_SHARE),
        PlotSpec("margin", _title("Margin"), (("margin", ""),)),
        PlotSpec(
            "scores",
            _title("Scores"),
            (
                ("mean_reward", _title("mean")),
                ("min_reward", _title("lowest")),
                ("max_reward", _title("highest")),
            ),
        ),
        _RATE,
        _NORM,
    ),
    "grpo": (*_ONLINE, _RATE, _NORM),
    "rloo": (*_ONLINE, _RATE, _NORM),
    "ppo": (*_ONLINE, *_CRITIC, _RATE, _NORM),
}


def plots_for(shown: Sequence[ShownRun]) -> tuple[PlotSpec, ...]:
    """The plots for these runs: each once, in the order of the first one's method."""
    found: dict[str, PlotSpec] = {}
    for item in shown:
        for spec in METHOD_PLOTS[item.run.method]:
            if spec.always or item.has_figures(spec):
                found.setdefault(spec.key, spec)
    return tuple(found.values())


def metric_names(method: str, reported: Iterable[str]) -> tuple[str, ...]:
    """Every metric of a run that is shown, with its measurement on held-out examples.

    `reported` are the names that the run itself gave last: rewards bear names of a person's own.
    """
    specs = METHOD_PLOTS[method]
    plain = {name for spec in specs for name, _ in spec.metrics}
    plain |= {name for spec in specs if spec.family for name, _ in spec.lines(reported)}
    costs = {name for name in reported if is_cost(name)}
    return tuple(sorted(plain | {EVAL + name for name in plain} | costs))


def is_cost(name: str) -> bool:
    """Whether a metric says what a step took: seconds or bytes."""
    return name.endswith(("_s", "_bytes"))


@dataclass(frozen=True)
class ShownRun:
    """A run that is selected, with the colour token that is its own."""

    run: RunRow
    color: str
    measured: Measurements

    def lines(self, spec: PlotSpec) -> tuple[tuple[str, str], ...]:
        """What a plot draws of this run."""
        return spec.lines(self.measured.series)

    def has_figures(self, spec: PlotSpec) -> bool:
        """Whether there is anything but 0 to draw."""
        found = (self.measured.series.get(name) for name, _ in self.lines(spec))
        return any(series is not None and bool(np.any(series.value != 0)) for series in found)


def legend(lines: Sequence[Curve], runs: int) -> list[Curve]:
    """The lines to name: with several runs each once, as there is no room to name each line."""
    trained = [line for line in lines if not line.measured]
    if runs > 1:
        by_run = {line.key.partition(" ")[0]: line for line in reversed(trained)}
        first = [line for line in trained if by_run[line.key.partition(" ")[0]] is line]
        return [replace(line, label=line.label.partition(", ")[0]) for line in first]
    return list(lines) if len(trained) == 1 else trained


def curves(spec: PlotSpec, shown: Sequence[ShownRun], axis: str) -> list[Curve]:
    """The lines of one plot: for each run and metric what was trained on, then what was held out.

    `axis` is `step`, or `time` for minutes since the run began.
    """
    found = []
    for item in shown:
        lines = item.lines(spec)
        many_metrics = len(lines) > 1
        for position, (metric, word) in enumerate(lines):
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
    """The lines of a machine plot; what was not available is left out, and never is an error."""
    machine = shown.measured.machine
    x = _machine_axis(shown.measured, axis)
    lines = []
    for position, (name, word) in enumerate(spec.figures):
        values = machine.values.get(name)
        if values is not None and np.isfinite(values).any():
            known = np.isfinite(x) & np.isfinite(values)
            key = f"{shown.run.id} {name}"
            lines.append(Curve(key, word, f"series{position}", x[known], values[known]))
    return lines


def _machine_axis(measured: Measurements, axis: str) -> Floats:
    t = measured.machine.t
    if axis == "time":
        return (t - (measured.started_at or 0.0)) / 60
    return measured.step_at(t)
