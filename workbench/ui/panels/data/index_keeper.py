"""Keeps the search index up to date in the background while the panel is there."""

from __future__ import annotations

import threading
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.store.project import Project
from workbench.store.search_index import IndexProgress
from workbench.ui.bridge import Bridge


class IndexKeeper(QObject):
    """`progressed` tells how far it is, `caught_up` that everything can be found."""

    progressed = Signal(object)
    caught_up = Signal()
    failed = Signal(object)

    def __init__(self, project: Project, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._project = project
        self._bridge = bridge
        self._stop = threading.Event()
        self._is_at_work = False
        self._must_look_again = False

    @property
    def is_at_work(self) -> bool:
        return self._is_at_work

    def look(self) -> None:
        """Bring in what is new; once more afterwards where it is at work already."""
        if self._is_at_work:
            self._must_look_again = True
            return
        self._is_at_work = True
        tell = self._bridge.forward(self._tell, owner=self)
        work = partial(self._project.index.catch_up, tell, self._stop.is_set)
        self._bridge.run(work, self._on_done, self._on_error, owner=self, in_background=True)

    def stop(self) -> None:
        """End the work; the next time it goes on from there."""
        self._stop.set()

    def _tell(self, progress: IndexProgress) -> None:
        if self._is_at_work:
            self.progressed.emit(progress)

    def _on_done(self, is_complete: bool) -> None:
        self._is_at_work = False
        if self._must_look_again and not self._stop.is_set():
            self._must_look_again = False
            self.look()
        elif is_complete:
            self.caught_up.emit()

    def _on_error(self, error: BaseException) -> None:
        self._is_at_work = False
        if not self._stop.is_set():
            self.failed.emit(error)
