"""An answer with its Markdown, code and formulas shown, and with marks on parts of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, Slot
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPixmap,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QTextEdit

from workbench.ui import theme
from workbench.ui.formulas import typesetter
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
_WORDS_AHEAD = 40  # letters, in which something of the source stands


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
        self.is_laying_out = False
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # A formula that is too wide even when it is drawn smaller; words are always wrapped.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        theme.active().changed.connect(self._show_anew)
        typesetter.shared().decided.connect(self._set_formulas)

    @property
    def source(self) -> str:
        """The text as it is stored."""
        return self._answer.text

    def show_answer(self, answer: AnswerDocument) -> None:
        """Show a document that was made ahead of time, from its beginning and without marks."""
        self._marks = ()
        self._put(answer)
        self.setExtraSelections([])
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        if answer.undecided:
            typesetter.shared().ask(answer.undecided)

    def show_source(self, text: str, *, is_as_written: bool = False) -> None:
        """Lay out and show a text."""
        self.show_answer(AnswerDocument(text, is_as_written=is_as_written))

    def show_more(self, text: str) -> None:
        """Show a text that grows: the end stays in sight if it was, else what is being read."""
        if text == self.source:
            return
        bar = self.verticalScrollBar()
        place, was_at_end = bar.value(), bar.value() >= bar.maximum() - 1
        self.show_source(text)
        bar.setValue(bar.maximum() if was_at_end else place)

    def mark(self, marks: Iterable[Mark]) -> None:
        """Set off parts of the text, in place of what was set off before."""
        self._answer.take_picture()
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

    def prepare(self, answer: AnswerDocument, *, spare_px: int = 0) -> None:
        """Lay out and paint what will be shown here soon, while nobody waits for it.

        `spare_px` is how much higher than now the view may be by then.
        """
        size = self.viewport().size() + QSize(0, spare_px)
        answer.paint_ahead(size, self.devicePixelRatioF(), self.palette())

    def paintEvent(self, event: QPaintEvent) -> None:
        viewport = self.viewport()
        picture = self._answer.take_picture()
        painter = QPainter(viewport)
        if picture is not None and event.rect() == viewport.rect() and self._fits(picture):
            painter.drawPixmap(0, 0, picture)
            return
        # On the ground of a card, filled here: what is behind need not be painted as well.
        painter.fillRect(event.rect(), theme.color("card"))
        painter.end()
        super().paintEvent(event)

    def _fits(self, picture: QPixmap) -> bool:
        """At 125 % and the like a view may begin within a pixel, and a picture would be blurred."""
        ratio = self.devicePixelRatioF()
        needed = self.viewport().size() * ratio
        has_room = picture.width() == needed.width() and picture.height() >= needed.height()
        return ratio.is_integer() and has_room

    def createMimeDataFromSelection(self) -> QMimeData:
        cursor = self.textCursor()
        made = QMimeData()
        made.setText(self._answer.copied_text(cursor.selectionStart(), cursor.selectionEnd()))
        return made

    def _put(self, answer: AnswerDocument) -> None:
        self._answer = answer
        self.setDocument(answer.document)
        self.setAccessibleDescription(answer.described)
        self._fit()

    @Slot()
    def _set_formulas(self) -> None:
        """Show the formulas once all of them are set: what is read moves once, and not away."""
        waiting, known = self._answer.undecided, typesetter.shared()
        if not waiting or not all(map(known.is_decided, waiting)):
            return
        if any(map(known.outline, waiting)):
            self._show_anew()
        else:
            waiting.clear()

    @Slot()
    def _show_anew(self) -> None:
        """Lay the same text out again; what is in sight stays there, marked and selected."""
        before, bar = self._answer, self.verticalScrollBar()
        top = self.cursorForPosition(QPoint(0, 0))
        first, top_px = top.position(), self.cursorRect(top).top()
        reading = before.source_range(first, first + _WORDS_AHEAD) if bar.value() > 0 else None
        selected = self.selected_source()
        answer = AnswerDocument(before.text, is_as_written=before.is_as_written)
        self.is_laying_out = True
        self._put(answer)
        self.mark(self._marks)
        if selected is not None:
            self._select(answer.shown_ranges(*selected))
        if reading is not None and (places := answer.shown_ranges(reading[0], reading[0] + 1)):
            cursor = QTextCursor(answer.document)
            cursor.setPosition(places[0][0])
            bar.setValue(bar.value() + self.cursorRect(cursor).top() - top_px)
        self.is_laying_out = False

    def _select(self, places: list[tuple[int, int]]) -> None:
        if places:
            cursor = QTextCursor(self._answer.document)
            cursor.setPosition(places[0][0])
            cursor.setPosition(places[-1][1], QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)


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
