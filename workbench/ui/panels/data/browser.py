"""The rows of one data set, or of all of a kind: search and filters, a table, one row whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import Changes
from workbench.core.conversation import Conversation
from workbench.store.bin import Thrown
from workbench.store.row_detail import RowDetail, read_row
from workbench.ui import data_operations
from workbench.ui.bridge import Latest
from workbench.ui.context import Session
from workbench.ui.panels.data.detail import RowView
from workbench.ui.panels.data.filter_bar import FilterBar
from workbench.ui.panels.data.row_delegate import RowDelegate
from workbench.ui.panels.data.rows import Rows
from workbench.ui.tokens import CONTROL_HEIGHT, SPACE_4, SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_STATE_WIDTH = 144
_LEAST_COLUMN = 110
_TABLE_AND_ROW = [640, 420]
_LEAST_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Place:
    """What is browsed: rows of a kind, in these data sets or (none) in all."""

    title: str
    kind: str
    dataset_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Choices:
    tags: dict[str, int]
    origins: list[str]


class Browser(QWidget):
    """What is in view follows `show_place` and the filters above the table."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._place = Place("", "pair")
        self._current_key: int | None = None
        self._number_to_choose = 0
        self._known_tags: dict[str, int] = {}
        self._shows_others = False
        self._choices = Latest(session.bridge, self)
        self._details = Latest(session.bridge, self)
        self.filters = FilterBar()
        self.filters.changed.connect(self._read)
        self.rows = Rows(session.project, session.bridge, self)
        self.rows.counted.connect(self._on_counted)
        self.rows.failed.connect(session.show_error)
        self.rows.modelReset.connect(self._on_reset)
        self.table = self._make_table()
        self.detail = RowView()
        self.detail.edited.connect(self._edit)
        self.detail.prompt_edited.connect(self._edit_prompt)
        self.detail.tag_added.connect(self._tag)
        self.detail.tag_removed.connect(self._untag)
        self.detail.delete_wanted.connect(lambda: self._throw(*self._meant()))
        self.detail.left_unsaved.connect(self._say_unsaved)
        self.detail.others_wanted.connect(lambda: self._show_others(True))
        self.detail.setMinimumWidth(_LEAST_DETAIL)
        self._count = label("", "small")
        self._count.setObjectName("data.count")
        self._index_note = label("", "small")
        self._clear = button(self.tr("Show all rows"), self.filters.clear, kind="link")
        self._clear.hide()
        self._hide_others = button(
            self.tr("Hide what others said"), lambda: self._show_others(False), kind="link"
        )
        self._hide_others.setObjectName("data.hide_others")
        self._hide_others.hide()
        self._lay_out()
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Ctrl+F"), self, self._to_search, context=within)
        self.table.installEventFilter(self)

    @property
    def count_text(self) -> str:
        """What stands above the table of how many rows there are."""
        return self._count.text()

    def keep_others_back(self) -> None:
        """Hide again what others said of pairs that the annotator has yet to judge."""
        self._shows_others = False
        self._hide_others.hide()

    def show_place(self, place: Place) -> None:
        """Browse these rows, from the first one; the same ones again stay where they are."""
        if place != self._place:
            self._place = place
            self._current_key = None
            self.detail.show_row(None)
            self.table.scrollToTop()
        self.refresh()

    def refresh(self) -> None:
        """Read the rows again, and what can be filtered by."""
        self._read()
        project = self._session.project
        self._choices.run(
            lambda: _Choices(project.tags.counts(), project.browse.origins()), self._show_choices
        )

    def show_index_progress(self, words: str) -> None:
        """Say how far the search index is; "" when it is complete."""
        self._index_note.setText(words)

    def on_index_complete(self) -> None:
        """Rows can be found now that could not before."""
        self.show_index_progress("")
        if self.rows.filter.needs_index:
            self._read()

    def selected_keys(self) -> list[int]:
        """The store's keys of the selected rows."""
        numbers = [index.row() for index in self.table.selectionModel().selectedRows()]
        return self.rows.keys(sorted(numbers))

    def delete_selected(self) -> None:
        """Put the selected rows into the bin; the bar above offers to undo it."""
        self._throw(self.rows.filter.kind, self._ids_of_selected())

    def close_down(self) -> None:
        """End what is being read."""
        self.rows.stop()

    def _read(self) -> None:
        wanted = self.filters.filter(self._place.kind, self._place.dataset_ids)
        self.rows.show_rows(wanted, self.filters.order, self._onlooker)

    @property
    def _onlooker(self) -> str:
        """Whom verdicts of others are kept from, where they have yet to judge; "" is nobody."""
        return "" if self._shows_others else self._session.settings.annotator

    def _show_others(self, is_wanted: bool) -> None:
        self._shows_others = is_wanted
        self._hide_others.setVisible(is_wanted)
        self._read()
        self._read_detail()

    def _show_choices(self, choices: _Choices) -> None:
        self._known_tags = choices.tags
        self.filters.show_choices(self._place.kind, choices.tags, choices.origins)

    def _on_counted(self) -> None:
        rows = count(self.rows.rowCount(), self.tr("row"), self.tr("rows"))
        if not self.rows.is_complete:
            rows = self.tr("{0} or more").format(rows)
        is_filtered = self.rows.filter != type(self.rows.filter)(
            self._place.kind, self._place.dataset_ids
        )
        if is_filtered and not self.rows.rowCount():
            rows = self.tr("No row fits.")
        self._count.setText(rows)
        self._clear.setVisible(is_filtered)
        if not self.table.currentIndex().isValid():
            self._restore_current()
        if self._current_key is None and self.rows.rowCount():
            number = min(self._number_to_choose, self.rows.rowCount() - 1)
            self._number_to_choose = 0
            self.table.setCurrentIndex(self.rows.index(number, 0))
        elif self._current_key is not None:
            self._read_detail()

    def _on_reset(self) -> None:
        header = self.table.horizontalHeader()
        last = self.rows.columnCount() - 1
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(last, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(last, _STATE_WIDTH)
        self._fit_columns()
        self._restore_current()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if _is_delete(event) and watched is self.table:
            self.delete_selected()
            return True
        return super().eventFilter(watched, event)

    def _fit_columns(self) -> None:
        """Leave out answers, which the row at the right has whole, where there is no room."""
        room = self.table.viewport().width() - _STATE_WIDTH
        for column in range(1, self.rows.columnCount() - 1):
            self.table.setColumnHidden(column, room < _LEAST_COLUMN * (column + 1))

    def _restore_current(self) -> None:
        """Stay on the row that was current, if it is still there."""
        number = None if self._current_key is None else self.rows.number_of(self._current_key)
        if number is not None:
            self.table.setCurrentIndex(self.rows.index(number, 0))
            return
        if self.rows.is_complete:
            self._current_key = None
            if not self.rows.rowCount():
                self.detail.show_row(None)

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            (self._current_key,) = self.rows.keys([current.row()])
            self._read_detail()

    def _read_detail(self) -> None:
        project, kind, key = self._session.project, self.rows.filter.kind, self._current_key
        if key is None:
            return

        onlooker = self._onlooker

        def read() -> RowDetail | None:
            ids = project.browse.row_ids(kind, [key])
            return read_row(project.database, kind, ids[0], onlooker) if ids else None

        show = partial(self._show_detail, key)
        self._details.run(read, show, self._session.show_error)

    def _show_detail(self, key: int, detail: RowDetail | None) -> None:
        if key == self._current_key:
            self.detail.show_row(detail, list(self._known_tags))

    def _say_unsaved(self) -> None:
        self._session.window.show_notice(
            self.tr("The edit is not saved: it waits in its row until you save or cancel it.")
        )

    def _edit(self, part: str, text: str, ask_again: bool) -> None:
        shown = self.detail.detail
        if shown is not None:
            editor = self._session.settings.annotator
            self._save(
                partial(
                    data_operations.edit_answer, self._session.project, shown.kind, shown.id,
                    part, text, editor, ask_again=ask_again,
                )
            )  # fmt: skip

    def _edit_prompt(self, messages: Conversation) -> None:
        shown = self.detail.detail
        if shown is not None:
            editor = self._session.settings.annotator
            self._save(
                partial(
                    data_operations.edit_prompt, self._session.project, shown.kind, shown.id,
                    messages, editor,
                )
            )  # fmt: skip

    def _save(self, operation: partial[Changes]) -> None:
        """Save an edit; an error leaves what was written on screen."""
        if self._session.change(operation):
            self.detail.end_editing()
            self._read_detail()

    def _tag(self, tag: str) -> None:
        project, (kind, ids) = self._session.project, self._meant()
        self._session.change_later(
            lambda: data_operations.tag_rows(project, kind, ids(), tag), owner=self
        )

    def _untag(self, tag: str) -> None:
        project, (_, ids) = self._session.project, self._meant()
        self._session.change_later(
            lambda: data_operations.untag_rows(project, ids(), tag), owner=self
        )

    def _meant(self) -> tuple[str, Callable[[], list[str]]]:
        """What a control beside the row's text is about: that row, or several that are selected.

        The kind, and a function that finds the ids, for a worker thread. Of a row that was chosen
        just now the text may be on its way still.
        """
        shown = self.detail.detail
        if shown is not None and len(self.table.selectionModel().selectedRows()) < 2:
            kind, row_id = shown.kind, shown.id
            return kind, lambda: [row_id]
        return self.rows.filter.kind, self._ids_of_selected()

    def _ids_of_selected(self) -> Callable[[], list[str]]:
        kind, keys = self.rows.filter.kind, self.selected_keys()
        return lambda: self._session.project.browse.row_ids(kind, keys)

    def _throw(self, kind: str, ids: Callable[[], list[str]]) -> None:
        project = self._session.project
        self._session.bridge.run(
            lambda: data_operations.throw_rows(project, kind, ids()),
            self._on_thrown,
            self._session.show_error,
            owner=self,
        )

    def _on_thrown(self, outcome: tuple[Changes, Thrown]) -> None:
        changes, thrown = outcome
        if not thrown.row_count:
            return  # a key that was pressed twice: they are in the bin already
        self.rows.stop()  # what is being read may still hold what was deleted
        number = self.table.currentIndex().row()
        self._number_to_choose = number
        self._current_key = None
        self._session.apply(changes)
        rows = count(thrown.row_count, self.tr("row"), self.tr("rows"))
        undo = partial(data_operations.put_back, self._session.project, thrown.batch)
        self._session.window.show_notice(
            self.tr("{0} put into the bin.").format(rows),
            action=self.tr("Undo"),
            on_action=lambda: self._session.change_later(undo),
        )

    def _to_search(self) -> None:
        self.filters.search.setFocus()
        self.filters.search.selectAll()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("data.table")
        table.setAccessibleName(self.tr("Rows"))
        table.setModel(self.rows)
        table.setItemDelegate(RowDelegate(self.rows, table))
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT + SPACE_4)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionsClickable(False)
        table.selectionModel().currentRowChanged.connect(self._on_current)
        return table

    def _lay_out(self) -> None:
        """From the outside in: what is put into another widget is styled with all it holds."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(SPACE_12)
        layout.addWidget(split)
        left = Card()
        left.body.setSpacing(SPACE_8)
        split.addWidget(left)
        left.body.addWidget(self.filters)
        above = QHBoxLayout()
        above.setSpacing(SPACE_12)
        left.body.addLayout(above)
        above.addWidget(self._count)
        above.addWidget(self._clear)
        above.addWidget(self._hide_others)
        above.addStretch(1)
        above.addWidget(self._index_note)
        above.addWidget(self.filters.order_field)
        left.body.addWidget(self.table, 1)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes(_TABLE_AND_ROW)
        split.splitterMoved.connect(self._fit_columns)


def _is_delete(event: QEvent) -> bool:
    is_press = event.type() is QEvent.Type.KeyPress
    return is_press and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Delete
