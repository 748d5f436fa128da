"""Cards: the rounded frames that panels are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui import theme
from workbench.ui.tokens import SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.texts import label


class Card(QFrame):
    """A frame with an optional title row; put widgets into `self.body`."""

    def __init__(self, title: str = "", note: str = "", *, tone: str = "plain") -> None:
        super().__init__()
        self.setProperty("card", tone)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(SPACE_16, SPACE_12, SPACE_16, SPACE_12)
        self.body.setSpacing(SPACE_8)
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACE_8)
        self._title = label(title, "card_title")
        self._note = label(note, "small")
        if title:
            self.setAccessibleName(title)
            self.header.addWidget(self._title)
            self.header.addWidget(self._note)
            self.header.addStretch(1)
            self.body.addLayout(self.header)

    def set_title(self, title: str, note: str = "") -> None:
        """Change the title row of a card that was made with one."""
        self._title.setText(title)
        self._note.setText(note)

    @property
    def note(self) -> str:
        """The small words beside the title."""
        return self._note.text()

    def add_header_widget(self, widget: QWidget) -> None:
        """Put a widget at the right end of the title row."""
        self.header.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_tone(self, tone: str) -> None:
        """`plain`, `selected`, `focused`, `good`, `caution` or `bad`."""
        theme.set_property(self, "card", tone)


class ChoiceCard(Card):
    """A card that can be chosen with the mouse, Space or Enter."""

    chosen = Signal()

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self.setProperty("choice", "true")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleDescription(text)
        self.body.addWidget(label(text, "secondary", wrap=True))
        self.body.addStretch(1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.pos()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)
