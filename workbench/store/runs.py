"""Runs as the project knows them: what was read from run folders."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sqlite_utils

from workbench.core.events import Event, Hello, Metric, RunState, decode, encode
from workbench.core.recipes import RunSpec
from workbench.core.run_folder import RunFolder
from workbench.core.telemetry import MachineReading
from workbench.store.database import Database
from workbench.store.rows import NewPoints, RunRow, Series

EVENTS = "events"
TELEMETRY = "telemetry"


class Runs:
    def __init__(self, database: Database, project_folder: Path) -> None:
        self._database = database
        self._project_folder = project_folder

    def add(self, spec: RunSpec, folder: Path, state: RunState = RunState.QUEUED) -> RunRow:
        """Remember a run whose folder lies inside the project; known runs are left as they are."""
        now = time.time()
        row = {
            "id": spec.run_id,
            "name": spec.name,
            "method": spec.method,
            "spec": spec.model_dump_json(),
            "folder": str(folder.resolve().relative_to(self._project_folder)),
            "state": state.value,
            "created_at": spec.created_at or now,
            "updated_at": now,
        }

        def change(db: sqlite_utils.Database) -> RunRow:
            db.table("runs").insert(row, pk="id", ignore=True)
            return self._row(db.table("runs").get(spec.run_id))

        return self._database.write(change)

    def get(self, run_id: str) -> RunRow:
        """The run with this id; raises KeyError when the project has none."""

        def query(db: sqlite_utils.Database) -> RunRow:
            rows = list(db["runs"].rows_where("id = ?", [run_id]))
            if not rows:
                raise KeyError(run_id)
            return self._row(rows[0])

        return self._database.read(query)

    def all(self) -> list[RunRow]:
        """Every run, newest first."""

        def query(db: sqlite_utils.Database) -> list[RunRow]:
            rows = db["runs"].rows_where(order_by="created_at DESC, id DESC")
            return [self._row(row) for row in rows]

        return self._database.read(query)

    def set_state(self, run_id: str, state: RunState, detail: str = "") -> bool:
        """Record where a run stands; returns whether that is news."""

        def change(db: sqlite_utils.Database) -> bool:
            row = db.table("runs").get(run_id)
            if (row["state"], row["detail"]) == (state.value, detail):
                return False
            fields = {"state": state.value, "detail": detail, "updated_at": time.time()}
            db.table("runs").update(run_id, fields)
            return True

        return self._database.write(change)

    def offset(self, run_id: str, attempt: int, stream: str) -> int:
        """How many bytes of a stream (`events` or `telemetry`) of an attempt have been read."""

        def query(db: sqlite_utils.Database) -> int:
            where = "run_id = ? AND attempt = ? AND stream = ?"
            rows = list(db["read_offsets"].rows_where(where, [run_id, attempt, stream]))
            return int(rows[0]["offset_bytes"]) if rows else 0

        return self._database.read(query)

    def add_events(
        self, run_id: str, attempt: int, events: Sequence[Event], offset_bytes: int
    ) -> int:
        """Store events and how far the file was read, together; repeats are ignored.

        Returns how many events were new.
        """

        def change(db: sqlite_utils.Database) -> int:
            new = [event for event in events if _insert_event(db, run_id, event)]
            _advance(db, run_id, attempt, EVENTS, offset_bytes)
            _insert_metrics(db, run_id, new)
            _update_steps(db, run_id, new)
            return len(new)

        return self._database.write_repeatable(change)

    def add_readings(
        self, run_id: str, attempt: int, readings: Sequence[MachineReading], offset_bytes: int
    ) -> int:
        """Store telemetry and how far the file was read; returns how many readings were new."""
        rows = [(run_id, attempt, reading.t, json.dumps(reading.to_json())) for reading in readings]

        def change(db: sqlite_utils.Database) -> int:
            before = db.conn.total_changes
            db.conn.executemany("INSERT OR IGNORE INTO telemetry VALUES (?, ?, ?, ?)", rows)
            new = db.conn.total_changes - before
            _advance(db, run_id, attempt, TELEMETRY, offset_bytes)
            return new

        return self._database.write_repeatable(change)

    def series(self, run_id: str, names: Sequence[str] = ()) -> dict[str, Series]:
        """Metrics by name, each over steps in order; NaN where a value was not a number.

        A resumed run repeats the steps after its checkpoint: the newest attempt's values count.
        """
        where = f"name IN ({', '.join('?' * len(names))})" if names else "1"
        sql = f"""
            SELECT name, step, t, value FROM metrics WHERE run_id = ? AND {where}
            ORDER BY name, attempt, seq
        """

        def query(db: sqlite_utils.Database) -> list[tuple[str, int, float, float | None]]:
            return list(db.execute(sql, [run_id, *names]).fetchall())

        return _by_name(self._database.read(query))

    def points_after(
        self, run_id: str, names: Sequence[str], attempt: int = 0, seq: int = 0
    ) -> NewPoints:
        """What came in after (attempt, seq), so that a watcher reads each point once."""
        sql = """
            SELECT name, step, t, value, attempt, seq FROM metrics
            WHERE run_id = ? AND name = ? AND (attempt, seq) > (?, ?) ORDER BY attempt, seq
        """

        def query(db: sqlite_utils.Database) -> list[tuple[Any, ...]]:
            return [
                row
                for name in names
                for row in db.execute(sql, [run_id, name, attempt, seq]).fetchall()
            ]

        rows = self._database.read(query)
        newest = max(((row[4], row[5]) for row in rows), default=(attempt, seq))
        return NewPoints(_by_name([row[:4] for row in rows]), *newest)

    def events(
        self,
        run_id: str,
        kinds: Sequence[str] = (),
        limit: int = 1000,
        *,
        before: tuple[int, int] | None = None,
    ) -> list[Event]:
        """The newest events of some kinds (or all), oldest of them first.

        `before` is the (attempt, seq) that they must be older than, for reading page by page.
        """
        where = f"kind IN ({', '.join('?' * len(kinds))})" if kinds else "1"
        older = "(attempt, seq) < (?, ?)" if before else "1"
        # The keys are found in the index alone: lines may be long.
        sql = f"""
            SELECT line FROM events WHERE (run_id, attempt, seq) IN (
                SELECT run_id, attempt, seq FROM events WHERE run_id = ? AND {where} AND {older}
                ORDER BY attempt DESC, seq DESC LIMIT ?
            ) ORDER BY attempt, seq
        """
        values = [run_id, *kinds, *(before or ()), limit]

        def query(db: sqlite_utils.Database) -> list[Event]:
            return [decode(line) for (line,) in db.execute(sql, values).fetchall()]

        return self._database.read(query)

    def readings(self, run_id: str, since_t: float = 0.0) -> list[MachineReading]:
        """Telemetry taken while the run was at work, in order of time."""
        where = "run_id = ? AND t > ?"

        def query(db: sqlite_utils.Database) -> list[MachineReading]:
            rows = db["telemetry"].rows_where(where, [run_id, since_t], order_by="t")
            return [MachineReading.from_json(json.loads(row["reading"])) for row in rows]

        return self._database.read(query)

    def _row(self, row: dict[str, Any]) -> RunRow:
        return RunRow(
            id=row["id"],
            name=row["name"],
            method=row["method"],
            spec=RunSpec.model_validate_json(row["spec"]),
            folder=RunFolder(self._project_folder / row["folder"]),
            state=RunState(row["state"]),
            detail=row["detail"],
            step=row["step"],
            total_steps=row["total_steps"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )


def _insert_event(db: sqlite_utils.Database, run_id: str, event: Event) -> bool:
    cursor = db.conn.execute(
        "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)",
        (run_id, event.attempt, event.seq, event.t, event.kind, encode(event)),
    )
    return cursor.rowcount == 1


def _insert_metrics(db: sqlite_utils.Database, run_id: str, events: Sequence[Event]) -> None:
    rows = [
        (run_id, name, event.attempt, event.seq, event.payload.step, event.t, _finite(value))
        for event in events
        if isinstance(event.payload, Metric)
        for name, value in event.payload.values.items()
    ]
    db.conn.executemany("INSERT OR IGNORE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _update_steps(db: sqlite_utils.Database, run_id: str, events: Sequence[Event]) -> None:
    fields: dict[str, Any] = {}
    for event in events:
        if isinstance(event.payload, Metric):
            fields["step"] = event.payload.step
        elif isinstance(event.payload, Hello):
            if event.payload.total_steps is not None:
                fields["total_steps"] = event.payload.total_steps
            if event.payload.resumed_from_step is not None:
                fields["step"] = event.payload.resumed_from_step
    if fields:
        db.table("runs").update(run_id, {**fields, "updated_at": time.time()})


def _advance(
    db: sqlite_utils.Database, run_id: str, attempt: int, stream: str, offset_bytes: int
) -> None:
    row = {
        "run_id": run_id,
        "attempt": attempt,
        "stream": stream,
        "offset_bytes": offset_bytes,
    }
    db.table("read_offsets").upsert(row, pk=("run_id", "attempt", "stream"))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _by_name(rows: Sequence[tuple[Any, ...]]) -> dict[str, Series]:
    newest: dict[str, dict[int, tuple[float, float]]] = {}
    for name, step, t, value in rows:
        newest.setdefault(name, {})[step] = (t, math.nan if value is None else value)
    return {name: _series(name, points) for name, points in newest.items()}


def _series(name: str, points: dict[int, tuple[float, float]]) -> Series:
    steps = sorted(points)
    return Series(
        name=name,
        step=np.array(steps, dtype=np.float64),
        t=np.array([points[step][0] for step in steps], dtype=np.float64),
        value=np.array([points[step][1] for step in steps], dtype=np.float64),
    )
