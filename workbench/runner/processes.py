"""Knowing a process again, and ending it with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

# The time at which a process started is told from the clock, which may be set by a little.
_CLOCK_TOLERANCE_S = 2.0


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process for certain: its number alone may be given to another one later.

    `started_at` is seconds since 1970, as psutil's `create_time` tells it.
    """

    pid: int
    started_at: float

    def to_json(self) -> dict[str, Any]:
        return {"pid": self.pid, "process_started_at": self.started_at}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ProcessIdentity:
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError."""
        return cls(int(value["pid"]), float(value["process_started_at"]))


def identity_of(pid: int) -> ProcessIdentity:
    """Raises psutil.NoSuchProcess when there is no such process."""
    return ProcessIdentity(pid, psutil.Process(pid).create_time())


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether this very process still runs. A zombie, which only awaits its parent, does not."""
    try:
        process = psutil.Process(identity.pid)
        return _is_same(process, identity) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def signal_group(leader: ProcessIdentity, number: signal.Signals) -> None:
    """Send a signal to the process group that `leader` leads or led.

    Does nothing when the group is gone. While any member lives, the system gives the leader's
    number to nobody else; so a leader of another age means that the group is a stranger's.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        if not _is_same(psutil.Process(leader.pid), leader):
            return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, number)


def _is_same(process: psutil.Process, identity: ProcessIdentity) -> bool:
    return abs(process.create_time() - identity.started_at) <= _CLOCK_TOLERANCE_S
