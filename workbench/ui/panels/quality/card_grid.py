"""Cards in two or three columns, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from workbench.ui.tokens import SPACE_16
from workbench.ui.widgets.texts import plain_area

_LEAST_CARD_WIDTH = 330
_MOST_COLUMNS = 3


class CardGrid(QWidget):
    """The last card takes what is left of its row."""

    def __init__(self, cards: Sequence[QWidget] = ()) -> None:
        super().__init__()
        plain_area(self)
        self._cards = list(cards)
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE_16)
        self._arrange(2)

    def add(self, card: QWidget) -> None:
        """Put a card behind the others."""
        self._cards.append(card)
        columns, self._columns = self._columns, 0
        self._arrange(columns)

    @property
    def columns(self) -> int:
        return self._columns

    def minimumSizeHint(self) -> QSize:
        # The layout's own is for the narrowest cards, with more lines of text than these have.
        least = super().minimumSizeHint()
        return QSize(least.width(), min(least.height(), self.heightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fit = (event.size().width() + SPACE_16) // (_LEAST_CARD_WIDTH + SPACE_16)
        self._arrange(max(1, min(_MOST_COLUMNS, fit)))

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for card in self._cards:
            self._grid.removeWidget(card)
        last = len(self._cards) - 1
        for place, card in enumerate(self._cards):
            row, column = divmod(place, columns)
            self._grid.addWidget(card, row, column, 1, columns - column if place == last else 1)
        for column in range(_MOST_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        rows = -(-len(self._cards) // columns)
        for row in range(len(self._cards) + 1):
            self._grid.setRowStretch(row, 1 if row == rows else 0)
