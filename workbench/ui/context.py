"""What a panel is given: the open project and the window's services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.core.changes import Changes
from workbench.core.telemetry import MachineReading
from workbench.store.project import Project
from workbench.store.rows import RunRow
from workbench.ui.bridge import Bridge
from workbench.ui.settings import Settings


class Window(Protocol):
    """What a panel may ask of the window it stands in."""

    def navigate(self, panel: str, **what: object) -> None:
        """Show `panel` (`home`, `models`, …); `what` goes to its `show_item`."""

    def apply(self, changes: Changes) -> None:
        """Tell every panel what changed: the visible one refreshes now."""

    def show_error(self, error: BaseException) -> None:
        """Show a KnownError's sentence, or offer a report of anything else."""

    def show_notice(
        self, text: str, *, action: str = "", on_action: Callable[[], object] | None = None
    ) -> None:
        """Say what was done, for a while, with an optional next step."""

    def open_project(self, folder: Path) -> None:
        """Close this project and open the one in `folder`."""

    def create_project(self, folder: Path, name: str) -> None:
        """Make a project in `folder` and open it."""

    def machine(self) -> MachineReading | None:
        """The newest reading of CPU, memory and GPUs; None in the first second."""

    def active_runs(self) -> tuple[RunRow, ...]:
        """The runs that are not over, as last looked; the one at work before those that wait."""


@dataclass(frozen=True)
class Session:
    """One open project (or none) and the services of the window. Each opening makes a new one."""

    window: Window
    bridge: Bridge
    settings: Settings
    opened: Project | None = None
    ground: QWidget | None = None  # what panels stand in, where there is a window

    @property
    def project(self) -> Project:
        """The open project; RuntimeError without one. Only Home is ever shown without."""
        if self.opened is None:
            raise RuntimeError("no project is open")
        return self.opened

    def navigate(self, panel: str, **what: object) -> None:
        self.window.navigate(panel, **what)

    def apply(self, changes: Changes) -> None:
        self.window.apply(changes)

    def show_error(self, error: BaseException) -> None:
        self.window.show_error(error)

    def change(self, operation: Callable[[], Changes]) -> bool:
        """Run a function of `operations.py` here and now and tell the panels.

        For what takes milliseconds. Returns whether it worked; an error is shown in the bar.
        """
        try:
            changes = operation()
        except Exception as error:
            self.show_error(error)
            return False
        self.apply(changes)
        return True

    def change_later(
        self,
        operation: Callable[[], Changes],
        *,
        owner: QObject | None = None,
        then: Callable[[], object] | None = None,
        on_error: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Run a function of `operations.py` on a worker thread, then tell the panels.

        `then` follows on the GUI thread; an error goes to `on_error`, or to the bar.
        """

        def done(changes: Changes) -> None:
            self.apply(changes)
            if then is not None:
                then()

        self.bridge.run(operation, done, on_error or self.show_error, owner=owner)
