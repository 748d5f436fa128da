"""Writing a prompt: its turns one below the other, each with who says it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.core.conversation import Conversation, Message, Role, user
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.tab_order import tab_before
from workbench.ui.widgets.texts import button, icon_button

_TURN_HEIGHT = 84
_ROLE_WIDTH = 128
_WRITTEN_ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")


class TextField(QPlainTextEdit):
    """Several lines of text where Tab goes on to the next field."""

    def __init__(self, name: str, *, height: int | None = None) -> None:
        super().__init__()
        self.setProperty("role", "answer")
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        if height is not None:
            self.setFixedHeight(height)


class _Turn(QWidget):
    def __init__(self, message: Message, titles: dict[Role, str], name: str) -> None:
        super().__init__()
        self.remove: QWidget | None = None
        self.role = QComboBox()
        self.role.setAccessibleName(name)
        self.role.setFixedWidth(_ROLE_WIDTH)
        for role in _WRITTEN_ROLES:
            self.role.addItem(titles[role], role)
        self.role.setCurrentIndex(_WRITTEN_ROLES.index(message.role))
        self.text = TextField(titles[message.role], height=_TURN_HEIGHT)
        self.text.setPlainText(message.content)

    @property
    def stops(self) -> list[QWidget]:
        """Where Tab goes."""
        return [stop for stop in (self.role, self.remove, self.text) if stop is not None]

    @property
    def message(self) -> Message:
        role: Role = self.role.currentData()
        return Message(role, self.text.toPlainText())


class ConversationEdit(QWidget):
    """One question to begin with; more turns can be added."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._turns: list[_Turn] = []
        self._titles: dict[Role, str] = {
            "system": self.tr("System"),
            "user": self.tr("Person"),
            "assistant": self.tr("Assistant"),
            "tool": self.tr("Tool"),
        }
        self._rows = QVBoxLayout()
        self._rows.setSpacing(SPACE_8)
        self._more = button(self.tr("Add a turn"), self._add_next, kind="link")
        self._more.setObjectName("data.add_turn")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addLayout(self._rows)
        bottom = QHBoxLayout()
        bottom.addWidget(self._more)
        bottom.addStretch(1)
        layout.addLayout(bottom)
        self.show_messages(user(""))

    @property
    def messages(self) -> Conversation:
        """The turns that say something."""
        turns = (turn.message for turn in self._turns)
        return tuple(message for message in turns if message.content.strip())

    @property
    def first_text(self) -> QPlainTextEdit:
        return self._turns[0].text

    def show_messages(self, messages: Conversation) -> None:
        """Replace the turns."""
        for turn in list(self._turns):
            self._remove(turn)
        for message in messages:
            self._add(message)

    def _add_next(self) -> None:
        last = self._turns[-1].message.role if self._turns else "assistant"
        self._add(Message("assistant" if last == "user" else "user", ""))
        self._turns[-1].text.setFocus()

    def _add(self, message: Message) -> None:
        turn = _Turn(message, self._titles, self.tr("Who says it"))
        row = QHBoxLayout(turn)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        side = QVBoxLayout()
        side.addWidget(turn.role)
        if self._turns:
            remove = icon_button("remove", self.tr("Remove this turn"), lambda: self._remove(turn))
            side.addWidget(remove)
            turn.remove = remove
        side.addStretch(1)
        row.addLayout(side)
        row.addWidget(turn.text, 1)
        turn.text.textChanged.connect(self.changed)
        self._turns.append(turn)
        self._rows.addWidget(turn)
        self._order_tabs()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._order_tabs()  # what was ordered before it had a window is not kept

    def _order_tabs(self) -> None:
        tab_before(self._more, [stop for turn in self._turns for stop in turn.stops])

    def _remove(self, turn: _Turn) -> None:
        self._turns.remove(turn)
        self._rows.removeWidget(turn)
        turn.hide()
        turn.deleteLater()
        self.changed.emit()
