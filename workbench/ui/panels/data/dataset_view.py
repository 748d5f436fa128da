"""One data set: its rows in a table, and the whole text of the selected one below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.preferences import Choice
from workbench.store.project import Project
from workbench.store.rows import Dataset, DatasetRow
from workbench.ui.bridge import Bridge
from workbench.ui.panels.data.rows import DatasetRows
from workbench.ui.tokens import CONTROL_HEIGHT, SPACE_4, SPACE_12, SPACE_16
from workbench.ui.widgets.answer_view import AnswerView
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import label, line, pill, plain_area, set_pill
from workbench.ui.wording import count

_PROMPT_HEIGHT = 76
_VERDICT_WIDTH = 180
_TABLE_AND_ROW = [600, 240]


class DatasetView(Card):
    def __init__(self, project: Project, bridge: Bridge) -> None:
        super().__init__("-")
        self.rows = DatasetRows(project, bridge, self)
        self.rows.dataChanged.connect(self._on_rows_arrived)
        self.table = self._make_table()
        self._row_view = RowView()
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(SPACE_12)
        split.addWidget(self.table)
        split.addWidget(self._row_view)
        split.setStretchFactor(0, 1)
        split.setSizes(_TABLE_AND_ROW)
        self.body.addWidget(split, 1)

    @property
    def row_view(self) -> RowView:
        return self._row_view

    def show_dataset(self, dataset: Dataset) -> None:
        """Show this data set from its first row; the one that is shown already stays in place."""
        if self.rows.reload(dataset):
            self._show_row()
            return
        rows = count(dataset.row_count, self.tr("row"), self.tr("rows"))
        where = self.tr("from {0}").format(Path(dataset.source).name) if dataset.source else ""
        self.set_title(dataset.name, " · ".join(part for part in (rows, where) if part))
        self.setToolTip(dataset.source or "")
        self.rows.show_dataset(dataset)
        header = self.table.horizontalHeader()
        last = self.rows.columnCount() - 1
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(last, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(last, _VERDICT_WIDTH)
        self.table.scrollToTop()
        self.table.setCurrentIndex(self.rows.index(0, 0))
        self._show_row()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("data.table")
        table.setAccessibleName(self.tr("Rows"))
        table.setModel(self.rows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT + SPACE_4)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionsClickable(False)
        table.selectionModel().currentRowChanged.connect(self._show_row)
        return table

    def _on_rows_arrived(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() <= self.table.currentIndex().row() <= last.row():
            self._show_row()

    def _show_row(self) -> None:
        index = self.table.currentIndex()
        row = self.rows.row(index.row()) if index.isValid() else None
        dataset = self.rows.dataset
        if dataset is not None:
            state = self.rows.verdict if dataset.kind == "preference" else self.rows.use
            self._row_view.show_row(dataset.kind, row, state(row) if row else "")


class RowView(QWidget):
    """The whole text of a row: the prompt, and its answers side by side."""

    def __init__(self) -> None:
        super().__init__()
        plain_area(self)
        self._state = pill("", "neutral")
        self._prompt = AnswerView(self.tr("Prompt"), max_height=_PROMPT_HEIGHT)
        self._titles = (label("", "small"), label("", "small"))
        self._answers = (AnswerView(""), AnswerView(""))
        self._prompt.setObjectName("data.row.prompt")
        for name, view in zip(("first", "second"), self._answers, strict=True):
            view.setObjectName(f"data.row.{name}")
        for view in (self._prompt, *self._answers):
            view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_16)
        grid.setVerticalSpacing(SPACE_4)
        grid.addWidget(label(self.tr("Prompt"), "small"), 0, 0)
        grid.addWidget(self._state, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._prompt, 1, 0, 1, 2)
        for column in (0, 1):
            grid.addWidget(self._titles[column], 2, column)
            grid.addWidget(self._answers[column], 3, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_12)
        layout.addWidget(line())
        layout.addLayout(grid)

    def show_row(self, kind: str, row: DatasetRow | None, state: str) -> None:
        """Show a row of a data set of this kind; None clears the texts."""
        titles = (
            (self.tr("First answer"), self.tr("Second answer"))
            if kind == "preference"
            else (self.tr("Answer to imitate"), "")
        )
        texts = (row.first, row.second) if row else ("", "")
        self._prompt.show_text(row.prompt if row else "")
        for place, (title, view) in enumerate(zip(self._titles, self._answers, strict=True)):
            is_used = kind == "preference" or (kind == "supervised" and place == 0)
            title.setText(titles[place])
            title.setVisible(is_used)
            view.setAccessibleName(titles[place])
            view.setVisible(is_used)
            view.show_text(texts[place])
        decided = row is not None and row.standing in (Choice.FIRST, Choice.SECOND)
        set_pill(self._state, state, "good" if decided else "neutral")
        self._state.setVisible(bool(state))
