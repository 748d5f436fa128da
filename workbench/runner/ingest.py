"""Reading run folders into the project."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from workbench.core import events
from workbench.core.changes import NO_CHANGES, Changed, Changes
from workbench.core.events import Event, ProtocolError, RunState
from workbench.core.run_folder import AttemptFolder
from workbench.core.telemetry import MachineReading
from workbench.runner.liveness import PATIENCE, AttemptStatus, attempt_status
from workbench.runner.tail import Chunk, Item, read_chunk
from workbench.store.project import Project
from workbench.store.rows import RunRow
from workbench.store.runs import EVENTS, TELEMETRY

_log = logging.getLogger(__name__)


def ingest_run(project: Project, run_id: str) -> Changes:
    """Store what is new in the run's folder, and where the run stands.

    Rows and the offset up to which they were read are committed together: reading twice, or
    being killed half way, adds and loses nothing. Raises KeyError for a run nobody knows.
    """
    run = project.runs.get(run_id)
    attempts = run.folder.attempts()
    # Before the events are read: whatever an ended trainer has said is in its file by now.
    status = attempt_status(attempts[-1]) if attempts else _unstarted(run)
    flags = Changed.NOTHING
    for attempt in attempts:
        if _ingest_events(project, run_id, attempt):
            flags |= Changed.METRICS | Changed.RUNS
        if _ingest_readings(project, run_id, attempt):
            flags |= Changed.METRICS
    if status and project.runs.set_state(run_id, status.state, status.detail):
        flags |= Changed.RUNS
    return Changes(flags, frozenset({run_id})) if flags else NO_CHANGES


def ingest_runs(project: Project, *, only_active: bool = False) -> Changes:
    """Ingest every run of the project, or those at which a process is, or may be, at work."""
    changes = NO_CHANGES
    for run in project.runs.all():
        if run.state.is_active or not only_active:
            changes |= ingest_run(project, run.id)
    return changes


def _unstarted(run: RunRow) -> AttemptStatus | None:
    """What to say of a run that was made and, a while later, has still not been started."""
    waited_s = time.time() - run.created_at
    if run.state is not RunState.QUEUED or waited_s < PATIENCE.supervisor_after_s:
        return None
    return AttemptStatus(RunState.STOPPED, "It was never started. Resume starts it.")


def _ingest_events(project: Project, run_id: str, attempt: AttemptFolder) -> int:
    def decode(line: str) -> Event:
        event = events.decode(line)
        if (event.run, event.attempt) != (run_id, attempt.number):
            raise ProtocolError(f"of another run: {event.run}, attempt {event.attempt}")
        return event

    def store(chunk: Chunk[Event]) -> int:
        return project.runs.add_events(run_id, attempt.number, chunk.items, chunk.offset)

    offset = project.runs.offset(run_id, attempt.number, EVENTS)
    return _ingest(attempt.events, offset, decode, store)


def _ingest_readings(project: Project, run_id: str, attempt: AttemptFolder) -> int:
    def store(chunk: Chunk[MachineReading]) -> int:
        return project.runs.add_readings(run_id, attempt.number, chunk.items, chunk.offset)

    offset = project.runs.offset(run_id, attempt.number, TELEMETRY)
    return _ingest(attempt.telemetry, offset, _decode_reading, store)


def _ingest(
    path: Path,
    offset: int,
    decode: Callable[[str], Item],
    store: Callable[[Chunk[Item]], int],
) -> int:
    """Store the complete lines from `offset` on, chunk by chunk; returns how many were new."""
    new = 0
    while True:
        chunk = read_chunk(path, offset, decode)
        for garbage in chunk.garbage:
            _log.warning("%s, byte %d: passed over: %s", path, garbage.offset, garbage.reason)
        if chunk.offset != offset:
            new += store(chunk)
        if chunk.at_end:
            return new
        offset = chunk.offset


def _decode_reading(line: str) -> MachineReading:
    try:
        return MachineReading.from_json(json.loads(line))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"malformed reading: {error}") from error
