"""`exit.json`: how an attempt ended, in the supervisor's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from workbench.core.atomic import write_json
from workbench.core.events import RunState


class ExitKind(StrEnum):
    """Why an attempt ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    PAUSED = "paused"
    EXCEPTION = "exception"
    KNOWN_ERROR = "known_error"
    CUDA_OUT_OF_MEMORY = "cuda_out_of_memory"
    HOST_OUT_OF_MEMORY = "host_out_of_memory"
    DISK_FULL = "disk_full"
    KILLED = "killed"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class ExitReport:
    """How an attempt ended. `message` is for people; `signal` is a name such as SIGSEGV."""

    state: RunState
    kind: ExitKind
    message: str
    exit_code: int | None = None
    signal: str | None = None
    last_step: int | None = None


def write_report(path: Path, report: ExitReport) -> None:
    value = {
        "v": 1,
        "state": report.state.value,
        "kind": report.kind.value,
        "message": report.message,
        "exit_code": report.exit_code,
        "signal": report.signal,
        "last_step": report.last_step,
    }
    write_json(path, value)


def read_report(path: Path) -> ExitReport | None:
    """None when the attempt has not ended, or nobody was there to say how."""
    try:
        value: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return ExitReport(
            state=RunState(value["state"]),
            kind=ExitKind(value["kind"]),
            message=str(value["message"]),
            exit_code=value.get("exit_code"),
            signal=value.get("signal"),
            last_step=value.get("last_step"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
