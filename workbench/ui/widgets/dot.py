"""A small round spot in a colour of the theme."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from workbench.ui import theme
from workbench.ui.tokens import DOT_SIZE


class Dot(QWidget):
    """Marks a state or a line of a plot; `color` is a token."""

    def __init__(self, color: str = "text3") -> None:
        super().__init__()
        self._color = color
        self.setFixedSize(DOT_SIZE, DOT_SIZE)

    def set_color(self, color: str) -> None:
        self._color = color
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(self._color))
        painter.drawEllipse(self.rect())
