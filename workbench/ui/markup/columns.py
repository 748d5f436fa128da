"""The columns of a table: as wide as their widest cell, in letters and formulas of any width."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextBlock, QTextCursor, QTextOption

from workbench.ui.tokens import SPACE_16

_FROM_LEFT = Qt.LayoutDirection.LeftToRight


class Columns:
    """Takes each cell's width while a table is written, and then gives every row the same places.

    Cells are parted by tabs, which lead to these places.
    """

    def __init__(self) -> None:
        self._rows: list[QTextBlock] = []
        self._cells: list[list[float]] = []

    def begin_row(self, block: QTextBlock) -> None:
        """What is added from now on stands in a row of its own."""
        self._rows.append(block)
        self._cells.append([0.0])

    def add(self, width_px: float) -> None:
        """Make the cell that is being written wider."""
        self._cells[-1][-1] += width_px

    def end_cell(self) -> None:
        self._cells[-1].append(0.0)

    def place(self) -> None:
        """Set the places of all rows, and be ready for another table."""
        count = max(map(len, self._cells), default=0)
        tabs, at_px = list[QTextOption.Tab](), 0.0
        direction = next((row.textDirection() for row in self._rows), _FROM_LEFT)
        # Qt takes one for the other where a text runs from the right.
        kind = QTextOption.TabType.LeftTab
        if direction is not _FROM_LEFT:
            kind = QTextOption.TabType.RightTab
        for column in range(count - 1):
            at_px += max(row[column] for row in self._cells if column < len(row)) + SPACE_16
            tabs.append(QTextOption.Tab(at_px, kind))
        for block in self._rows:
            shape = block.blockFormat()
            shape.setTabPositions(tabs)
            shape.setLayoutDirection(direction)
            QTextCursor(block).setBlockFormat(shape)
        self._rows.clear()
        self._cells.clear()
