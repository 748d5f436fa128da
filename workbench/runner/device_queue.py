"""One run at a time on a device, first come, first served.

The device's lock and each waiter's ticket are locks of the operating system, which frees them
when their holders die: nothing is left to clean up by hand.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from filelock import lock_descriptor

from workbench.core.ids import new_id


@dataclass
class DeviceTurn:
    """A place in the queue for the device `name`; a context manager that leaves the queue.

    `descriptor` may be handed down to the trainer: the device then stays taken for as long as
    either of the two processes lives.
    """

    folder: Path
    name: str
    descriptor: int = field(init=False)
    _ticket: Path = field(init=False)
    _ticket_descriptor: int | None = field(init=False)

    def __post_init__(self) -> None:
        self._queue.mkdir(parents=True, exist_ok=True)
        self.descriptor = _open(self.folder / f"{self.name}.lock")
        self._ticket = self._queue / new_id()
        self._ticket_descriptor = _take_ticket(self._ticket)

    @property
    def _queue(self) -> Path:
        return self.folder / f"{self.name}.queue"

    def try_take(self) -> bool:
        """Take the device if it is free and nobody came earlier."""
        if self.runs_ahead() or not lock_descriptor(self.descriptor, blocking=False):
            return False
        self._give_up_ticket()
        return True

    def runs_ahead(self) -> int:
        """How many came earlier and still wait."""
        earlier = (path for path in self._queue.iterdir() if path.name < self._ticket.name)
        return sum(_is_held(path) for path in earlier)

    def _give_up_ticket(self) -> None:
        if self._ticket_descriptor is None:
            return
        self._ticket.unlink(missing_ok=True)
        os.close(self._ticket_descriptor)
        self._ticket_descriptor = None

    def __enter__(self) -> DeviceTurn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._give_up_ticket()
        os.close(self.descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _take_ticket(path: Path) -> int:
    """Make a ticket that is held; who looks between the two takes it for a dead one's."""
    while True:
        descriptor = _open(path)
        lock_descriptor(descriptor)
        if _is_still_there(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_still_there(path: Path, descriptor: int) -> bool:
    """Whether `path` still names the open file, and not another one or none."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _is_held(ticket: Path) -> bool:
    """Whether the ticket's holder lives; a dead one's ticket is thrown away."""
    try:
        descriptor = os.open(ticket, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        if not lock_descriptor(descriptor, blocking=False):
            return True
        if _is_still_there(ticket, descriptor):  # only who has its lock may throw it away
            ticket.unlink()
        return False
    finally:
        os.close(descriptor)
