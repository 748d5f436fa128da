"""The base of every panel: a title, one sentence of purpose, actions on the right, a body."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import NO_CHANGES, Changed, Changes
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_16, SPACE_24
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import label


class Panel(QWidget):
    """Override `refresh`; put widgets into `self.body`; `add_action` puts one in the header.

    `refresh(changes)` is called before the panel is first seen (with everything), and again
    after changes that it has an interest in: at once while it is visible, else when next shown.
    """

    interests: ClassVar[Changed] = Changed.EVERYTHING

    def __init__(self, session: Session, title: str, purpose: str) -> None:
        super().__init__(session.ground)
        self.session = session
        self._waiting = Changes(Changed.EVERYTHING)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab goes on to what is in it
        self._title = label(title, "title")
        self._purpose = ElidedLabel(purpose, "purpose")  # gives way to the actions beside it
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._purpose)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(SPACE_8)
        self._head = QWidget()
        self._head.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        header = QHBoxLayout(self._head)
        header.setContentsMargins(0, 0, 0, 0)
        header.setSpacing(SPACE_16)
        header.addLayout(words, 1)
        header.addLayout(self._actions)
        header.setAlignment(self._actions, Qt.AlignmentFlag.AlignBottom)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE_16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_24, SPACE_16 + SPACE_4, SPACE_24, SPACE_16)
        layout.setSpacing(SPACE_16)
        layout.addWidget(self._head)
        layout.addLayout(self.body, 1)

    def set_heading(self, title: str, purpose: str) -> None:
        """Replace the title and the sentence, for a panel whose title is what it shows."""
        self._title.setText(title)
        self._purpose.show_text(purpose)
        self.setAccessibleName(title)

    def add_action(self, widget: QWidget) -> None:
        """Put a button (or a pill, a meter) in the header, after those that are there."""
        self._actions.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def heading(self) -> QRect:
        """Where the title and the sentence stand, in the panel: nothing there is pressed."""
        found = (self._actions.itemAt(place) for place in range(self._actions.count()))
        actions = (item.widget() for item in found if item is not None)
        taken = [action.x() for action in actions if action is not None and not action.isHidden()]
        head = self._head.geometry()
        head.setWidth(min(taken, default=head.width() + SPACE_16) - SPACE_16)
        return head

    def refresh(self, changes: Changes) -> None:
        """Read again what `changes` names. To override."""

    def show_item(self, **what: object) -> None:
        """Show what a navigation asked for, such as `run_id="…"`. To override."""

    def commands(self) -> list[Command]:
        """Actions of this panel for the palette. To override."""
        return []

    def close_down(self) -> None:
        """The project is about to close: end what the panel started. To override."""

    def apply_changes(self, changes: Changes) -> None:
        """Refresh now if visible, else remember what changed until shown."""
        flags = changes.flags & self.interests
        if not flags:
            return
        self._waiting |= Changes(flags, changes.run_ids)
        if self.isVisible():
            self._refresh_now()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting:
            self._refresh_now()

    def _refresh_now(self) -> None:
        waiting, self._waiting = self._waiting, NO_CHANGES
        try:
            self.refresh(waiting)
        except Exception as error:  # shown in place: a panel that can't be read must say so
            self.session.show_error(error)
