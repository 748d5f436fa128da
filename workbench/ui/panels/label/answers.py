"""The prompt, and two answers side by side. Nothing here knows which model wrote which."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.core import conversation
from workbench.ui.panels.label.queue import ShownPair
from workbench.ui.tokens import SPACE_12, SPACE_16
from workbench.ui.widgets.answer_view import AnswerView
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import key_cap, label, pill

_PROMPT_HEIGHT = 120


class AnswersView(QWidget):
    """Shows one pair; `show_pair` paints it at once."""

    def __init__(self) -> None:
        super().__init__()
        self._number = pill()
        self.prompt = AnswerView(self.tr("Prompt"), max_height=_PROMPT_HEIGHT)
        self.prompt.setObjectName("label.prompt")
        prompt_card = Card()
        row = QHBoxLayout()
        row.setSpacing(SPACE_12)
        row.addWidget(self._number)
        row.addWidget(self.prompt, 1)
        prompt_card.body.addLayout(row)
        self.left, self._left_words, left_card = self._answer("←", self.tr("Left"))
        self.right, self._right_words, right_card = self._answer("→", self.tr("Right"))
        self.left.setObjectName("label.left")
        self.right.setObjectName("label.right")
        sides = QHBoxLayout()
        sides.setSpacing(SPACE_16)
        sides.addWidget(left_card, 1)
        sides.addWidget(right_card, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_16)
        column.addWidget(prompt_card)
        column.addLayout(sides, 1)

    def show_pair(self, shown: ShownPair, number: int) -> None:
        """Show a pair; `number` counts it for the person."""
        self._number.setText(self.tr("Pair {number}").format(number=number))
        self.prompt.show_text(conversation.plain_text(shown.pair.prompt.messages))
        self._show_answer(self.left, self._left_words, shown.left.text)
        self._show_answer(self.right, self._right_words, shown.right.text)

    def _show_answer(self, view: AnswerView, words: QLabel, text: str) -> None:
        view.show_text(text)
        words.setText(self.tr("{count} words").format(count=len(text.split())))

    def _answer(self, key: str, title: str) -> tuple[AnswerView, QLabel, Card]:
        card = Card()
        words = label("", "small")
        card.header.addWidget(key_cap(key))
        card.header.addWidget(label(title, "card_title"))
        card.header.addStretch(1)
        card.header.addWidget(words)
        view = AnswerView(title)
        card.body.addLayout(card.header)
        card.body.addWidget(view, 1)
        return view, words, card
