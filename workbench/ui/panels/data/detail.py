"""One row whole, at the right: read it, edit it, tag it, see what was said of it, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.core.conversation import Conversation
from workbench.core.outcome import Outcome, Said, outcome
from workbench.core.preferences import Choice, Response, Split
from workbench.store.row_detail import RowDetail
from workbench.ui.panels.data.answer_block import AnswerBlock
from workbench.ui.panels.data.history import RowHistory
from workbench.ui.panels.data.prompt_block import PromptBlock
from workbench.ui.panels.data.tag_row import TagRow
from workbench.ui.panels.data.words import origin_words
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import button, label, line, pill, plain_area, set_pill


@dataclass(frozen=True, slots=True)
class _Draft:
    prompt: Conversation | None
    answers: tuple[str | None, ...]


_NO_DRAFT = _Draft(None, (None, None))


class RowView(Card):
    """`edited` carries part, text and whether to ask again; `prompt_edited` the messages.

    What is being written when another row is shown stays with its row; `left_unsaved` tells of it.
    `others_wanted`: what others said of a pair shall be shown before it is judged.
    """

    edited = Signal(str, str, bool)
    prompt_edited = Signal(object)
    tag_added = Signal(str)
    tag_removed = Signal(str)
    delete_wanted = Signal()
    left_unsaved = Signal()
    others_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._detail: RowDetail | None = None
        self._drafts: dict[str, _Draft] = {}
        self._state = pill("", "neutral")
        self._where = ElidedLabel("", "small")
        self._delete = button(
            self.tr("Delete"), self.delete_wanted.emit, kind="quiet", icon="remove",
            tip=self.tr("Put the row into the bin; it can come back"),
        )  # fmt: skip
        self._delete.setObjectName("data.delete")
        self.tags = TagRow()
        self.tags.added.connect(self.tag_added)
        self.tags.removed.connect(self.tag_removed)
        self.prompt = PromptBlock()
        self.prompt.saved.connect(self.prompt_edited)
        self.answers = (AnswerBlock("first"), AnswerBlock("second"))
        for part, block in zip(("first", "second"), self.answers, strict=True):
            block.saved.connect(
                lambda text, ask_again, part=part: self.edited.emit(part, text, ask_again)
            )
        self._right_answer = label("", "secondary", wrap=True)
        self._kept_back = self._make_kept_back()
        self._history = RowHistory()
        self._history.setObjectName("data.history")
        self._content = plain_area(QWidget())
        self._content.hide()
        self._nothing = label(self.tr("Choose a row to read it whole."), "secondary", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(self._nothing, 1)
        self.body.addWidget(self._content, 1)
        self._fill_content()
        self.show_row(None)

    @property
    def detail(self) -> RowDetail | None:
        """The row that is shown."""
        return self._detail

    @property
    def is_editing(self) -> bool:
        return self.prompt.is_editing or any(block.is_editing for block in self.answers)

    @property
    def history_text(self) -> str:
        return self._history.text

    def end_editing(self) -> None:
        """Go back to reading; what was written and not saved is dropped."""
        self.prompt.end()
        for block in self.answers:
            block.end()

    def show_row(self, detail: RowDetail | None, known_tags: Sequence[str] = ()) -> None:
        """Show a row, or that none is chosen."""
        before, self._detail = self._detail, detail
        if before is not None and (detail is None or detail.id != before.id):
            self._keep_draft(before.id)
        self._content.setVisible(detail is not None)
        self._nothing.setVisible(detail is None)
        if detail is None:
            return
        if before is not None and before.id == detail.id and self.is_editing:
            return  # what somebody is writing stays
        verdict = self._outcome(detail)
        self._show_state(detail, verdict)
        self._where.show_text(detail.dataset_name)
        self.tags.show_tags(detail.tags, known_tags)
        self.prompt.show_prompt(detail.prompt.messages)
        for number, block in enumerate(self.answers):
            block.setVisible(number < len(detail.answers))
            if number < len(detail.answers):
                title, mark = self._answer_words(detail.kind, number, verdict.choice)
                answer: Response = detail.answers[number]
                block.show_text(
                    title, answer.text, origin_words(answer.origin), mark,
                    has_verdict=bool(detail.standing_ids),
                )  # fmt: skip
        self._right_answer.setVisible(detail.right_answer is not None)
        self._right_answer.setText(self.tr("Right answer: {0}").format(detail.right_answer))
        self._kept_back.setVisible(detail.is_kept_back)
        self._history.show_history(detail, self.answers[-1].last_stop)
        self._bring_draft_back(detail.id)

    def _keep_draft(self, row_id: str) -> None:
        draft = _Draft(self.prompt.draft, tuple(block.draft for block in self.answers))
        self.end_editing()
        if draft != _NO_DRAFT:
            self._drafts[row_id] = draft
            self.left_unsaved.emit()

    def _bring_draft_back(self, row_id: str) -> None:
        draft = self._drafts.pop(row_id, _NO_DRAFT)
        if draft.prompt is not None:
            self.prompt.begin_with(draft.prompt)
        for block, text in zip(self.answers, draft.answers, strict=True):
            if text is not None:
                block.begin_with(text)

    def _show_state(self, detail: RowDetail, verdict: Outcome) -> None:
        if detail.prompt.split is Split.HELD_OUT:
            set_pill(self._state, self.tr("held out"), "caution")
        elif detail.is_kept_back:
            set_pill(self._state, self.tr("waits for you"), "neutral")
        elif detail.is_gold:
            set_pill(self._state, self.tr("gold item"), "caution")
        elif detail.kind == "pair" and not detail.standing_ids:
            set_pill(self._state, self.tr("to be labelled"), "neutral")
        elif verdict.is_disputed:
            set_pill(self._state, self.tr("people disagree"), "caution")
        elif detail.kind == "pair":
            set_pill(self._state, self.tr("decided"), "good")
        else:
            set_pill(self._state, self.tr("may train"), "neutral")

    def _outcome(self, detail: RowDetail) -> Outcome:
        standing = [each for each in detail.verdicts if each.id in detail.standing_ids]
        return outcome([Said(each.source, each.choice) for each in standing if each.choice])

    def _answer_words(self, kind: str, number: int, better: Choice | None) -> tuple[str, str]:
        if kind == "example":
            return self.tr("Answer to imitate"), ""
        if kind == "unpaired":
            good = self._detail is not None and self._detail.desirable
            return self.tr("Answer"), self.tr("good") if good else ""
        titles = (self.tr("First answer"), self.tr("Second answer"))
        wins = better is (Choice.FIRST, Choice.SECOND)[number]
        return titles[number], self.tr("better") if wins else ""

    def _make_kept_back(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        words = self.tr("What others said of it is shown once you have judged it in Label.")
        row.addWidget(label(words, "small", wrap=True), 1)
        show = button(self.tr("Show what others said"), self.others_wanted.emit, kind="link")
        show.setObjectName("data.show_others")
        row.addWidget(show)
        return made

    def _fill_content(self) -> None:
        """From the outside in: what is put into another widget is styled with all it holds."""
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        head = QHBoxLayout()
        head.setSpacing(SPACE_8)
        layout.addLayout(head)
        head.addWidget(self._state)
        head.addWidget(self._where, 1)
        head.addWidget(self._delete)
        layout.addWidget(self.tags)
        layout.addWidget(line())
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(scroll, 1)
        inside = plain_area(QWidget())
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE_8, 0)
        column.setSpacing(SPACE_16)
        scroll.setWidget(inside)
        column.addWidget(self.prompt)
        for block in self.answers:
            column.addWidget(block)
        column.addWidget(self._right_answer)
        column.addWidget(line())
        history = QVBoxLayout()
        history.setSpacing(SPACE_8)
        column.addLayout(history)
        history.addWidget(label(self.tr("History"), "strong"))
        history.addWidget(self._kept_back)
        history.addWidget(self._history)
        column.addStretch(1)
