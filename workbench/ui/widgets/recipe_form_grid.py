"""How a form is laid out: cells of a title, a control and a note, in groups, in columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from workbench.ui import theme
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_16
from workbench.ui.widgets.texts import label

COLUMNS = 3
_COLUMN_WIDTH = 220


class FieldCell(QWidget):
    """A title, the control, and under it the help or what is wrong.

    A wide one has a line of the grid to itself; one that is not relevant is left out of it.
    """

    def __init__(
        self,
        title: str,
        control: QWidget,
        help_text: str = "",
        *,
        is_wide: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.is_wide = is_wide
        self.is_relevant = True
        self._help = help_text
        self._note = label(help_text, "small", wrap=True)
        name = label(title, "secondary")
        name.setBuddy(control)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_4)
        layout.addWidget(name)
        layout.addWidget(control)
        layout.addWidget(self._note)
        layout.addStretch(1)
        self._control = control

    @property
    def note(self) -> str:
        """What stands under the control now."""
        return self._note.text()

    def set_help(self, text: str) -> None:
        """Replace the text that stands there while nothing is wrong."""
        self._help = text
        if not self._control.property("invalid"):
            self._note.setText(text)

    def set_problem(self, problem: str) -> None:
        """Mark the control and say why; an empty text takes the mark away."""
        theme.set_property(self._control, "invalid", bool(problem))
        theme.set_property(self._note, "role", "bad" if problem else "small")
        self._note.setText(problem or self._help)


class GroupGrid(QWidget):
    """Titled groups of cells in as many columns as there is room for, up to `most_columns`.

    Groups that together fit on one line share it.
    """

    def __init__(self, parent: QWidget | None = None, most_columns: int = COLUMNS) -> None:
        super().__init__(parent)
        self._most_columns = most_columns
        self._groups: list[tuple[QLabel, Sequence[FieldCell]]] = []
        self._columns = 0
        # An empty column would get no spacing, and columns of two grids would not line up.
        self._fillers = [QWidget(self) for _ in range(most_columns)]
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_16)
        self._grid.setVerticalSpacing(SPACE_8)

    def add_group(self, title: str, cells: Sequence[FieldCell]) -> None:
        """Put cells under a title; an empty title takes no room."""
        heading = label(title, "card_title")
        for widget in (heading, *cells):  # without a parent it would be shown as a window
            widget.setParent(self)
        self._groups.append((heading, cells))
        self._arrange(self._columns or self._most_columns)

    def rearrange(self) -> None:
        """Close the gaps after cells became relevant, or are not any more."""
        self._arrange(self._columns or self._most_columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fitting = (self.width() + SPACE_16) // (_COLUMN_WIDTH + SPACE_16)
        columns = max(1, min(self._most_columns, fitting))
        if columns != self._columns:
            self._arrange(columns)

    def _arrange(self, columns: int) -> None:
        self._columns = columns
        row = column = 0
        for title, every_cell in self._groups:
            cells = [cell for cell in every_cell if cell.is_relevant]
            for cell in every_cell:
                _set_hidden(cell, not cell.is_relevant)
            _set_hidden(title, not cells or not title.text())
            if not cells:
                continue
            takes = sum(columns if cell.is_wide else 1 for cell in cells)
            if column and column + takes > columns:
                row, column = row + 2, 0
            title.setContentsMargins(0, SPACE_8 if row else 0, 0, 0)
            self._grid.addWidget(title, row, column, 1, min(takes, columns))
            for cell in cells:
                width = columns if cell.is_wide else 1
                if column + width > columns:
                    row, column = row + 1, 0
                self._grid.addWidget(cell, row + 1, column, 1, width)
                column += width
            if takes > columns:
                row, column = row + 2, 0
        for place, filler in enumerate(self._fillers):
            is_used = place < columns
            _set_hidden(filler, not is_used)
            self._grid.setColumnStretch(place, int(is_used))
            if is_used:
                self._grid.addWidget(filler, row + 1, place)


def _set_hidden(widget: QWidget, hidden: bool) -> None:
    """Hide or show, unless it is so: Qt styles a widget at once that it is told to show."""
    is_hidden = widget.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide) and (
        widget.isHidden()
    )
    if hidden != is_hidden:
        widget.setHidden(hidden)
