"""The rows of one group of duplicates, one below the other, and which of them is kept, or all."""

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
    """`kept` carries the key of the row that shall be kept, or None where all of them shall."""

    MOST_ROWS = 20
    kept = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self._choice = QButtonGroup(self)

    def show_rows(self, rows: Sequence[BrowseRow], kept: int | None, more: int = 0) -> None:
        """Show these rows, `kept` marked (None: all); `more` of the group are not among them."""
        self._choice.deleteLater()
        self._choice = QButtonGroup(self)
        inside = plain_area(QWidget())
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE_12, 0)
        column.setSpacing(SPACE_4)
        if rows:
            keep_all = self._add_choice(self.tr("Keep all of them"), None)
            keep_all.setChecked(kept is None)
            column.addWidget(keep_all)
        for number, row in enumerate(rows):
            column.addWidget(line())
            keep = self._add_choice(self.tr("Keep this one"), row.key)
            keep.setChecked(row.key == kept)
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

    def _add_choice(self, text: str, key: int | None) -> QRadioButton:
        choice = QRadioButton(text)
        choice.clicked.connect(partial(self.kept.emit, key))
        self._choice.addButton(choice)
        return choice
