"""A page that takes the place of the rows while a person does one thing with them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.texts import icon_button, label


class ToolPage(QWidget):
    """A way back, a title and a sentence above `self.body`; `closed` ends it.

    The keyboard begins at its focus proxy: the way back, or what is set in its place.
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.back = icon_button("left", self.tr("Back to the rows (Esc)"), self.close_page)
        self.back.setObjectName("data.back")
        self.setFocusProxy(self.back)
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACE_8)
        self.header.addWidget(self.back)
        self._title = label("-", "card_title")
        self._purpose = label("", "secondary")
        self.header.addWidget(self._title)
        self.header.addWidget(self._purpose, 1)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE_12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_12)
        layout.addLayout(self.header)
        layout.addLayout(self.body, 1)

    def set_heading(self, title: str, purpose: str) -> None:
        """Say what the page is for."""
        self._title.setText(title)
        self._purpose.setText(purpose)
        self.setAccessibleName(title)

    def close_page(self) -> None:
        """Go back to the rows. To extend: end what is under way."""
        self.closed.emit()

    def close_down(self) -> None:
        """The project is about to close: end what the page started. To override."""
