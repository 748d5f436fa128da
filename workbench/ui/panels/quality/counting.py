"""Counts the figures away from the GUI thread, one count at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from workbench.store.quality import QualityReader, QualityRecords
from workbench.store.reading import Stopped
from workbench.ui.context import Session
from workbench.ui.panels.quality.duplicates import DuplicatePrompts, find_duplicates
from workbench.ui.panels.quality.figures import QualityFigures, compute
from workbench.ui.panels.quality.view import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """One count: the figures, the records behind them, and the data sets by id and name."""

    figures: QualityFigures
    records: QualityRecords
    datasets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Order:
    scope: Scope
    verdicts_changed: bool
    texts_changed: bool

    def then(self, later: _Order) -> _Order:
        """Both in one."""
        return _Order(
            later.scope,
            self.verdicts_changed or later.verdicts_changed,
            self.texts_changed or later.texts_changed,
        )


class Counting(QObject):
    """What is ordered while a count is under way is counted after it, in one."""

    counted = Signal(Counted)
    searched = Signal(DuplicatePrompts)
    progress = Signal(float)
    gave_up = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._reader = QualityReader(session.project.database.path)
        self._records: QualityRecords | None = None
        self._waiting: _Order | None = None
        self._is_counting = False
        self._must_search = True
        self._is_searching = False
        self._nobody_looks = threading.Event()
        self._search_is_old = threading.Event()

    def count(
        self, scope: Scope, *, verdicts_changed: bool = False, texts_changed: bool = False
    ) -> None:
        """Order the figures of a scope; without changes what was read before is counted again."""
        order = _Order(scope, verdicts_changed, texts_changed)
        self._waiting = order if self._waiting is None else self._waiting.then(order)
        if texts_changed:
            self._must_search = True
            self._search_is_old.set()
        if not self._is_counting:
            self._begin()

    def leave(self) -> None:
        """Nobody looks: what is under way ends soon, until `come_back` takes it up again."""
        self._nobody_looks.set()
        self._must_search |= self._is_searching
        self._is_searching = False
        self._search_is_old.set()

    def come_back(self) -> None:
        """Somebody looks again: what was broken off is done after all."""
        if not self._nobody_looks.is_set():
            return
        self._nobody_looks.clear()
        if self._is_counting:
            return  # it goes on, or is begun again as soon as it has ended
        if self._waiting is not None:
            self._begin()
        elif self._must_search and self._records is not None:
            self._search()

    def _begin(self) -> None:
        order, self._waiting = self._waiting, None
        assert order is not None
        self._is_counting = True
        self.progress.emit(0.0)
        on_progress = self._session.bridge.forward(self.progress.emit, owner=self)
        self._session.bridge.run(
            lambda: self._work(order, on_progress),
            self._done,
            on_error=lambda error: self._failed(order, error),
            owner=self,
        )

    def _work(self, order: _Order, on_progress: Callable[[float], None]) -> Counted:
        """On a worker thread; never two at a time."""
        if order.texts_changed:
            self._reader.forget_pairs()
        records = self._records
        if records is None or order.verdicts_changed or order.texts_changed:
            records = self._reader.read(self._nobody_looks.is_set, on_progress)
        names = {dataset.id: dataset.name for dataset in self._session.project.datasets.all()}
        datasets = tuple((id, names[id]) for id in records.datasets if id in names)
        return Counted(compute(self._reader, records, order.scope), records, datasets)

    @Slot(object)
    def _done(self, counted: Counted) -> None:
        self._is_counting = False
        self._records = counted.records
        if self._waiting is not None and not self._nobody_looks.is_set():
            self._begin()
            return
        self.counted.emit(counted)
        if self._must_search and not self._nobody_looks.is_set():
            self._search()

    def _failed(self, order: _Order, error: BaseException) -> None:
        self._is_counting = False
        self.gave_up.emit()
        if isinstance(error, Stopped):
            self._waiting = order if self._waiting is None else order.then(self._waiting)
        else:
            self._session.show_error(error)
        if self._waiting is not None and not self._nobody_looks.is_set():
            self._begin()

    def _search(self) -> None:
        """Near-duplicates take longer than the rest, so they come after it."""
        self._must_search = False
        self._is_searching = True
        is_old = self._search_is_old = threading.Event()
        self._session.bridge.run(
            lambda: find_duplicates(self._reader, is_old.is_set),
            lambda found: self._searched(is_old, found),
            on_error=self._search_failed,
            owner=self,
        )

    def _searched(self, is_old: threading.Event, found: DuplicatePrompts) -> None:
        if not is_old.is_set():
            self._is_searching = False
            self.searched.emit(found)

    def _search_failed(self, error: BaseException) -> None:
        if not isinstance(error, Stopped):
            self._session.show_error(error)
