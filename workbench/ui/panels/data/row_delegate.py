"""Paints the cells of the table of rows.

Qt's own way lays out the whole text of a cell three times and asks the model a dozen questions;
on a page of rows that is felt while something else is at work.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.ui import theme
from workbench.ui.panels.data.rows import Rows
from workbench.ui.tokens import SPACE_8

_MARGIN = SPACE_8 + 3  # as the header's words stand
_NARROWEST_LETTER = 2
_PLACE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine

Index = QModelIndex | QPersistentModelIndex


class RowDelegate(QStyledItemDelegate):
    """A line of text, cut where there is no room, on the theme's ground."""

    def __init__(self, rows: Rows, parent: QObject) -> None:
        super().__init__(parent)
        self._rows = rows

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("accent_ground"))
        line = QRect(rect.left(), rect.bottom(), rect.width(), 1)
        painter.fillRect(line, theme.color("line"))
        inside = rect.adjusted(_MARGIN, 0, -_MARGIN, -1)
        text = shortened(str(self._rows.data(index)), inside.width(), option.fontMetrics)
        painter.setFont(option.font)
        painter.setPen(theme.color("text1"))
        painter.drawText(inside, _PLACE, text)


def shortened(text: str, width: int, metrics: QFontMetrics) -> str:
    """As much of `text` as fits into `width` pixels, with an ellipsis where it does not all."""
    most = width // _NARROWEST_LETTER
    if len(text) > most:
        text = f"{text[:most]}…"
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
