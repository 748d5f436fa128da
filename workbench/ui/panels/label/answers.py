"""The prompt, and two answers side by side. Nothing here knows which model wrote which."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollBar, QVBoxLayout, QWidget

from workbench.core import conversation
from workbench.core.preferences import Pair, Response, Span
from workbench.ui import theme
from workbench.ui.formulas import typesetter
from workbench.ui.markup.answer_document import AnswerDocument
from workbench.ui.markup.difference import word_difference
from workbench.ui.panels.label.queue import ShownPair
from workbench.ui.tokens import SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.rich_answer import Mark, RichAnswer
from workbench.ui.widgets.texts import key_cap, label, pill
from workbench.ui.wording import count

_PROMPT_HEIGHT = 120
_PREPARED_LIMIT = 8


class AnswersView(QWidget):
    """Shows one pair; `prepare` lays the next one out while nobody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.shows_as_written = False
        self.scrolls_together = True
        self.shows_difference = False
        self._is_following = False
        self._shown: ShownPair | None = None
        self._spans: Sequence[Span] = ()
        self._prepared: dict[str, AnswerDocument] = {}
        self._number = pill()
        self._number.setObjectName("label.number")
        self.prompt = RichAnswer(self.tr("Prompt"), max_height=_PROMPT_HEIGHT)
        self.prompt.setObjectName("label.prompt")
        self._prompt_card = Card()
        row = QHBoxLayout()
        row.setSpacing(SPACE_12)
        row.addWidget(self._number)
        row.addWidget(self.prompt, 1)
        self._prompt_card.body.addLayout(row)
        self.left, self._left_words, left_card = self._answer("←", self.tr("Left"))
        self.right, self._right_words, right_card = self._answer("→", self.tr("Right"))
        self.left.setObjectName("label.left")
        self.right.setObjectName("label.right")
        self._bars = (self.left.verticalScrollBar(), self.right.verticalScrollBar())
        for bar, other in (self._bars, self._bars[::-1]):
            bar.valueChanged.connect(lambda _, bar=bar, other=other: self._follow(bar, other))
        sides = QHBoxLayout()
        sides.setSpacing(SPACE_16)
        sides.addWidget(left_card, 1)
        sides.addWidget(right_card, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE_16)
        self._column.addWidget(self._prompt_card)
        self._column.addLayout(sides, 1)
        theme.active().changed.connect(self.show_again)
        typesetter.shared().decided.connect(self._set_prepared)

    @property
    def shown(self) -> ShownPair | None:
        """The pair in view."""
        return self._shown

    def prepare(self, pair: Pair) -> None:
        """Lay out a pair that will be shown soon, and have its formulas set meanwhile."""
        documents = [self._document(prompt_text(pair))]
        documents += [self._laid_out(text) for text in (pair.first.text, pair.second.text)]
        ahead = dict.fromkeys(formula for made in documents for formula in made.undecided)
        typesetter.shared().ask_ahead(ahead)

    def paint_now(self) -> None:
        """Paint at once, before whatever else waits in the event loop."""
        self._prompt_card.body.activate()
        self._column.activate()
        # One is enough: Qt paints with it whatever else of the window has changed.
        self.left.viewport().repaint()

    def show_pair(self, shown: ShownPair, number: int, of: int | None) -> None:
        """Show a pair; `number` counts it for the person, `of` says how many a list has."""
        self._shown = shown
        self._spans = ()
        self.shows_difference = False
        self.show_place(number, of)
        self.prompt.show_answer(self._taken(prompt_text(shown.picked.pair)))
        self._show_answer(self.left, self._left_words, shown.left.text)
        self._show_answer(self.right, self._right_words, shown.right.text)

    def show_place(self, number: int, of: int | None) -> None:
        """Count the pair in view anew."""
        said = self.tr("Pair {number}") if of is None else self.tr("{number} of {of}")
        self._number.setText(said.format(number=number, of=of))

    def show_again(self) -> None:
        """Lay the pair in view out anew, after a change of how answers are shown."""
        self._prepared.clear()
        if self._shown is not None:
            spans, difference = self._spans, self.shows_difference
            self._show_answer(self.left, self._left_words, self._shown.left.text)
            self._show_answer(self.right, self._right_words, self._shown.right.text)
            self.shows_difference = difference
            self.show_marks(spans)

    def toggle_as_written(self) -> None:
        """Show the source of the answers, or what it stands for."""
        self.shows_as_written = not self.shows_as_written
        self.show_again()

    def show_marks(self, spans: Sequence[Span]) -> None:
        """Set off what was marked as good or bad, and the word difference if it is on."""
        self._spans = spans
        if self._shown is None:
            return
        pair = (self._shown.left, self._shown.right)
        changed: tuple[Sequence[tuple[int, int]], ...] = ((), ())
        if self.shows_difference:
            difference = word_difference(pair[0].text, pair[1].text)
            changed = (difference.removed, difference.added)
        for view, response, places in zip((self.left, self.right), pair, changed, strict=True):
            marks = [Mark(start, end, "changed") for start, end in places]
            marks += [
                Mark(span.start, span.end, "good" if span.is_good else "bad")
                for span in spans
                if span.response_id == response.id
            ]
            view.mark(marks)

    def selected(self, *, is_good: bool) -> Span | None:
        """The words selected in one of the answers as a span; the selection ends."""
        if self._shown is None:
            return None
        for view, response in ((self.left, self._shown.left), (self.right, self._shown.right)):
            place = view.selected_source()
            if place is not None:
                view.clear_selection()
                return _span(response, place, is_good)
        return None

    def scroll_pages(self, pages: float) -> None:
        """Move both answers by a part of what is in sight."""
        for bar in self._bars[:1] if self.scrolls_together else self._bars:
            bar.setValue(bar.value() + round(bar.pageStep() * pages))
        if self.scrolls_together and self._bars[0].maximum() == 0:
            self._bars[1].setValue(self._bars[1].value() + round(self._bars[1].pageStep() * pages))

    def _follow(self, bar: QScrollBar, other: QScrollBar) -> None:
        """Together means at the same part of each answer, as they differ in length."""
        if self.left.is_laying_out or self.right.is_laying_out:
            return  # nobody scrolled
        if self.scrolls_together and not self._is_following and bar.maximum() > 0:
            self._is_following = True
            other.setValue(round(other.maximum() * bar.value() / bar.maximum()))
            self._is_following = False

    def _show_answer(self, view: RichAnswer, words: QLabel, text: str) -> None:
        view.show_answer(self._taken(text))
        words.setText(count(len(text.split()), self.tr("word"), self.tr("words")))

    def _document(self, text: str) -> AnswerDocument:
        if text not in self._prepared:
            while len(self._prepared) >= _PREPARED_LIMIT:
                del self._prepared[next(iter(self._prepared))]
            self._prepared[text] = AnswerDocument(text, is_as_written=self.shows_as_written)
        return self._prepared[text]

    def _laid_out(self, text: str) -> AnswerDocument:
        made = self._document(text)
        self.left.prepare(made, spare_px=_PROMPT_HEIGHT)  # a shorter prompt leaves more room
        return made

    @Slot()
    def _set_prepared(self) -> None:
        """Lay out again what waits to be shown, now that its formulas are set: one at a time, so
        that a key pressed meanwhile waits for one at most.
        """
        known = typesetter.shared()
        for text, made in list(self._prepared.items()):
            if made.undecided and all(map(known.is_decided, made.undecided)):
                del self._prepared[text]
                self._laid_out(text)
                QTimer.singleShot(0, self, self._set_prepared)
                return

    def _taken(self, text: str) -> AnswerDocument:
        """A document that no other view has: two equal answers need one each."""
        document = self._document(text)
        del self._prepared[text]
        return document

    def _answer(self, key: str, title: str) -> tuple[RichAnswer, QLabel, Card]:
        card = Card()
        words = label("", "small")
        card.header.addWidget(key_cap(key))
        card.header.addWidget(label(title, "card_title"))
        card.header.addStretch(1)
        card.header.addWidget(words)
        view = RichAnswer(title)
        card.body.addLayout(card.header)
        card.body.addWidget(view, 1)
        return view, words, card


def prompt_text(pair: Pair) -> str:
    """The prompt as it is shown."""
    return conversation.plain_text(pair.prompt.messages)


def _span(response: Response, place: tuple[int, int], is_good: bool) -> Span | None:
    start, end = place
    text = response.text[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    if start >= end:
        return None
    return Span(response.id, start, end, response.text[start:end], is_good)
