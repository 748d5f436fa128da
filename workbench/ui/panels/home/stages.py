"""The loop drawn as its four stages."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.core.events import RunState
from workbench.ui.panels.home.loop import Loop, NextStep
from workbench.ui.run_progress import progress_text
from workbench.ui.tokens import SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import IconView, label
from workbench.ui.wording import count, figure


@dataclass(frozen=True, slots=True)
class StageText:
    """What one stage says: a figure, what it counts, and a note."""

    figure: str
    what: str
    note: str


class StageCard(Card):
    """One stage; a click, Enter or Space goes to its panel."""

    chosen = Signal(str)

    def __init__(self, title: str, panel: str) -> None:
        super().__init__()
        self._panel = panel
        self.setObjectName(f"home.stage.{panel}")
        self.setAccessibleName(title)
        self.setProperty("choice", "true")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._figure = ElidedLabel("", "figure")
        self._what = ElidedLabel("", "secondary")
        self._remark = ElidedLabel("", "small")
        self.body.addWidget(label(title, "small"))
        for widget in (self._figure, self._what, self._remark):
            self.body.addWidget(widget)

    def show_text(self, text: StageText) -> None:
        self._figure.show_text(text.figure)
        self._what.show_text(text.what)
        self._remark.show_text(text.note)
        self.setAccessibleDescription(f"{text.figure} {text.what}. {text.note}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.pos()):
            self.chosen.emit(self._panel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._panel)
        else:
            super().keyPressEvent(event)


_STAGE_OF_STEP = {
    NextStep.BRING_IN_PAIRS: 0,
    NextStep.LABEL: 0,
    NextStep.LABEL_WHILE_RUNNING: 1,
    NextStep.TRAIN: 1,
    NextStep.NEXT_ROUND: 1,
    NextStep.WATCH: 2,
    NextStep.LOOK_AT_ENDED_RUN: 2,
    NextStep.COMPARE: 3,
    NextStep.MAKE_PAIRS_OF_VOTES: 3,
}


class StagesRow(QWidget):
    """Label → Train → Watch → Compare, the one that matters now in the accent colour."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        titles = (
            (self.tr("1 · Label"), "label"),
            (self.tr("2 · Train"), "train"),
            (self.tr("3 · Watch"), "runs"),
            (self.tr("4 · Compare"), "compare"),
        )
        self._cards = [StageCard(title, panel) for title, panel in titles]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_12)
        for place, card in enumerate(self._cards):
            if place:
                row.addWidget(IconView("next", "text3"))
            card.chosen.connect(self.chosen)
            row.addWidget(card, 1)

    def show_loop(self, loop: Loop, step: NextStep) -> None:
        texts = (self._label(loop), self._train(loop), self._watch(loop), self._compare(loop))
        for place, (card, text) in enumerate(zip(self._cards, texts, strict=True)):
            card.show_text(text)
            card.set_tone("selected" if place == _STAGE_OF_STEP[step] else "plain")

    def _label(self, loop: Loop) -> StageText:
        if loop.waiting_pairs:
            note = self.tr("{0} to label").format(f"{loop.waiting_pairs:,}")
        elif loop.left_out_pairs:
            note = self.tr("{0} without a winner").format(f"{loop.left_out_pairs:,}")
        else:
            note = self.tr("nothing waits")
        what = self.tr("labelled pair") if loop.usable_pairs == 1 else self.tr("labelled pairs")
        return StageText(f"{loop.usable_pairs:,}", what, note)

    def _train(self, loop: Loop) -> StageText:
        if loop.latest is None:
            return StageText(self.tr("No run yet"), self.tr("choose a method"), "")
        run = loop.latest.run
        state = run.state.value.replace("_", " ")
        examples = run.spec.data.train_examples
        return StageText(
            run.name, f"{run.method.upper()} · {state}", count(examples, "example", "examples")
        )

    def _watch(self, loop: Loop) -> StageText:
        latest = loop.latest
        if latest is None:
            return StageText("–", self.tr("nothing to watch"), "")
        if latest.run.state is RunState.CRASHED:
            return StageText(self.tr("crashed"), progress_text(latest.run, None), "")
        if latest.margin is None or latest.accuracy is None:
            return StageText(progress_text(latest.run, None), "", "")
        return StageText(
            self.tr("margin {0}").format(figure(latest.margin)),
            self.tr("accuracy {0}").format(figure(latest.accuracy)),
            progress_text(latest.run, None),
        )

    def _compare(self, loop: Loop) -> StageText:
        total = loop.held_out_prompts
        done = self.tr("{0} of {1}").format(loop.reviewed_prompts, total) if total else loop.votes
        what = self.tr("held-out prompts reviewed") if total else self.tr("votes")
        votes = count(loop.votes, self.tr("vote"), self.tr("votes")) if total else ""
        return StageText(str(done), what, votes)
