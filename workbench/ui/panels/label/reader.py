"""Reads the queue and the counts on another thread, and says when something is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.ui.bridge import Latest
from workbench.ui.context import Session
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.panels.label.reading import Ahead, Standing, read_ahead, read_standing


class Reader(QObject):
    """One reading ahead at a time. `arrived` follows once the queue has taken the pairs."""

    arrived = Signal(object)
    counted = Signal()

    def __init__(self, session: Session, queue: Callable[[], LabelQueue]) -> None:
        super().__init__()
        self._session = session
        self._queue = queue
        self._standings = Latest(session.bridge, self)
        self._is_reading = False

    @property
    def is_reading(self) -> bool:
        return self._is_reading

    def read_ahead(self) -> None:
        """Get the next pairs, unless that is under way."""
        if self._is_reading:
            return
        self._is_reading = True
        ask = self._queue().ask()
        work = partial(read_ahead, self._session.project, ask)
        take = partial(self._take_ahead, ask.annotator)
        self._session.bridge.run(work, take, self._fail, owner=self)

    def read_standing(self) -> None:
        """Count what is decided and what waits."""
        queue = self._queue()
        work = partial(read_standing, self._session.project, queue.annotator)
        self._standings.run(work, partial(self._take_standing, queue, queue.given))

    def _take_ahead(self, annotator: str, ahead: Ahead) -> None:
        self._is_reading = False
        if annotator != self._queue().annotator:
            # Handed out after somebody else took over: nobody has them in hand.
            self._session.project.queue.release(annotator)
        before = self._queue().current
        if not self._queue().take_ahead(ahead):
            self.read_ahead()
            return
        self.arrived.emit(before)

    def _take_standing(self, queue: LabelQueue, given: int, standing: Standing) -> None:
        # Somebody else may be labelling by now.
        if queue is self._queue():
            queue.take_standing(standing, is_of_now=given == queue.given)
            self.counted.emit()

    def _fail(self, error: BaseException) -> None:
        self._is_reading = False
        self._session.show_error(error)
