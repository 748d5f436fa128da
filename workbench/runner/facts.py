"""What an attempt's events say about where it stands, read from the end of the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core import events
from workbench.core.events import (
    Bye,
    CheckpointSaved,
    Event,
    Failed,
    Hello,
    Metric,
    RunState,
    StateChanged,
)

_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class EventFacts:
    """None means that the trainer has not said so yet."""

    hello: Hello | None = None
    state: RunState | None = None
    detail: str = ""
    last_step: int | None = None
    last_event_at: float | None = None
    failed: Failed | None = None
    bye: Bye | None = None


def read_facts(path: Path, *, tail_bytes: int = _TAIL_BYTES) -> EventFacts:
    """Read the first event and as many of the last ones as it takes to know the state."""
    while True:
        recent, is_all = _last_events(path, tail_bytes)
        facts = facts_of(recent)
        if facts.state is not None or is_all:
            break
        tail_bytes *= 8
    if facts.hello is None and not is_all:
        facts = facts_of([*_first_event(path), *recent])
    return facts


def facts_of(recent: list[Event]) -> EventFacts:
    """Sum up events, oldest first."""
    hello: Hello | None = None
    state: RunState | None = None
    detail = ""
    last_step: int | None = None
    failed: Failed | None = None
    bye: Bye | None = None
    for event in recent:
        payload = event.payload
        if isinstance(payload, Hello):
            hello, last_step = payload, payload.resumed_from_step
        elif isinstance(payload, StateChanged):
            state, detail = payload.state, payload.detail
        elif isinstance(payload, Metric):
            state, last_step = RunState.RUNNING, payload.step
        elif isinstance(payload, CheckpointSaved):
            last_step = payload.step
        elif isinstance(payload, Failed):
            failed = payload
        elif isinstance(payload, Bye):
            bye, state, detail, last_step = payload, payload.state, payload.reason, payload.step
    last_event_at = recent[-1].t if recent else None
    return EventFacts(hello, state, detail, last_step, last_event_at, failed, bye)


def _last_events(path: Path, tail_bytes: int) -> tuple[list[Event], bool]:
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, 2) - tail_bytes)
            file.seek(start)
            raw = file.read()
    except FileNotFoundError:
        return [], True
    lines = raw.split(b"\n")[:-1]
    return _decoded(lines if start == 0 else lines[1:]), start == 0


def _first_event(path: Path) -> list[Event]:
    with path.open("rb") as file:
        return _decoded([file.readline()])


def _decoded(lines: list[bytes]) -> list[Event]:
    found = []
    for line in lines:
        try:
            found.append(events.decode(line.decode("utf-8")))
        except ValueError:
            continue
    return found
