"""The rows that a filter lets through: first the first ones, then the keys of all, then pages.

What is on screen stays there until something newer can take its place.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from workbench.core.preferences import Choice, Split
from workbench.store.browse import BrowseRow, Order, RowFilter
from workbench.store.project import Project
from workbench.store.reading import Stopped
from workbench.ui.bridge import Bridge

PAGE_SIZE = 100
_FIRST_ROWS = 2 * PAGE_SIZE
_PAGES_KEPT = 40
_PAGES_ON_SCREEN = 4

Index = QModelIndex | QPersistentModelIndex


class Rows(QAbstractTableModel):
    """Columns by the kind of row; a row that is still on its way reads `…`."""

    counted = Signal()
    """How many rows there are is known, or known better than before."""
    failed = Signal(object)

    def __init__(self, project: Project, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._bridge = bridge
        self._filter = RowFilter()
        self._order = Order.STORED
        self._onlooker = ""
        self._keys: array[int] = array("q")
        self._is_complete = False
        self._pages: dict[int, dict[int, BrowseRow]] = {}
        self._texts: dict[tuple[int, int], str] = {}  # of the cells painted since the last page
        self._asked: set[int] = set()
        self._turn = 0  # pages that were asked for in an earlier one are asked for again
        self._superseded = threading.Event()
        self._columns = self._columns_of("pair")

    @property
    def filter(self) -> RowFilter:
        return self._filter

    @property
    def is_complete(self) -> bool:
        """Whether every row is counted; until then there may be more of them."""
        return self._is_complete

    def show_rows(self, wanted: RowFilter, order: Order, onlooker: str = "") -> None:
        """Show the rows that `wanted` lets through, in this order; also to read them again.

        What others said of a pair is kept from an annotator who looks on and has yet to judge it.
        """
        self._onlooker = onlooker
        self._superseded.set()
        self._superseded = threading.Event()
        browse, stop = self._project.browse, self._superseded.is_set
        self._bridge.run(
            partial(browse.first_keys, wanted, order, _FIRST_ROWS, stop),
            partial(self._take_first, wanted, order, self._superseded),
            partial(self._on_error, self._superseded),
            owner=self,
        )

    def stop(self) -> None:
        """End what is being read."""
        self._superseded.set()

    def row(self, number: int) -> BrowseRow | None:
        """The row if it has been fetched; else None, and it is asked for if there is such a row."""
        if number >= len(self._keys):
            return None
        page = number // PAGE_SIZE
        if page in self._pages:
            return self._pages[page].get(self._keys[number])
        self._ask(page)
        return None

    def keys(self, numbers: Sequence[int]) -> list[int]:
        """The store's keys of rows by their numbers."""
        return [self._keys[number] for number in numbers]

    def number_of(self, key: int) -> int | None:
        """Where the row with this key stands, or None."""
        try:
            return self._keys.index(key)
        except ValueError:
            return None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._keys)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section][0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role != Qt.ItemDataRole.DisplayRole or not index.isValid():
            return None
        return self.text(index)

    def text(self, index: Index) -> str:
        """What stands in a cell, on one line."""
        number, column = index.row(), index.column()
        row = self.row(number)
        if row is None:
            return "…"
        cell = (row.key, column)
        if cell not in self._texts:
            self._texts[cell] = " ".join(self._columns[column][1](row).split())
        return self._texts[cell]

    def verdict(self, row: BrowseRow) -> str:
        """What is decided on a pair, and whether it may train, in words."""
        words = {
            None: self.tr("to be labelled"),
            Choice.FIRST: self.tr("first is better"),
            Choice.SECOND: self.tr("second is better"),
            Choice.TIE: self.tr("tie"),
            Choice.BOTH_BAD: self.tr("both bad"),
            Choice.SKIP: self.tr("skipped"),
        }
        verdict = words[row.outcome.choice]
        if row.is_kept_back:
            verdict = self.tr("waits for you")
        elif row.is_gold:
            verdict = self.tr("gold item")
        elif row.outcome.is_disputed:
            verdict = self.tr("people disagree")
        if row.split is Split.HELD_OUT:
            return self.tr("held out · {0}").format(verdict)
        return verdict

    def use(self, row: BrowseRow) -> str:
        """Whether the row may train, in words."""
        if row.split is Split.HELD_OUT:
            return self.tr("held out")
        return self.tr("may be trained on")

    def rating(self, row: BrowseRow) -> str:
        """Whether an unpaired answer is a good one, in words."""
        rating = self.tr("good answer") if row.desirable else self.tr("bad answer")
        if row.split is Split.HELD_OUT:
            return self.tr("held out · {0}").format(rating)
        return rating

    def state(self, row: BrowseRow) -> str:
        """What stands in the last column."""
        return self._columns[-1][1](row)

    def _columns_of(self, kind: str) -> list[tuple[str, Callable[[BrowseRow], str]]]:
        prompt = (self.tr("Prompt"), lambda row: row.prompt)
        columns: dict[str, list[tuple[str, Callable[[BrowseRow], str]]]] = {
            "pair": [
                prompt,
                (self.tr("First answer"), lambda row: row.first),
                (self.tr("Second answer"), lambda row: row.second),
                (self.tr("Verdict"), self.verdict),
            ],
            "example": [
                prompt,
                (self.tr("Answer to imitate"), lambda row: row.first),
                (self.tr("Use"), self.use),
            ],
            "unpaired": [
                prompt,
                (self.tr("Answer"), lambda row: row.first),
                (self.tr("Rating"), self.rating),
            ],
            "prompt": [prompt, (self.tr("Use"), self.use)],
        }
        return columns[kind]

    def _take_first(
        self, wanted: RowFilter, order: Order, showing: threading.Event, keys: array[int]
    ) -> None:
        if showing.is_set():
            return
        is_all = len(keys) < _FIRST_ROWS
        is_same = (wanted, order) == (self._filter, self._order)
        self._filter, self._order = wanted, order
        self._is_complete = is_all
        known = self._keys if is_all else self._keys[:_FIRST_ROWS]
        if is_same and known == keys:
            self._forget_pages()  # read again: what is selected stays so
        else:
            self._replace(keys)
        self.counted.emit()
        if not is_all:
            read = partial(self._project.browse.all_keys, wanted, order, showing.is_set)
            self._bridge.run(
                read, partial(self._take_all, showing), partial(self._on_error, showing), owner=self
            )

    def _take_all(self, showing: threading.Event, keys: array[int]) -> None:
        if showing.is_set():
            return
        known = len(self._keys)
        self._is_complete = True
        if len(keys) > known and keys[:known] == self._keys:
            self.beginInsertRows(QModelIndex(), known, len(keys) - 1)
            self._keys = keys
            self.endInsertRows()
            self._pages.pop((known - 1) // PAGE_SIZE, None)
            self._asked.discard((known - 1) // PAGE_SIZE)
        elif keys.tobytes() != self._keys.tobytes():  # as arrays, a million take 30 ms
            self._replace(keys)
        self.counted.emit()

    def _replace(self, keys: array[int]) -> None:
        self.beginResetModel()
        self._turn += 1
        self._keys = keys
        self._columns = self._columns_of(self._filter.kind)
        self._pages.clear()
        self._texts.clear()
        self._asked.clear()
        self.endResetModel()

    def _forget_pages(self) -> None:
        """Fetch again what is on screen; the rows that were there stay until then."""
        self._turn += 1
        here = list(self._pages)
        on_the_way = [page for page in self._asked if page not in self._pages]
        self._asked.clear()
        for page in here[:-_PAGES_ON_SCREEN]:
            del self._pages[page]
        for page in here[-_PAGES_ON_SCREEN:] + on_the_way:
            self._ask(page)

    def _ask(self, page: int) -> None:
        if page in self._asked:
            return
        self._asked.add(page)
        keys = self._keys[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
        fetch = partial(self._project.browse.page, self._filter.kind, keys, self._onlooker)
        self._bridge.run(
            fetch, partial(self._take_page, self._turn, page, keys), self.failed.emit, owner=self
        )

    def _take_page(self, turn: int, page: int, keys: array[int], rows: Sequence[BrowseRow]) -> None:
        first = page * PAGE_SIZE
        if turn != self._turn or keys != self._keys[first : first + PAGE_SIZE]:
            return  # too late: other rows stand there, and were asked for
        self._pages.pop(page, None)
        if len(self._pages) >= _PAGES_KEPT:
            oldest = next(iter(self._pages))
            del self._pages[oldest]
            self._asked.discard(oldest)
        self._pages[page] = {row.key: row for row in rows}
        self._texts.clear()
        last = min(first + PAGE_SIZE, len(self._keys)) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def _on_error(self, showing: threading.Event, error: BaseException) -> None:
        if not showing.is_set() and not isinstance(error, Stopped):
            self.failed.emit(error)
