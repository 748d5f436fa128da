"""Reads the queue and the counts on another thread, and says when something is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.ui.bridge import Latest
from workbench.ui.context import Session
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.panels.label.reading import Ahead, Ask, Standing, read_ahead, read_standing


class Reader(QObject):
    """One reading ahead at a time. `arrived` follows once the queue has taken the pairs."""

    arrived = Signal(object)
    counted = Signal()

    def __init__(self, session: Session, queue: Callable[[], LabelQueue]) -> None:
        super().__init__()
        self._session = session
        self._queue = queue
        self._standings = Latest(session.bridge, self)
        self._reading_for: str | None = None
        self._closing = threading.Event()

    @property
    def is_reading(self) -> bool:
        return self._reading_for is not None

    def close(self) -> None:
        """Give back what is in hand, and what is being read as soon as it is."""
        self._closing.set()
        here = self._queue().annotator
        for annotator in {here, self._reading_for or here}:
            self._session.project.queue.release(annotator)

    def read_ahead(self) -> None:
        """Get the next pairs, unless that is under way."""
        if self.is_reading:
            return
        ask = self._queue().ask()
        self._reading_for = ask.annotator
        take = partial(self._take_ahead, ask.annotator)
        self._session.bridge.run(partial(self._read, ask), take, self._fail, owner=self)

    def read_standing(self) -> None:
        """Count what is decided and what waits."""
        queue = self._queue()
        work = partial(read_standing, self._session.project, queue.annotator)
        self._standings.run(work, partial(self._take_standing, queue, queue.given))

    def _read(self, ask: Ask) -> Ahead:
        """On a worker thread."""
        ahead = read_ahead(self._session.project, ask)
        if self._closing.is_set():
            # Nobody takes these any more: they would stay reserved.
            self._session.project.queue.release(ask.annotator)
        return ahead

    def _take_ahead(self, annotator: str, ahead: Ahead) -> None:
        self._reading_for = None
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
        self._reading_for = None
        self._session.show_error(error)
