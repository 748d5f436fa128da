"""Editing an answer into the chosen one, with the words that differ set off while typing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from workbench.core.preferences import Response
from workbench.ui.markup.answer_document import AnswerDocument
from workbench.ui.markup.difference import word_difference
from workbench.ui.tokens import SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.rich_answer import Mark, RichAnswer, mark_selection
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_COMPARE_AFTER_MS = 60
_KEEP_AFTER_MS = 300
_PROMPT_HEIGHT = 96


class _Editor(QTextEdit):
    """Plain text; Ctrl+Enter saves and Esc leaves."""

    saved = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setProperty("role", "answer")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.saved.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class EditPage(QWidget):
    """Emits `save_asked`, `left` (the draft stays) and `draft_changed` shortly after typing."""

    save_asked = Signal()
    left = Signal()
    discarded = Signal()
    draft_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.response: Response | None = None
        self._prompt = RichAnswer(self.tr("Prompt"), max_height=_PROMPT_HEIGHT)
        self._original = RichAnswer(self.tr("As it was"))
        self._original.setObjectName("label.edit.original")
        self.editor = _Editor()
        self.editor.setObjectName("label.edit.text")
        self.editor.setAccessibleName(self.tr("Your edit"))
        self.editor.textChanged.connect(self._typed)
        self.editor.saved.connect(self.save_asked)
        self.editor.left.connect(self.left)
        self.problem = label("", "bad", wrap=True)
        self.problem.setObjectName("label.edit.problem")
        self._hint = label(self.tr("Your draft from before"), "caution")
        self._count = label("", "small")
        self._compare = self._timer(_COMPARE_AFTER_MS, self._show_difference)
        self._keep = self._timer(_KEEP_AFTER_MS, self.draft_changed.emit)
        self._lay_out()

    def begin(self, prompt: str, response: Response, draft: str | None) -> None:
        """Edit an answer, going on with a draft where there is one."""
        self.response = response
        self._prompt.show_source(prompt)
        self._original.show_answer(AnswerDocument(response.text, is_as_written=True))
        text = response.text if draft is None else draft
        self.editor.blockSignals(True)
        self.editor.setPlainText(text)
        self.editor.blockSignals(False)
        self.problem.setText("")
        self._hint.setVisible(draft is not None)
        self._show_difference()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def text(self) -> str:
        return self.editor.toPlainText()

    @property
    def has_unkept_changes(self) -> bool:
        """Whether something was typed that no draft holds yet."""
        return self._keep.isActive()

    def stop_timers(self) -> None:
        self._compare.stop()
        self._keep.stop()

    def _typed(self) -> None:
        self.problem.setText("")
        if not self._compare.isActive():
            self._compare.start()
        self._keep.start()

    def _show_difference(self) -> None:
        if self.response is None:
            return
        text = self.text
        difference = word_difference(self.response.text, text)
        self._original.mark(Mark(start, end, "bad") for start, end in difference.removed)
        document = self.editor.document()
        self.editor.setExtraSelections(
            [mark_selection(document, start, end, "good") for start, end in difference.added]
        )
        removed = _words(self.response.text, difference.removed)
        added = _words(text, difference.added)
        self._count.setText(
            self.tr("{removed} out, {added} in").format(
                removed=count(removed, self.tr("word"), self.tr("words")), added=added
            )
        )

    def _timer(self, after_ms: int, act: Callable[[], object]) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(after_ms)
        made.timeout.connect(act)
        return made

    def _lay_out(self) -> None:
        sides = QHBoxLayout()
        sides.setSpacing(SPACE_16)
        for title, view, note in (
            (self.tr("As it was"), self._original, label("")),
            (self.tr("Your edit"), self.editor, self._count),
        ):
            card = Card()
            card.header.addWidget(label(title, "card_title"))
            card.header.addStretch(1)
            card.header.addWidget(note)
            card.body.addLayout(card.header)
            card.body.addWidget(view, 1)
            sides.addWidget(card, 1)
        save = button(
            self.tr("Save as chosen"), self.save_asked.emit, kind="primary",
            tip=self.tr("Ctrl+Enter"),
        )  # fmt: skip
        save.setObjectName("label.edit.save")
        leave = button(
            self.tr("Back"), self.left.emit, tip=self.tr("Esc: the draft is kept for later")
        )
        leave.setObjectName("label.edit.leave")
        discard = button(self.tr("Discard draft"), self.discarded.emit, kind="quiet")
        discard.setObjectName("label.edit.discard")
        row = QHBoxLayout()
        row.setSpacing(SPACE_12)
        row.addWidget(save)
        row.addWidget(leave)
        row.addWidget(discard)
        row.addWidget(self._hint)
        row.addWidget(self.problem, 1)
        prompt_card = Card()
        prompt_card.body.addWidget(self._prompt)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_16)
        column.addWidget(prompt_card)
        column.addLayout(sides, 1)
        column.addLayout(row)


def _words(text: str, places: tuple[tuple[int, int], ...]) -> int:
    return sum(len(text[start:end].split()) for start, end in places)
