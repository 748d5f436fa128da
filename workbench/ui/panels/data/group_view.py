"""The rows of one group of duplicates, one below the other, and which of them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QScrollArea, QVBoxLayout, QWidget

from workbench.store.browse import BrowseRow
from workbench.ui.tokens import SPACE_4, SPACE_12
from workbench.ui.widgets.answer_view import AnswerView
from workbench.ui.widgets.texts import label, line, plain_area

_TEXT_HEIGHT = 150


class GroupView(QScrollArea):
    """`kept` carries the key of the row that shall be kept."""

    MOST_ROWS = 20
    kept = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self._choice = QButtonGroup(self)

    def show_rows(self, rows: Sequence[BrowseRow], kept: int | None, more: int = 0) -> None:
        """Show these rows, `kept` marked; `more` of the group are not among them."""
        self._choice.deleteLater()
        self._choice = QButtonGroup(self)
        inside = plain_area(QWidget())
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE_12, 0)
        column.setSpacing(SPACE_4)
        for number, row in enumerate(rows):
            if number:
                column.addWidget(line())
            keep = QRadioButton(self.tr("Keep this one"))
            keep.setChecked(row.key == kept)
            keep.clicked.connect(partial(self.kept.emit, row.key))
            self._choice.addButton(keep)
            text = AnswerView(self.tr("Row {0}").format(number + 1), max_height=_TEXT_HEIGHT)
            text.show_text(
                "\n\n".join(part for part in (row.prompt, row.first, row.second) if part)
            )
            column.addWidget(keep)
            column.addWidget(text)
        if more > 0:
            column.addWidget(label(self.tr("and {0:,} more").format(more), "secondary"))
        column.addStretch(1)
        self.setWidget(inside)
