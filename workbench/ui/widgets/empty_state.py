"""What a panel shows before there is anything: what it will hold, and what to do first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.texts import IconView, button, label

_ICON_SIZE = 40
_TEXT_WIDTH = 420


class EmptyState(QWidget):
    """An icon, a title, a sentence, and the first thing to do as a primary button."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str,
        *,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        second: str = "",
        on_second: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        picture = IconView(icon, "text3", _ICON_SIZE)
        words = label(text, "secondary", wrap=True)
        words.setFixedWidth(_TEXT_WIDTH)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setSpacing(SPACE_8)
        column.addStretch(2)
        for widget in (picture, label(title, "card_title")):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        # Centred by stretches: an aligned label would be given the height of one line.
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(words)
        centred.addStretch(1)
        column.addLayout(centred)
        column.addSpacing(SPACE_8)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_16)
        buttons.addStretch(1)
        if action:
            buttons.addWidget(button(action, on_action, kind="primary"))
        if second:
            buttons.addWidget(button(second, on_second, kind="quiet"))
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(3)
