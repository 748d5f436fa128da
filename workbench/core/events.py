"""The run protocol: JSON lines that a trainer appends to its attempt's `events.jsonl`.

    {"v": 1, "run": "…", "attempt": 1, "seq": 42, "t": 1790000000.0, "kind": "metric", "data": {…}}

`seq` counts from 1 within an attempt, `t` is seconds since 1970. Rank 0 alone writes.
A reader takes complete lines only and keys on (run, attempt, seq): reading twice adds nothing.
Fields that a reader does not know are ignored, so that a newer trainer can be watched.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

PROTOCOL_VERSION = 1


class ProtocolError(ValueError):
    """A line is not an event of this protocol."""


class RunState(StrEnum):
    """Where a run stands. The trainer reports some; the runner infers the rest."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    CRASHED = "crashed"
    NO_CONTACT = "no_contact"

    @property
    def is_active(self) -> bool:
        """Whether a process is, or may be, at work on it."""
        return self in {
            RunState.QUEUED, RunState.STARTING, RunState.RUNNING, RunState.NO_CONTACT,
        }  # fmt: skip

    @property
    def can_resume(self) -> bool:
        return self in {RunState.PAUSED, RunState.STOPPED, RunState.CRASHED}


class Severity(StrEnum):
    NOTICE = "notice"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class Hello:
    """First event of an attempt: which process this is and what it runs on."""

    KIND: ClassVar[str] = "hello"
    pid: int
    process_started_at: float
    device: str
    versions: Mapping[str, str] = field(default_factory=dict)
    total_steps: int | None = None
    resumed_from_step: int | None = None


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The trainer entered a state; `detail` says in words what it is doing."""

    KIND: ClassVar[str] = "state"
    state: RunState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """Figures of one optimiser step. Names are TRL's (`loss`, `rewards/margins`, …).

    Not-a-number and the infinities travel as null and the name is listed in `not_finite`.
    """

    KIND: ClassVar[str] = "metric"
    step: int
    values: Mapping[str, float]
    epoch: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer that the model in training wrote to a fixed prompt."""

    KIND: ClassVar[str] = "sample"
    step: int
    prompt: str
    text: str


@dataclass(frozen=True, slots=True)
class SampledAnswer:
    """An answer that the model in training wrote, and what it was worth.

    `rewards` are by name, None where one could not be given, with why in `notes`.
    """

    text: str
    tokens: int
    is_finished: bool
    rewards: Mapping[str, float | None]
    total: float | None
    advantage: float
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupSampled:
    """Answers to one prompt of a step that learns from the model's own answers."""

    KIND: ClassVar[str] = "group"
    step: int
    prompt: str
    answers: tuple[SampledAnswer, ...]
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint is complete on disk. `path` is relative to the run folder."""

    KIND: ClassVar[str] = "checkpoint"
    step: int
    path: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The trainer is alive though it has nothing else to say."""

    KIND: ClassVar[str] = "heartbeat"
    doing: str = ""


@dataclass(frozen=True, slots=True)
class Ack:
    """The trainer has seen a control command and acts on it."""

    KIND: ClassVar[str] = "ack"
    control_id: str
    command: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to look at, in plain language, with what to try."""

    KIND: ClassVar[str] = "warning"
    code: str
    message: str
    severity: Severity = Severity.CAUTION
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The trainer ends because of an error. `known` tells a person's matter from a bug of ours."""

    KIND: ClassVar[str] = "error"
    message: str
    known: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bye:
    """Last event of an attempt that ended by itself: finished, stopped, paused or crashed."""

    KIND: ClassVar[str] = "bye"
    state: RunState
    step: int
    reason: str = ""


Payload = (
    Hello | StateChanged | Metric | Sample | GroupSampled | CheckpointSaved
    | Heartbeat | Ack | Warned | Failed | Bye
)  # fmt: skip

PAYLOADS: dict[str, type[Payload]] = {
    payload.KIND: payload
    for payload in (
        Hello, StateChanged, Metric, Sample, GroupSampled, CheckpointSaved, Heartbeat, Ack, Warned,
        Failed, Bye,
    )
}  # fmt: skip

_ENUMS: dict[tuple[str, str], type[StrEnum]] = {
    ("state", "state"): RunState,
    ("bye", "state"): RunState,
    ("warning", "severity"): Severity,
}


@dataclass(frozen=True, slots=True)
class Event:
    run: str
    attempt: int
    seq: int
    t: float
    payload: Payload

    @property
    def kind(self) -> str:
        return self.payload.KIND


def encode(event: Event) -> str:
    """One JSON line, newline included."""
    data = dataclasses.asdict(event.payload)
    if isinstance(event.payload, Metric):
        bad = [name for name, value in event.payload.values.items() if not math.isfinite(value)]
        if bad:
            data["values"] = {
                name: None if name in bad else value for name, value in data["values"].items()
            }
            data["not_finite"] = {name: str(event.payload.values[name]) for name in bad}
    line = {
        "v": PROTOCOL_VERSION, "run": event.run, "attempt": event.attempt, "seq": event.seq,
        "t": event.t, "kind": event.kind, "data": data,
    }  # fmt: skip
    return json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"


def decode(line: str) -> Event:
    """Read one line; raises ProtocolError that says what is wrong with it."""
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ProtocolError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ProtocolError("not a JSON object")
    if value.get("v") != PROTOCOL_VERSION:
        raise ProtocolError(
            f"protocol version {value.get('v')!r}, this program reads {PROTOCOL_VERSION}"
        )
    try:
        payload = decode_payload(value["kind"], value["data"])
        return Event(
            run=str(value["run"]), attempt=int(value["attempt"]), seq=int(value["seq"]),
            t=float(value["t"]), payload=payload,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"malformed event: {error}") from error


def decode_payload(kind: str, data: Mapping[str, Any]) -> Payload:
    """Build the data class of `kind`; raises ProtocolError for a kind nobody knows."""
    payload_class = PAYLOADS.get(kind)
    if payload_class is None:
        raise ProtocolError(f"unknown kind of event {kind!r}")
    names = {item.name for item in dataclasses.fields(payload_class)}
    fields = {name: value for name, value in data.items() if name in names}
    for (enum_kind, name), enum in _ENUMS.items():
        if enum_kind == kind and name in fields:
            fields[name] = enum(fields[name])
    if kind == Metric.KIND:
        not_finite = data.get("not_finite", {})
        fields["values"] = {
            name: float(not_finite.get(name, "nan")) if value is None else float(value)
            for name, value in data["values"].items()
        }
    if kind == GroupSampled.KIND:
        fields["answers"] = tuple(_known_fields(SampledAnswer, item) for item in data["answers"])
    return payload_class(**fields)


def _known_fields(data_class: type[SampledAnswer], data: Mapping[str, Any]) -> SampledAnswer:
    names = {item.name for item in dataclasses.fields(data_class)}
    return data_class(**{name: value for name, value in data.items() if name in names})
