"""What the Runs panel knows of a run: metrics and machine readings as arrays, read bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.core.telemetry import MachineReading
from workbench.store.project import Project
from workbench.store.rows import Series
from workbench.ui.widgets.plots.numerics import Floats

_GB = 1e9
_NOTHING = np.empty(0)


@dataclass(frozen=True)
class Machine:
    """Readings over time: `values` are by name, NaN where a figure was not available."""

    t: Floats = field(default_factory=lambda: _NOTHING)
    values: Mapping[str, Floats] = field(default_factory=dict)
    gpu_names: tuple[str, ...] = ()
    no_gpu_reason: str = ""

    def followed_by(self, readings: Sequence[MachineReading]) -> Machine:
        """These readings and newer ones."""
        if not readings:
            return self
        rows = [_figures(reading) for reading in readings]
        names = {*self.values, *(name for row in rows for name in row)}
        older = len(self.t)
        values = {
            name: np.concatenate(
                [
                    self.values.get(name, np.full(older, np.nan)),
                    np.array([row.get(name, np.nan) for row in rows], dtype=np.float64),
                ]
            )
            for name in names
        }
        newest = readings[-1]
        return Machine(
            np.concatenate([self.t, [reading.t for reading in readings]]),
            values,
            tuple(gpu.name for gpu in newest.gpus),
            newest.no_gpu_reason or "",
        )


def _figures(reading: MachineReading) -> dict[str, float]:
    """The figures of one reading that are available, by the names that plots ask for."""
    figures: dict[str, float | None] = {
        "cpu": reading.cpu_percent,
        "memory": reading.memory_used_bytes / _GB,
        "trainer memory": _gigabytes(reading.trainer_memory_bytes),
    }
    for gpu in reading.gpus:
        figures |= {
            f"gpu {gpu.index} busy": gpu.busy_percent,
            f"gpu {gpu.index} tensor": gpu.tensor_active_percent,
            f"gpu {gpu.index} fp32": gpu.fp32_active_percent,
            f"gpu {gpu.index} dram": gpu.dram_active_percent,
            f"gpu {gpu.index} memory": _gigabytes(gpu.memory_used_bytes),
        }
    return {name: value for name, value in figures.items() if value is not None}


def _gigabytes(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else size_bytes / _GB


@dataclass(frozen=True)
class Measurements:
    """Everything plotted of one run. `updated` reads on from where this one ended."""

    run_id: str
    names: tuple[str, ...]
    series: Mapping[str, Series] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    attempt: int = 0
    seq: int = 0

    def updated(self, project: Project) -> Measurements:
        """Return this and what came in since; the same object when nothing did."""
        new = project.runs.points_after(self.run_id, self.names, self.attempt, self.seq)
        newest_t = float(self.machine.t[-1]) if len(self.machine.t) else 0.0
        readings = project.runs.readings(self.run_id, newest_t)
        if not new.series and not readings:
            return self
        series = dict(self.series)
        for name, points in new.series.items():
            series[name] = merge(series[name], points) if name in series else points
        return Measurements(
            self.run_id,
            self.names,
            series,
            self.machine.followed_by(readings),
            new.attempt,
            new.seq,
        )

    def step_at(self, t: Floats) -> Floats:
        """At which step the run was at these times; NaN before its first metric and after its last.

        A figure of the machine finds its place on an axis of steps by this.
        """
        known = [points for points in self.series.values() if len(points.step) > 1]
        if not known:
            return np.full(len(t), np.nan)
        longest = max(known, key=lambda points: len(points.step))
        order = np.argsort(longest.t, kind="stable")
        return np.interp(t, longest.t[order], longest.step[order], left=np.nan, right=np.nan)

    @property
    def started_at(self) -> float | None:
        """When the first thing was measured, in seconds since 1970."""
        starts = [float(points.t.min()) for points in self.series.values() if len(points.t)]
        starts += [float(self.machine.t[0])] if len(self.machine.t) else []
        return min(starts, default=None)


def merge(old: Series, new: Series) -> Series:
    """Both together by step; where both have a step, the new value counts."""
    if len(old.step) and len(new.step) and new.step[0] <= old.step[-1]:
        kept = ~np.isin(old.step, new.step)
    else:
        kept = np.full(len(old.step), True)
    step = np.concatenate([old.step[kept], new.step])
    order = np.argsort(step, kind="stable")
    return Series(
        old.name,
        step[order],
        np.concatenate([old.t[kept], new.t])[order],
        np.concatenate([old.value[kept], new.value])[order],
    )
