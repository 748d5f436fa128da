"""`supervisor.json`: which processes are at work on an attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from workbench.core.atomic import write_json
from workbench.runner.processes import ProcessIdentity


@dataclass(frozen=True, slots=True)
class SupervisorRecord:
    """`waiting_for` says in words what a queued run waits for; empty once it has its device.

    `ending` says how far a request to stop or pause has come; empty while there is none.
    """

    process: ProcessIdentity
    device: str = ""
    waiting_for: str = ""
    trainer: ProcessIdentity | None = None
    ending: str = ""


def write_record(path: Path, record: SupervisorRecord) -> None:
    value = {
        "v": 1,
        **record.process.to_json(),
        "device": record.device,
        "waiting_for": record.waiting_for,
        "trainer": record.trainer.to_json() if record.trainer else None,
        "ending": record.ending,
    }
    write_json(path, value)


def read_record(path: Path) -> SupervisorRecord | None:
    """None when the supervisor has not written it yet, or it can't be understood."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        trainer = value.get("trainer")
        return SupervisorRecord(
            process=ProcessIdentity.from_json(value),
            device=str(value.get("device", "")),
            waiting_for=str(value.get("waiting_for", "")),
            trainer=ProcessIdentity.from_json(trainer) if trainer else None,
            ending=str(value.get("ending", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
