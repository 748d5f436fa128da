"""An answer with its Markdown, code and formulas shown, and with marks on parts of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

from workbench.ui import theme
from workbench.ui.markup.answer_document import AnswerDocument
from workbench.ui.widgets.answer_view import AnswerView

_GROUNDS = {"good": "good_ground", "bad": "bad_ground", "changed": "accent_ground"}
_LINES = {"good": "good", "bad": "bad", "changed": "accent"}
# Not by colour alone: good is underlined, bad has a wave, changed a dotted line.
_UNDERLINES = {
    "good": QTextCharFormat.UnderlineStyle.SingleUnderline,
    "bad": QTextCharFormat.UnderlineStyle.WaveUnderline,
    "changed": QTextCharFormat.UnderlineStyle.DotLine,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of the source text to set off: `good`, `bad` or `changed`."""

    start: int
    end: int
    tone: str


class RichAnswer(AnswerView):
    """Shows an `AnswerDocument`; marks and selections are told in places of the source text."""

    def __init__(self, name: str, *, max_height: int | None = None) -> None:
        super().__init__(name, max_height=max_height)
        self._answer = AnswerDocument("")
        self._marks: tuple[Mark, ...] = ()
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.active().changed.connect(self._restyle)

    @property
    def source(self) -> str:
        """The text as it is stored."""
        return self._answer.text

    def show_answer(self, answer: AnswerDocument) -> None:
        """Show a document that was made ahead of time, from its beginning and without marks."""
        self._answer = answer
        self._marks = ()
        self.setDocument(answer.document)
        self.setExtraSelections([])
        self.verticalScrollBar().setValue(0)
        self._fit()

    def show_source(self, text: str, *, is_as_written: bool = False) -> None:
        """Lay out and show a text."""
        self.show_answer(AnswerDocument(text, is_as_written=is_as_written))

    def mark(self, marks: Iterable[Mark]) -> None:
        """Set off parts of the text, in place of what was set off before."""
        self._marks = tuple(marks)
        self.setExtraSelections(
            [
                mark_selection(self._answer.document, *place, mark.tone)
                for mark in self._marks
                for place in self._answer.shown_ranges(mark.start, mark.end)
            ]
        )

    def selected_source(self) -> tuple[int, int] | None:
        """What is selected, as a range of the source text."""
        cursor = self.textCursor()
        if not cursor.hasSelection():
            return None
        return self._answer.source_range(cursor.selectionStart(), cursor.selectionEnd())

    def clear_selection(self) -> None:
        cursor = self.textCursor()
        cursor.clearSelection()
        self.setTextCursor(cursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        # On the ground of a card, filled here: what is behind need not be painted as well.
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.color("card"))
        painter.end()
        super().paintEvent(event)

    def _restyle(self) -> None:
        marks = self._marks
        self.show_source(self._answer.text, is_as_written=self._answer.is_as_written)
        self.mark(marks)


def mark_selection(
    document: QTextDocument, start: int, end: int, tone: str
) -> QTextEdit.ExtraSelection:
    """What sets off a part of a document, counted on screen, in one of the tones of a `Mark`."""
    made = QTextEdit.ExtraSelection()
    shown = QTextCharFormat()
    shown.setBackground(theme.color(_GROUNDS[tone]))
    shown.setUnderlineColor(theme.color(_LINES[tone]))
    shown.setUnderlineStyle(_UNDERLINES[tone])
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    made.cursor = cursor
    made.format = shown
    return made
