"""Pausing, stopping and resuming runs, and how far each request has come."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.core.changes import Changed, Changes
from workbench.core.control import Command
from workbench.runner.steering import Ending, Stage, end
from workbench.store.rows import RunRow
from workbench.ui import operations
from workbench.ui.context import Session

_INTERVAL_MS = 500


class Steering(QObject):
    """Sees requests through on worker threads. `changed` tells that a stage is another."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._endings: dict[str, Ending] = {}
        self._asking: set[str] = set()
        self._is_advancing = False
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._advance)

    def pause(self, run: RunRow) -> None:
        """Ask for a checkpoint and the end of the process; it can be resumed."""
        self._ask(run, Command.PAUSE)

    def stop(self, run: RunRow) -> None:
        """Ask for a checkpoint and the end of the run."""
        self._ask(run, Command.STOP)

    def resume(self, run: RunRow) -> None:
        """Go on from the newest checkpoint, in a new attempt."""
        project = self._session.project
        self._asking.add(run.id)
        self.changed.emit()
        self._session.bridge.run(
            lambda: operations.resume_run(project, run.id),
            lambda changes: self._resumed(run.id, changes),
            lambda error: self._refused(run.id, error),
            owner=self,
        )

    def stage(self, run_id: str) -> str:
        """What is going on with a request about this run, in words; empty when nothing is."""
        ending = self._endings.get(run_id)
        if ending is not None:
            return ending.stage.value
        return self.tr("Asking") if run_id in self._asking else ""

    def _ask(self, run: RunRow, command: Command) -> None:
        self._asking.add(run.id)
        self.changed.emit()
        self._session.bridge.run(
            lambda: end(run.folder, command, time.monotonic()),
            lambda ending: self._asked(run.id, ending),
            lambda error: self._refused(run.id, error),
            owner=self,
        )

    def _asked(self, run_id: str, ending: Ending) -> None:
        self._asking.discard(run_id)
        self._endings[run_id] = ending
        self._timer.start()
        self.changed.emit()

    def _resumed(self, run_id: str, changes: Changes) -> None:
        self._asking.discard(run_id)
        self._session.apply(changes)
        self.changed.emit()

    def _refused(self, run_id: str, error: BaseException) -> None:
        self._asking.discard(run_id)
        self._session.show_error(error)
        self.changed.emit()

    @Slot()
    def _advance(self) -> None:
        """Do what is due about every request; looking at processes may take a while."""
        if self._is_advancing:
            return
        self._is_advancing = True
        endings = dict(self._endings)
        now = time.monotonic()
        self._session.bridge.run(
            lambda: {run_id: ending.advance(now) for run_id, ending in endings.items()},
            self._advanced,
            self._advance_failed,
            owner=self,
        )

    def _advance_failed(self, error: BaseException) -> None:
        self._is_advancing = False
        self._session.show_error(error)

    def _advanced(self, stages: dict[str, Stage]) -> None:
        self._is_advancing = False
        ended = {run_id for run_id, stage in stages.items() if stage is Stage.ENDED}
        for run_id in ended:
            self._endings.pop(run_id, None)
        if not self._endings:
            self._timer.stop()
        if ended:
            self._session.apply(Changes(Changed.RUNS, frozenset(ended)))
        self.changed.emit()
