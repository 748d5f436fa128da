"""The rows of a data set, fetched a page at a time as they scroll into view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.core.preferences import Choice, Split
from workbench.store.project import Project
from workbench.store.rows import Dataset, DatasetRow
from workbench.ui.bridge import Bridge

PAGE_SIZE = 100
_PAGES_KEPT = 40

Index = QModelIndex | QPersistentModelIndex


class DatasetRows(QAbstractTableModel):
    """Columns by the kind of data set; a row that is still on its way reads `…`."""

    def __init__(self, project: Project, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._bridge = bridge
        self._dataset: Dataset | None = None
        self._row_count = 0
        self._pages: dict[int, Sequence[DatasetRow]] = {}
        self._asked: set[int] = set()
        self._shown = 0
        self._columns = self._columns_of("")

    @property
    def dataset(self) -> Dataset | None:
        return self._dataset

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Begin anew with the rows of another data set, or the same one read again."""
        self.beginResetModel()
        self._dataset = dataset
        self._row_count = dataset.row_count if dataset else 0
        self._columns = self._columns_of(dataset.kind if dataset else "")
        self._pages.clear()
        self._asked.clear()
        self._shown += 1  # pages of an earlier showing that still arrive are dropped
        self.endResetModel()

    def reload(self, dataset: Dataset) -> bool:
        """Fetch the rows again if this data set is the one shown; returns whether it is."""
        if dataset != self._dataset:
            return False
        self._pages.clear()
        self._asked.clear()
        self._shown += 1
        self._announce(0, self._row_count - 1)
        return True

    def row(self, number: int) -> DatasetRow | None:
        """The row if it has been fetched; else None, and it is asked for."""
        page, place = divmod(number, PAGE_SIZE)
        if page in self._pages:
            rows = self._pages[page]
            return rows[place] if place < len(rows) else None
        self._ask(page)
        return None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._row_count

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
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self.row(index.row())
        if row is None:
            return "…"
        return " ".join(self._columns[index.column()][1](row).split())

    def verdict(self, row: DatasetRow) -> str:
        """What is decided on the row, and whether it may train, in words."""
        words = {
            None: self.tr("to be labelled"),
            Choice.FIRST: self.tr("first is better"),
            Choice.SECOND: self.tr("second is better"),
            Choice.TIE: self.tr("tie"),
            Choice.BOTH_BAD: self.tr("both bad"),
            Choice.SKIP: self.tr("skipped"),
        }
        verdict = words[row.standing]
        return self.tr("held out · {0}").format(verdict) if self._is_held_out(row) else verdict

    def use(self, row: DatasetRow) -> str:
        """Whether the row may train, in words."""
        if self._is_held_out(row):
            return self.tr("held out, never trained on")
        return self.tr("may be trained on")

    def _is_held_out(self, row: DatasetRow) -> bool:
        return row.split is Split.HELD_OUT

    def _columns_of(self, kind: str) -> list[tuple[str, Callable[[DatasetRow], str]]]:
        prompt = (self.tr("Prompt"), lambda row: row.prompt)
        columns: dict[str, list[tuple[str, Callable[[DatasetRow], str]]]] = {
            "preference": [
                prompt,
                (self.tr("First answer"), lambda row: row.first),
                (self.tr("Second answer"), lambda row: row.second),
                (self.tr("Verdict"), self.verdict),
            ],
            "supervised": [
                prompt,
                (self.tr("Answer to imitate"), lambda row: row.first),
                (self.tr("Use"), self.use),
            ],
            "prompts": [prompt, (self.tr("Use"), self.use)],
        }
        return columns.get(kind, [])

    def _ask(self, page: int) -> None:
        dataset = self._dataset
        if dataset is None or page in self._asked:
            return
        self._asked.add(page)
        fetch = partial(self._project.datasets.page, dataset, page * PAGE_SIZE, PAGE_SIZE)
        self._bridge.run(fetch, partial(self._take, self._shown, page), owner=self)

    def _take(self, shown: int, page: int, rows: Sequence[DatasetRow]) -> None:
        if shown != self._shown:
            return
        if len(self._pages) >= _PAGES_KEPT:
            oldest = next(iter(self._pages))
            del self._pages[oldest]
            self._asked.discard(oldest)
        self._pages[page] = rows
        first = page * PAGE_SIZE
        self._end_at_last_row(first, len(rows))
        self._announce(first, min(first + PAGE_SIZE, self._row_count) - 1)

    def _announce(self, first: int, last: int) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def _end_at_last_row(self, first: int, count: int) -> None:
        """Fewer rows than were imported are left when another file claimed some prompts."""
        end = first + count
        if count < PAGE_SIZE and end < self._row_count:
            self.beginRemoveRows(QModelIndex(), end, self._row_count - 1)
            self._row_count = end
            self.endRemoveRows()
