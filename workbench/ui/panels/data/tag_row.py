"""The tags of a row: each can be taken off, and one can be added."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QPushButton, QWidget

from workbench.ui import icons
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.texts import button

_SHOWN_TAGS = 4
_FIELD_WIDTH = 110


class TagRow(QWidget):
    """`added` and `removed` carry a tag."""

    added = Signal(str)
    removed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._known = QStringListModel(self)
        self.field = QLineEdit()
        self.field.setObjectName("data.tag")
        self.field.setAccessibleName(self.tr("Add a tag"))
        self.field.setPlaceholderText(self.tr("Add a tag"))
        self.field.setFixedWidth(_FIELD_WIDTH)
        completer = QCompleter(self._known, self.field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field.setCompleter(completer)
        self.field.returnPressed.connect(self._add)
        self._tags = QHBoxLayout()
        self._tags.setSpacing(SPACE_4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addLayout(self._tags)
        layout.addWidget(self.field)
        layout.addStretch(1)

    def show_tags(self, tags: Sequence[str], known: Sequence[str]) -> None:
        """Show a row's tags; `known` are all that the project has, to complete from."""
        self._known.setStringList(list(known))
        while (item := self._tags.takeAt(0)) is not None:
            if (chip := item.widget()) is not None:
                chip.hide()
                chip.deleteLater()
        for tag in tags[:_SHOWN_TAGS]:
            self._tags.addWidget(self._chip(tag))

    def _chip(self, tag: str) -> QPushButton:
        made = button(tag, partial(self.removed.emit, tag))
        made.setIcon(icons.icon("close", "text3"))
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross after the word
        made.setToolTip(self.tr("Take this tag off"))
        made.setAccessibleName(self.tr("Tag {0}: take it off").format(tag))
        return made

    def _add(self) -> None:
        tag = self.field.text()
        self.field.clear()
        if tag.strip():
            self.added.emit(tag)
