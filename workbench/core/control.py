"""The control file: how a run is steered without a connection to it.

One small file an attempt, replaced atomically and read by the trainer at each step.
Each command bears an id, which the trainer's `ack` event repeats.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from workbench.core.atomic import write_json
from workbench.core.ids import new_id


class Command(StrEnum):
    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Control:
    command: Command
    id: str


def write_control(path: Path, command: Command) -> Control:
    """Replace the control file; returns what was written, with the id to wait for."""
    control = Control(command, new_id())
    write_json(path, {"v": 1, "command": control.command.value, "id": control.id})
    return control


def read_control(path: Path) -> Control | None:
    """The command in force, or None when nobody has given one or it can't be understood."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Control(Command(value["command"]), str(value["id"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
