"""How far a run is and how long it will take, from its newest events. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.events import Event, Metric, RunState
from workbench.store.rows import RunRow
from workbench.ui.wording import duration

STATE_TONES: dict[RunState, str] = {
    RunState.QUEUED: "neutral",
    RunState.STARTING: "accent",
    RunState.RUNNING: "accent",
    RunState.PAUSED: "caution",
    RunState.STOPPED: "neutral",
    RunState.FINISHED: "good",
    RunState.CRASHED: "bad",
    RunState.NO_CONTACT: "caution",
}


def seconds_left(events: Sequence[Event], total_steps: int | None) -> float | None:
    """Time to the last step at the pace of these metric events; None when it can't be told.

    Only the newest attempt counts: a pause is not part of the pace.
    """
    newest = max((event.attempt for event in events), default=0)
    points = [
        (event.payload.step, event.t)
        for event in events
        if event.attempt == newest and isinstance(event.payload, Metric)
    ]
    if total_steps is None or len(points) < 2:
        return None
    steps, elapsed_s = points[-1][0] - points[0][0], points[-1][1] - points[0][1]
    if steps <= 0 or elapsed_s <= 0:
        return None
    return max(0, total_steps - points[-1][0]) * elapsed_s / steps


def progress_text(run: RunRow, left_s: float | None) -> str:
    """`step 214 of 600 · 6 min left`, or the state in words before the first step."""
    if run.step == 0 and run.state is not RunState.RUNNING:
        return run.detail or run.state.value.replace("_", " ")
    total = f" of {run.total_steps:,}" if run.total_steps else ""
    left = f" · {duration(left_s)} left" if left_s and run.state is RunState.RUNNING else ""
    return f"step {run.step:,}{total}{left}"
