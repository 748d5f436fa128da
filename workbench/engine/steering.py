"""Commands to a running trainer: its control file, and signals that ask it to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.core.control import Command, Control, read_control
from workbench.core.events import Ack


class Interrupted(Exception):  # noqa: N818 - a request, not an error
    """A pause or stop arrived while there was nothing yet to keep."""

    def __init__(self, command: Command) -> None:
        super().__init__(command.value)
        self.command = command


class Steering:
    """Reads the control file, acknowledges each command once and keeps it until it is taken."""

    def __init__(self, path: Path, acknowledge: Callable[[Ack], None]) -> None:
        self._path = path
        self._acknowledge = acknowledge
        self._seen: str | None = None
        self._pending: Command | None = None
        self._terminated = False

    def terminate(self) -> None:
        """Stop as soon as a checkpoint is written; may be called from a signal handler."""
        self._terminated = True

    def poll(self) -> None:
        """Look for a new command. Cheap; call it often, so that the answer comes soon."""
        control = read_control(self._path)
        if control is not None and control.id != self._seen:
            self._accept(control)

    def _accept(self, control: Control) -> None:
        self._seen = control.id
        self._pending = None if control.command is Command.RUN else control.command
        self._acknowledge(Ack(control.id, control.command.value))

    def take(self) -> Command | None:
        """The command to carry out now, once."""
        self.poll()
        if self._terminated:
            return Command.STOP
        command, self._pending = self._pending, None
        return command

    def interrupt(self) -> None:
        """Raise Interrupted when asked to pause or stop: for work before the first step."""
        self.poll()
        command = Command.STOP if self._terminated else self._pending
        if command in {Command.PAUSE, Command.STOP}:
            raise Interrupted(command)
