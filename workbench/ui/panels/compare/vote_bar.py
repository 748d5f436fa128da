"""Tie and both bad, the keys of all votes, and what to do after one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.core.preferences import Choice, Side
from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.texts import button, key_cap, label


class VoteBar(QWidget):
    """Emits `side_preferred`, `choice_given` and `next_wanted`, by mouse or by key."""

    side_preferred = Signal(Side)
    choice_given = Signal(Choice)
    next_wanted = Signal()

    def __init__(self, keys_of: QWidget) -> None:
        super().__init__()
        self._keys_of = keys_of
        self._vote_keys = [
            self._key(Qt.Key.Key_Left, lambda: self.side_preferred.emit(Side.LEFT)),
            self._key(Qt.Key.Key_Right, lambda: self.side_preferred.emit(Side.RIGHT)),
            self._key(Qt.Key.Key_0, lambda: self.choice_given.emit(Choice.TIE)),
            self._key(Qt.Key.Key_B, lambda: self.choice_given.emit(Choice.BOTH_BAD)),
        ]
        self._next_key = self._key(Qt.Key.Key_N, self.next_wanted.emit)
        self._tie = button(self.tr("Tie"), lambda: self.choice_given.emit(Choice.TIE))
        self._both_bad = button(
            self.tr("Both bad"), lambda: self.choice_given.emit(Choice.BOTH_BAD)
        )
        self._next = button(self.tr("Next prompt"), self.next_wanted.emit)
        self._tie.setObjectName("compare.tie")
        self._both_bad.setObjectName("compare.both_bad")
        self._next.setObjectName("compare.next_prompt")
        self._said = label("", "secondary")
        self._said.setObjectName("compare.said")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        for key, made in (("0", self._tie), ("B", self._both_bad), ("N", self._next)):
            row.addWidget(key_cap(key))
            row.addWidget(made)
            row.addSpacing(SPACE_12)
        row.addWidget(self._said, 1)

    def allow_vote(self, allowed: bool) -> None:
        self._tie.setEnabled(allowed)
        self._both_bad.setEnabled(allowed)
        for shortcut in self._vote_keys:
            shortcut.setEnabled(allowed)

    def allow_next(self, allowed: bool) -> None:
        self._next.setEnabled(allowed)
        self._next_key.setEnabled(allowed)

    def say(self, text: str) -> None:
        self._said.setText(text)

    @property
    def next_button(self) -> QPushButton:
        return self._next

    def _key(self, key: Qt.Key, act: Callable[[], object]) -> QShortcut:
        # A shortcut, so that it never fires while somebody types a prompt.
        shortcut = QShortcut(QKeySequence(key), self._keys_of)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(lambda: act())
        return shortcut
