"""A line above the answers: which list is in view, what was said, what the gold answer was."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from workbench.core.preferences import Choice, Side, Strength
from workbench.ui.panels.label.queue import GoldFeedback, LabelQueue, ShownPair
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import button, pill, set_pill


class NoticeLine(Card):
    """Hidden while there is nothing to say. `back_asked` leads back to the usual queue."""

    back_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("label.notice")
        self._pill = pill()
        self._words = ElidedLabel(role="secondary")
        self._words.setObjectName("label.notice.words")
        self._back = button(self.tr("Back to the queue"), self.back_asked.emit, kind="link")
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(self._pill)
        row.addWidget(self._words, 1)
        row.addWidget(self._back)
        self.body.addLayout(row)
        self.hide()

    def show_state(self, queue: LabelQueue) -> None:
        """Say what there is to say about the queue and the pair in view."""
        parts: list[str] = []
        tone, word = "accent", ""
        if queue.feedback is not None:
            tone = "good" if queue.feedback.is_right else "caution"
            word = self.tr("Gold item")
            parts.append(self._gold(queue.feedback))
        if queue.current is not None and queue.current.said:
            parts.append(self._said(queue.current, queue.annotator))
        if queue.is_list:
            word = word or self.tr("{count} left").format(count=queue.left_in_list)
            parts.append(queue.why)  # the same for all of them, so it comes last
        elif parts:
            word = word or self.tr("Settle")
        self._back.setVisible(queue.is_list)
        set_pill(self._pill, word, tone)
        self._words.show_text(" · ".join(part for part in parts if part))
        self.setVisible(bool(word))

    def _gold(self, feedback: GoldFeedback) -> str:
        if feedback.is_right:
            said = self.tr("You gave the known answer.")
        else:
            said = self.tr("The known answer was: {answer}.").format(
                answer=self._answer(
                    feedback.answer.choice, feedback.answer.strength, feedback.known
                )
            )
        return f"{said} {feedback.answer.explanation}".strip()

    def _said(self, shown: ShownPair, annotator: str) -> str:
        said = []
        for one in shown.said:
            name = self.tr("You") if one.annotator == annotator else one.annotator
            answer = self._answer(one.choice, one.strength, shown.side_of(one.choice))
            note = f" (“{one.note}”)" if one.note else ""
            said.append(f"{name}: {answer}{note}")
        return " · ".join(said)

    def _answer(self, choice: Choice, strength: Strength | None, side: Side | None) -> str:
        """A verdict in the sides of the showing that it is told of."""
        if side is None:
            words = {
                Choice.TIE: self.tr("tie"),
                Choice.BOTH_BAD: self.tr("both bad"),
                Choice.SKIP: self.tr("skipped"),
            }
            return words.get(choice, "")
        left = side is Side.LEFT
        if strength is Strength.MUCH:
            return self.tr("left much better") if left else self.tr("right much better")
        if strength is Strength.SLIGHTLY:
            return self.tr("left slightly better") if left else self.tr("right slightly better")
        return self.tr("left better") if left else self.tr("right better")
