"""Paints the cells of the table of rows.

Qt's own way lays out the whole text of a cell three times and asks the model a dozen questions;
on a page of rows that is felt while something else is at work.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.ui import theme
from workbench.ui.panels.data.line_cutter import LineCutter
from workbench.ui.panels.data.rows import Rows
from workbench.ui.tokens import SPACE_8, Colors

_MARGIN = SPACE_8 + 3  # as the header's words stand
_PLACE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_SELECTED = QStyle.StateFlag.State_Selected.value  # as numbers they are compared ten times as fast

Index = QModelIndex | QPersistentModelIndex


class RowDelegate(QStyledItemDelegate):
    """A line of text, cut where there is no room, on the theme's ground."""

    def __init__(self, rows: Rows, parent: QObject) -> None:
        super().__init__(parent)
        self._rows = rows
        self._font: QFont | None = None
        self._colors: Colors | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if option.font != self._font or theme.active().colors is not self._colors:
            self._take_look(option.font)
        rect: QRect = option.rect
        if option.state.value & _SELECTED:
            painter.fillRect(rect, self._selected)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._line)
        inside = rect.adjusted(_MARGIN, 0, -_MARGIN, -1)
        painter.setPen(self._text)
        painter.drawText(inside, _PLACE, self._cutter.cut(self._rows.text(index), inside.width()))

    def _take_look(self, font: QFont) -> None:
        self._font = QFont(font)
        self._cutter = LineCutter(font)
        self._colors = theme.active().colors
        self._selected: QColor = theme.color("accent_ground")
        self._line: QColor = theme.color("line")
        self._text: QColor = theme.color("text1")
