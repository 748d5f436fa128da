"""Reads what active runs wrote into the project, off the GUI thread, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.changes import Changes
from workbench.core.events import Metric, RunState
from workbench.runner.ingest import ingest_runs
from workbench.store.project import Project
from workbench.store.rows import RunRow
from workbench.ui.bridge import Bridge, Poll
from workbench.ui.run_progress import progress_text, seconds_left
from workbench.ui.widgets.device_strip import JobLine

_INTERVAL_S = 0.5
_PACE_EVENTS = 30


@dataclass(frozen=True)
class WatchReport:
    """What one look brought: what is new, the job for the strip, and all that is not over.

    The job is the first of `active`; those that wait come last.
    """

    changes: Changes
    job: JobLine | None
    active: tuple[RunRow, ...]


class RunWatcher:
    """Lives until its bridge closes. Each report goes to `on_report` on the GUI thread."""

    def __init__(
        self, bridge: Bridge, project: Project, on_report: Callable[[WatchReport], object]
    ) -> None:
        self._project = project
        self._poll: Poll = bridge.poll(
            self._look, on_report, interval_s=_INTERVAL_S, name="run watcher"
        )

    def look_now(self) -> None:
        """Look again at once: a run was started or steered."""
        self._poll.wake()

    def _look(self) -> WatchReport:
        changes = ingest_runs(self._project, only_active=True)
        active = [run for run in self._project.runs.all() if run.state.is_active]
        active.sort(key=lambda run: (run.state is RunState.QUEUED, run.created_at))
        return WatchReport(changes, self._job(active[0]) if active else None, tuple(active))

    def _job(self, run: RunRow) -> JobLine:
        return JobLine(run.name, self._progress(run), _color(run.state))

    def _progress(self, run: RunRow) -> str:
        events = self._project.runs.events(run.id, (Metric.KIND,), _PACE_EVENTS)
        return progress_text(run, seconds_left(events, run.total_steps))


def _color(state: RunState) -> str:
    return {RunState.RUNNING: "good", RunState.NO_CONTACT: "caution"}.get(state, "text3")
