"""A few choices side by side, one of them chosen, or none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.ui.tokens import SPACE_4
from workbench.ui.widgets.texts import button


class Segments(QWidget):
    """`chosen` bears the name of what a person chose; `show_chosen` is silent."""

    chosen = Signal(str)

    def __init__(self, titles: Mapping[str, str], *, object_name: str) -> None:
        super().__init__()
        self._buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_4)
        for name, title in titles.items():
            made = button(title, partial(self._choose, name), kind="quiet")
            made.setCheckable(True)
            made.setObjectName(f"{object_name}.{name}")
            self._buttons[name] = made
            row.addWidget(made)

    @property
    def current(self) -> str:
        """The name of what is chosen; empty for nothing."""
        return next((name for name, made in self._buttons.items() if made.isChecked()), "")

    def show_chosen(self, name: str) -> None:
        """Show `name` as chosen; an empty or unknown name chooses nothing."""
        for known, made in self._buttons.items():
            made.setChecked(known == name)

    def set_tip(self, name: str, tip: str) -> None:
        self._buttons[name].setToolTip(tip)

    def _choose(self, name: str) -> None:
        self.show_chosen(name)
        self.chosen.emit(name)
