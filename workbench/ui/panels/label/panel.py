"""The Label panel: one pair, one key, the next pair."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.changes import Changed, Changes
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.label.answers import AnswersView
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.panels.label.stopwatch import Stopwatch
from workbench.ui.panels.label.verdict_bar import Given, VerdictBar
from workbench.ui.tokens import SPACE_16
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.texts import label, pill

_PROGRESS_WIDTH = 160


class LabelPanel(Panel):
    interests: ClassVar[Changed] = Changed.PAIRS | Changed.VERDICTS | Changed.DATASETS

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Label"),
            self.tr("Which answer is better? Sides are shuffled and the models are hidden."),
        )
        self.setObjectName("label")
        self._stopwatch = Stopwatch()
        self._queue = LabelQueue(session.project, session.settings.annotator, self._stopwatch)
        self._deciding = False
        self._pace = pill("", "good")
        self._count = label("", "secondary")
        self._count.setObjectName("label.count")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(_PROGRESS_WIDTH)
        self._progress.setAccessibleName(self.tr("Pairs decided"))
        for widget in (self._pace, self._count, self._progress):
            self.add_action(widget)
        self._answers = AnswersView()
        self._verdicts = VerdictBar(keys_of=self)
        self._verdicts.verdict_given.connect(self._decide)
        self._verdicts.undo_asked.connect(self._undo)
        self._pages = QStackedWidget()
        self._no_pairs = self._make_no_pairs()
        self._all_done = self._make_all_done()
        for page in (self._work_page(), self._no_pairs, self._all_done):
            self._pages.addWidget(page)
        self.body.addWidget(self._pages, 1)

    def refresh(self, changes: Changes) -> None:
        # Its own verdicts are in the queue already: reading it again would only cost time.
        if not self._deciding:
            self._queue.reload()
        self._show()

    def commands(self) -> list[Command]:
        return [Command(self.tr("Undo the last verdict"), self._undo, "undo", "Ctrl+Z")]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus()
        self._stopwatch.resume()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._stopwatch.pause()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            if self.isActiveWindow() and self.isVisible():
                self._stopwatch.resume()
            else:
                self._stopwatch.pause()

    def _decide(self, given: Given) -> None:
        if self._queue.current is None:
            return
        if given.side is not None and given.strength is not None:
            side, strength = given.side, given.strength
            saved = self._change(lambda: self._queue.decide_side(side, strength))
        elif given.choice is not None:
            choice = given.choice
            saved = self._change(lambda: self._queue.decide(choice))
        if saved:
            clock = time.strftime("%H:%M:%S")
            said = self.tr("Saved · verdict {number} at {clock}")
            self._verdicts.saved.setText(said.format(number=self._queue.decided, clock=clock))

    def _undo(self) -> None:
        before = self._queue.decided
        if self._change(self._queue.undo):
            undone = self._queue.decided < before
            said = self.tr("Taken back") if undone else self.tr("Nothing to undo")
            self._verdicts.saved.setText(said)

    def _change(self, operation: Callable[[], Changes]) -> bool:
        self._deciding = True
        try:
            return self.session.change(operation)
        finally:
            self._deciding = False
            # After the next pair is on screen, so that it never waits for this query.
            QTimer.singleShot(0, self, self._refill)

    def _refill(self) -> None:
        before = self._queue.current
        self._queue.refill()
        if self._queue.current is not before:
            self._show()

    def _show(self) -> None:
        queue = self._queue
        self._count.setText(
            self.tr("{decided} of {total}").format(decided=queue.decided, total=queue.total)
        )
        self._progress.setRange(0, max(queue.total, 1))
        self._progress.setValue(queue.decided)
        pace = queue.pairs_an_hour
        self._pace.setVisible(pace is not None)
        if pace is not None:
            self._pace.setText(self.tr("{count:,} pairs an hour").format(count=pace))
        has_pairs = queue.total > 0
        self._count.setVisible(has_pairs)
        self._progress.setVisible(has_pairs)
        self._verdicts.set_can_decide(queue.current is not None)
        if queue.current is not None:
            self._answers.show_pair(queue.current, queue.decided + 1)
            self._pages.setCurrentIndex(0)
        else:
            self._pages.setCurrentWidget(self._all_done if has_pairs else self._no_pairs)

    def _work_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_16)
        column.addWidget(self._answers, 1)
        column.addWidget(self._verdicts)
        return page

    def _make_no_pairs(self) -> QWidget:
        return EmptyState(
            "label",
            self.tr("No pairs to label yet"),
            self.tr(
                "Import a file with two answers to each prompt, or compare two models and turn"
                " your votes into pairs."
            ),
            action=self.tr("Import pairs"),
            on_action=lambda: self.session.navigate("data"),
            second=self.tr("Compare models"),
            on_second=lambda: self.session.navigate("compare"),
        )

    def _make_all_done(self) -> QWidget:
        return EmptyState(
            "done",
            self.tr("Every pair has a verdict"),
            self.tr("Train on them now, or bring in more pairs. Ctrl Z takes the last one back."),
            action=self.tr("Train on these pairs"),
            on_action=lambda: self.session.navigate("train"),
            second=self.tr("Import more"),
            on_second=lambda: self.session.navigate("data"),
        )
