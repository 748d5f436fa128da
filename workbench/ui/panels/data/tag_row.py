"""The tags of a row: each can be taken off, and one can be added."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit, QPushButton, QWidget

from workbench.ui import icons
from workbench.ui.tokens import SPACE_4
from workbench.ui.widgets.flow import FlowLayout
from workbench.ui.widgets.tab_order import tab_before
from workbench.ui.widgets.texts import button

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
        self.field.setAcceptDrops(False)  # what is dropped on the panel is imported
        completer = QCompleter(self._known, self.field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field.setCompleter(completer)
        self.field.returnPressed.connect(self._add)
        self._chips: list[QPushButton] = []
        self._flow = FlowLayout(self, gap=SPACE_4)
        self._flow.addWidget(self.field)

    def show_tags(self, tags: Sequence[str], known: Sequence[str]) -> None:
        """Show a row's tags; `known` are all that the project has, to complete from."""
        self._known.setStringList(list(known))
        for chip in self._chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(tag) for tag in tags]
        for place, chip in enumerate(self._chips):
            self._flow.insertWidget(place, chip)
        tab_before(self.field, self._chips)

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
