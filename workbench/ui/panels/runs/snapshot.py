"""Reading what the Runs panel shows, off the GUI thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.events import (
    Ack,
    Bye,
    CheckpointSaved,
    Event,
    Failed,
    Hello,
    Metric,
    RunState,
    StateChanged,
    Warned,
)
from workbench.runner.exit_report import ExitKind, read_report
from workbench.store.project import Project
from workbench.store.rows import RunRow
from workbench.ui.panels.runs.figures import metric_names
from workbench.ui.panels.runs.measurements import Measurements

# What the same settings lead to again.
_WOULD_RETURN = (ExitKind.KNOWN_ERROR, ExitKind.CUDA_OUT_OF_MEMORY, ExitKind.HOST_OUT_OF_MEMORY)
_HAPPENINGS = (Hello, StateChanged, CheckpointSaved, Warned, Failed, Ack, Bye)
_MOST_EVENTS = 400
# Events to see every figure in: answers may be used for 32 steps, and only the first tells of them.
_FIGURES_FROM = 40
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Details:
    """What the tabs show of one run.

    `would_crash_again` where it ended by what other settings mend, and a resume does not.
    """

    run_id: str
    happenings: tuple[Event, ...]
    output: str
    checkpoint_steps: tuple[int, ...]
    would_crash_again: bool


@dataclass(frozen=True)
class Snapshot:
    """One reading: every run newest first, the selected ones' figures, one run's details."""

    runs: tuple[RunRow, ...] = ()
    measured: Mapping[str, Measurements] = field(default_factory=dict)
    details: Details | None = None


def read_snapshot(
    project: Project, selected: Sequence[str], current: str | None, before: Snapshot
) -> Snapshot:
    """Read on from `before`: only what is new of runs that it holds already."""
    runs = tuple(project.runs.all())
    known = {run.id: run for run in runs}
    measured = {
        run_id: _measured(project, known[run_id], before.measured.get(run_id))
        for run_id in selected
        if run_id in known
    }
    details = _details(project, known[current]) if current in known else None
    return Snapshot(runs, measured, details)


def _measured(project: Project, run: RunRow, before: Measurements | None) -> Measurements:
    """Read on from `before`; from the start where the run has begun to report other figures."""
    newest = project.runs.events(run.id, (Metric.KIND,), _FIGURES_FROM)
    reported = {
        name
        for event in newest
        if isinstance(event.payload, Metric)
        for name in event.payload.values
    }
    names = metric_names(run.method, reported | set(before.names if before else ()))
    if before is None or before.names != names:
        before = Measurements(run.id, names)
    return before.updated(project)


def _details(project: Project, run: RunRow) -> Details:
    kinds = [kind.KIND for kind in _HAPPENINGS]
    return Details(
        run.id,
        tuple(project.runs.events(run.id, kinds, _MOST_EVENTS)),
        _output_tail(run),
        tuple(run.folder.checkpoint_steps()),
        run.state is RunState.CRASHED and _would_crash_again(run),
    )


def _would_crash_again(run: RunRow) -> bool:
    attempts = run.folder.attempts()
    report = read_report(attempts[-1].exit) if attempts else None
    return report is not None and report.kind in _WOULD_RETURN


def _output_tail(run: RunRow) -> str:
    """The end of what the newest attempt printed."""
    attempts = run.folder.attempts()
    return read_tail(attempts[-1].output_log) if attempts else ""


def read_tail(path: Path) -> str:
    """The last 64 KB of a text file from the start of a line; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            data = file.read()
    except OSError:
        return ""
    text = data.decode("utf-8", errors="replace")
    return text.partition("\n")[2] if size > _TAIL_BYTES else text
