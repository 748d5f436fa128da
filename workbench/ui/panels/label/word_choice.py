"""Choosing words of an answer with the keys, as the mouse does by drawing over them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QTextCursor

from workbench.ui.panels.label.keyboard import ModeKey
from workbench.ui.widgets.rich_answer import RichAnswer

_Move = QTextCursor.MoveOperation
_KEEP = QTextCursor.MoveMode.KeepAnchor
_STEPS = {
    ModeKey.LEFT: _Move.PreviousWord,
    ModeKey.RIGHT: _Move.NextWord,
    ModeKey.UP: _Move.Up,
    ModeKey.TIE: _Move.Down,
}


class WordChoice:
    """What is chosen is the selection of one of the views; it begins with a word in sight."""

    def __init__(self, views: Sequence[RichAnswer]) -> None:
        self._views = views
        self._view = views[0]

    def begin(self) -> None:
        """Choose the first word in sight of the first answer."""
        self._begin_in(self._views[0])

    def move(self, key: ModeKey) -> None:
        """Go on by a word, a line or an answer, or choose a word more or less."""
        if key is ModeKey.OTHER:
            self.clear()
            self._begin_in(self._views[self._view is self._views[0]])
        elif key is ModeKey.LONGER:
            self._choose_longer()
        elif key is ModeKey.SHORTER:
            self._choose_shorter()
        elif key in _STEPS:
            self._step(_STEPS[key])

    def clear(self) -> None:
        """Choose nothing."""
        self._view.clear_selection()

    def _begin_in(self, view: RichAnswer) -> None:
        self._view = view
        cursor = view.cursorForPosition(QPoint(0, 0))
        cursor.movePosition(_Move.StartOfWord)
        self._choose_word_at(cursor)

    def _step(self, step: QTextCursor.MoveOperation) -> None:
        cursor = self._view.textCursor()
        is_back = step in (_Move.PreviousWord, _Move.Up)
        cursor.setPosition(cursor.selectionStart() if is_back else cursor.selectionEnd())
        if cursor.movePosition(step):
            if step in (_Move.Up, _Move.Down):
                cursor.movePosition(_Move.StartOfWord)
            self._choose_word_at(cursor)

    def _choose_longer(self) -> None:
        cursor = self._view.textCursor()
        first, last = cursor.selectionStart(), cursor.selectionEnd()
        cursor.setPosition(last)
        cursor.movePosition(_Move.NextWord)
        cursor.movePosition(_Move.EndOfWord)
        self._choose(first, max(last, cursor.position()))

    def _choose_shorter(self) -> None:
        cursor = self._view.textCursor()
        first, last = cursor.selectionStart(), cursor.selectionEnd()
        cursor.setPosition(last)
        cursor.movePosition(_Move.PreviousWord)
        cursor.movePosition(_Move.PreviousWord)
        if cursor.position() >= first:
            cursor.movePosition(_Move.EndOfWord)
            self._choose(first, cursor.position())

    def _choose_word_at(self, cursor: QTextCursor) -> None:
        """The word that begins here, or the next one where none does."""
        start = cursor.position()
        cursor.movePosition(_Move.EndOfWord)
        if cursor.position() == start and cursor.movePosition(_Move.NextWord):
            start = cursor.position()
            cursor.movePosition(_Move.EndOfWord)
        self._choose(start, cursor.position())

    def _choose(self, start: int, end: int) -> None:
        cursor = self._view.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, _KEEP)
        self._view.setTextCursor(cursor)
        self._view.ensureCursorVisible()
