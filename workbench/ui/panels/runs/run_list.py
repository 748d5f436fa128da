"""The card with the list of runs; each row is painted, not built of widgets."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from workbench.core.events import RunState
from workbench.store.rows import RunRow
from workbench.ui import theme
from workbench.ui.panels.runs.run_model import (
    COLOR_ROLE,
    RUN_ROLE,
    RunListModel,
    detail_text,
    state_text,
)
from workbench.ui.run_progress import STATE_TONES
from workbench.ui.tokens import DOT_SIZE, SPACE_4, SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import label, line

_ROW_HEIGHT = 62
_PILL_HEIGHT = 20


class RunDelegate(QStyledItemDelegate):
    """Paints a row: dot, name, state; method and progress below."""

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, _ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        run: RunRow = index.data(RUN_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row: QRect = option.rect
        state: QStyle.StateFlag = option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(row, theme.color("accent_ground"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(row, theme.color("raised"))
        painter.fillRect(row.x(), row.bottom(), row.width(), 1, theme.color("line"))
        inner = row.adjusted(SPACE_12, SPACE_12 - 2, -SPACE_12, -SPACE_8)
        self._paint_dot(painter, inner, index.data(COLOR_ROLE))
        words = inner.adjusted(DOT_SIZE + SPACE_8, 0, 0, 0)
        pill = self._paint_pill(painter, words, run, is_selected)
        first = QRect(words.x(), words.y(), pill.x() - SPACE_8 - words.x(), _PILL_HEIGHT)
        # The end tells runs of one project apart.
        middle = Qt.TextElideMode.ElideMiddle
        _text(painter, first, run.name, "strong", "text1", middle)
        second = QRect(words.x(), first.bottom() + SPACE_4, words.width(), _PILL_HEIGHT)
        _text(painter, second, detail_text(run), "small", "text2")
        painter.restore()

    def _paint_dot(self, painter: QPainter, inner: QRect, color: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(color))
        top = inner.y() + (_PILL_HEIGHT - DOT_SIZE) // 2
        painter.drawEllipse(inner.x(), top, DOT_SIZE, DOT_SIZE)

    def _paint_pill(self, painter: QPainter, words: QRect, run: RunRow, is_selected: bool) -> QRect:
        text, tone = state_text(run), STATE_TONES[run.state]
        width = QFontMetrics(theme.font("small")).horizontalAdvance(text) + SPACE_16
        pill = QRect(words.right() - width, words.y(), width, _PILL_HEIGHT)
        ground = "raised" if tone == "neutral" else f"{tone}_ground"
        if not (is_selected and tone == "accent"):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(ground))
            painter.drawRoundedRect(pill, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text2" if tone == "neutral" else tone))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
        return pill


def _text(
    painter: QPainter,
    place: QRect,
    text: str,
    style: str,
    color: str,
    cut: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    font = theme.font(style)
    painter.setFont(font)
    painter.setPen(theme.color(color))
    elided = QFontMetrics(font).elidedText(text, cut, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)


class RunList(Card):
    """Emits `selection_changed` when a person picks other runs; Ctrl or Shift picks several."""

    selection_changed = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("Runs"))
        self._count = label("", "small")
        self.add_header_widget(self._count)
        self._model = RunListModel()
        self._view = QListView()
        self._view.setObjectName("runs.list")
        self._view.setAccessibleName(self.tr("Runs"))
        self._view.setModel(self._model)
        self._view.setItemDelegate(RunDelegate(self._view))
        self._view.setMouseTracking(True)
        self._view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.selectionModel().selectionChanged.connect(self._tell)
        self._view.selectionModel().currentChanged.connect(self._tell)
        self.header.setContentsMargins(SPACE_12, 0, SPACE_12, 0)
        self.body.setContentsMargins(1, SPACE_12, 1, SPACE_12)
        self.body.setSpacing(SPACE_12)
        self.body.addWidget(line())
        self.body.addWidget(self._view, 1)
        self.body.setSpacing(0)
        self.body.insertSpacing(1, SPACE_12)
        theme.active().changed.connect(self._view.viewport().update)

    def show_runs(self, runs: Sequence[RunRow]) -> None:
        """Show these, newest first; the newest is chosen when nothing is yet."""
        self._model.show_runs(runs)
        waiting = sum(run.state is RunState.QUEUED for run in runs)
        tail = self.tr(" · {0} waiting").format(waiting) if waiting else ""
        self._count.setText(f"{len(runs)}{tail}")
        if runs and not self._view.selectionModel().hasSelection():
            self.choose(runs[0].id)

    def choose(self, run_id: str) -> bool:
        """Select one run alone; False when it is not in the list (yet)."""
        row = self._model.row_of(run_id)
        if row is None:
            return False
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self._view.selectionModel().setCurrentIndex(self._model.index(row), flags)
        self._view.scrollTo(self._model.index(row))
        return True

    @property
    def view(self) -> QListView:
        return self._view

    @property
    def current(self) -> RunRow | None:
        """The run that buttons and tabs are about: the one picked last."""
        index = self._view.selectionModel().currentIndex()
        if not index.isValid() or not self._view.selectionModel().isSelected(index):
            rows = self._rows()
            return self._model.run(rows[0]) if rows else None
        return self._model.run(index.row())

    def selected(self) -> list[tuple[RunRow, str]]:
        """The selected runs with their colours, the current one first."""
        found = [(self._model.run(row), self._model.color(row)) for row in self._rows()]
        current = self.current
        return sorted(found, key=lambda item: current is None or item[0].id != current.id)

    def _rows(self) -> list[int]:
        return sorted(index.row() for index in self._view.selectionModel().selectedIndexes())

    @Slot()
    def _tell(self) -> None:
        self.selection_changed.emit()
