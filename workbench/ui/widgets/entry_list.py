"""A list of things with two lines each: a name and what to know of it, a tag at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from workbench.ui import theme
from workbench.ui.tokens import CORNER_CONTROL, SPACE_4, SPACE_8, SPACE_12

_LINE_1, _LINE_2 = 20, 16
_ROW_HEIGHT = _LINE_1 + _LINE_2 + 2 * SPACE_8
_HEADING_HEIGHT = 28
_TAG_HEIGHT = 20

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `tag` is a small pill in a `tone` of the theme; an unusable row is greyed."""

    key: str
    title: str
    detail: str
    tag: str = ""
    tone: str = "neutral"
    is_usable: bool = True
    is_heading: bool = False


def heading(title: str) -> Entry:
    """A row that names those below it and can't be chosen."""
    return Entry("", title, "", is_heading=True)


class EntryList(QListView):
    """`chosen` is emitted with the key of a row when it becomes the current one."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = _EntryModel(self)
        self.setModel(self._entries)
        self.setItemDelegate(_EntryDelegate(self))
        self.setAccessibleName(name)
        self.setUniformItemSizes(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(self._on_current)
        self._let_tab_stop()

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries.entries

    @property
    def current_key(self) -> str:
        """The key of the current row, or "" without one."""
        entry = self._entries.at(self.currentIndex())
        return entry.key if entry else ""

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Replace the rows; the current key stays current where it is still there."""
        if entries == self._entries.entries:
            return
        before = self.current_key
        self._entries.replace(entries)
        self._let_tab_stop()
        self.select(before)

    def select(self, key: str) -> bool:
        """Make the row with this key the current one; returns whether it is there."""
        for row, entry in enumerate(self._entries.entries):
            if entry.key == key and not entry.is_heading:
                self.setCurrentIndex(self._entries.index(row, 0))
                return True
        return False

    def _let_tab_stop(self) -> None:
        """Tab passes by a list without anything to choose, where it could not be seen."""
        has_choice = any(not entry.is_heading for entry in self._entries.entries)
        policy = Qt.FocusPolicy.StrongFocus if has_choice else Qt.FocusPolicy.ClickFocus
        self.setFocusPolicy(policy)

    def _on_current(self, index: QModelIndex) -> None:
        entry = self._entries.at(index)
        if entry is not None:
            self.chosen.emit(entry.key)


class _EntryModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def replace(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def at(self, index: Index) -> Entry | None:
        return self.entries[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.at(index)
        if entry is None:
            return None
        if role == Qt.ItemDataRole.UserRole:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.title, entry.detail, entry.tag) if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.detail
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        entry = self.at(index)
        if entry is None or entry.is_heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _EntryDelegate(QStyledItemDelegate):
    """Paints a row from the theme's tokens, so that it follows a change of theme."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry = index.data(Qt.ItemDataRole.UserRole)
        return QSize(0, _HEADING_HEIGHT if entry.is_heading else _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.is_heading:
            _text(painter, rect.adjusted(SPACE_12, 0, 0, -SPACE_4), entry.title, "small", "text3")
        else:
            _ground(painter, rect, option)
            _lines(painter, rect.adjusted(SPACE_12, SPACE_8, -SPACE_12, -SPACE_8), entry)
        painter.restore()


def _ground(painter: QPainter, rect: QRect, option: QStyleOptionViewItem) -> None:
    state: QStyle.StateFlag = option.state
    ground = ""
    if state & QStyle.StateFlag.State_Selected:
        ground = "accent_ground"
    elif state & QStyle.StateFlag.State_MouseOver:
        ground = "raised"
    has_keyboard = bool(state & QStyle.StateFlag.State_HasFocus)
    if not ground and not has_keyboard:
        return
    painter.setPen(theme.color("accent") if has_keyboard else Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(ground) if ground else Qt.BrushStyle.NoBrush)
    box = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(box, CORNER_CONTROL, CORNER_CONTROL)


def _lines(painter: QPainter, rect: QRect, entry: Entry) -> None:
    first = QRect(rect.topLeft(), QSize(rect.width(), _LINE_1))
    second = QRect(rect.left(), rect.top() + _LINE_1, rect.width(), _LINE_2)
    if entry.tag:
        width = _tag(painter, first, entry)
        first.setWidth(rect.width() - width - SPACE_8)
    _text(painter, first, entry.title, "strong", "text1" if entry.is_usable else "text3")
    _text(painter, second, entry.detail, "small", "text2" if entry.is_usable else "text3")


def _tag(painter: QPainter, line: QRect, entry: Entry) -> int:
    """Draw the pill at the right end of the line; returns its width."""
    width = QFontMetrics(theme.font("small")).horizontalAdvance(entry.tag) + 2 * SPACE_8
    top = line.top() + (line.height() - _TAG_HEIGHT) // 2
    box = QRect(QPoint(line.right() - width + 1, top), QSize(width, _TAG_HEIGHT))
    color, ground = ("text2", "raised") if entry.tone == "neutral" else (
        entry.tone, f"{entry.tone}_ground"
    )  # fmt: skip
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(ground))
    painter.drawRoundedRect(box, _TAG_HEIGHT / 2, _TAG_HEIGHT / 2)
    _text(painter, box, entry.tag, "small", color, Qt.AlignmentFlag.AlignCenter)
    return width


def _text(
    painter: QPainter,
    rect: QRect,
    text: str,
    style: str,
    color: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
) -> None:
    font = theme.font(style)
    painter.setFont(font)
    painter.setPen(theme.color(color))
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, align, shown)
