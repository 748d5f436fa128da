"""Letting a run's model score the waiting pairs: which run, how far it is, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.changes import Changed, Changes
from workbench.runner.generation_client import HOST_MODULE
from workbench.runner.pair_scoring import (
    ScoringProgress,
    ScoringReport,
    newer_judge,
    runs_that_judge,
)
from workbench.store.rows import RunRow
from workbench.ui import label_operations
from workbench.ui.bridge import Latest
from workbench.ui.context import Session
from workbench.ui.panels.label.newer_run import NewerRun
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.meter import Meter
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import duration

_WIDTH = 440


class JudgeDialog(QDialog):
    """Asks which run's model is to score; `run_id` is what was chosen."""

    def __init__(self, runs: Sequence[RunRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Score with a model"))
        self.setObjectName("label.judge")
        self.setFixedWidth(_WIDTH)
        self.runs = CalmComboBox()
        self.runs.setSizeAdjustPolicy(
            CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.runs.setAccessibleName(self.tr("Run"))
        for run in runs:
            self.runs.addItem(f"{run.name} · {run.method.upper()}", run.id)
        said = self.tr(
            "The model says of every pair that waits how unsure it is which answer is better. The"
            " queue then asks you about those first, beside its random part."
        )
        if not runs:
            said = self.tr(
                "No model can tell good answers from bad ones yet: train DPO, KTO or a reward model"
                " first, then let it score."
            )
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_16, SPACE_16, SPACE_16, SPACE_16)
        column.setSpacing(SPACE_12)
        column.addWidget(label(said, "secondary", wrap=True))
        column.addWidget(self.runs)
        self.runs.setVisible(bool(runs))
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addStretch(1)
        row.addWidget(button(self.tr("Cancel") if runs else self.tr("Close"), self.reject))
        if runs:
            yes = button(self.tr("Score the waiting pairs"), self.accept, kind="primary")
            yes.setDefault(True)
            row.addWidget(yes)
        column.addLayout(row)

    @property
    def run_id(self) -> str:
        return str(self.runs.currentData())


class Scoring(QWidget):
    """Hidden while nothing is scored. It names no model: pairs are judged beside it.

    `newer` is the line that offers a newer run, for the panel to put above.
    """

    def __init__(self, session: Session, queue: Callable[[], LabelQueue]) -> None:
        super().__init__()
        self._session = session
        self._queue = queue
        self.host_module = HOST_MODULE
        self._stop: threading.Event | None = None
        self._words = label("", "secondary")
        self._words.setObjectName("label.scoring")
        self._meter = Meter(self.tr("Scoring the waiting pairs"))
        self._cancel = button(self.tr("Cancel"), self.stop, kind="quiet")
        self._cancel.setObjectName("label.scoring.cancel")
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the pair
        self.newer = NewerRun()
        self.newer.wanted.connect(self.start)
        self._newer_reading = Latest(session.bridge, self)
        self._seen_active: frozenset[str] | None = None
        left = QVBoxLayout()
        left.setSpacing(SPACE_4)
        left.addWidget(self._words)
        left.addWidget(self._meter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_12)
        row.addLayout(left, 1)
        row.addWidget(self._cancel)
        self.hide()

    @property
    def is_at_work(self) -> bool:
        return self._stop is not None

    def choose(self) -> None:
        """Ask which run, then begin."""
        if self._refuses_a_second():
            return
        self._session.bridge.run(
            lambda: runs_that_judge(self._session.project), self._ask, owner=self
        )

    def start(self, run_id: str) -> None:
        """Let a run's model score the pairs that wait, unless that is under way."""
        if self._refuses_a_second():
            return
        stop = self._stop = threading.Event()
        project, annotator, module = (
            self._session.project, self._queue().annotator, self.host_module,
        )  # fmt: skip
        self._words.setText(self.tr("Loading the model that scores…"))
        self._meter.set_busy()
        self._cancel.setEnabled(True)
        self.newer.hide()
        self.show()
        tell = self._session.bridge.forward(self._tell, owner=self)
        self._session.bridge.run(
            lambda: label_operations.score_waiting_pairs(
                project, run_id, annotator, tell, stop.is_set, host_module=module
            ),
            self._done,
            self._failed,
            owner=self,
        )

    def look_for_newer(self, changes: Changes) -> None:
        """Find out whether a newer run could score, if these changes may have to do with it."""
        active = frozenset(run.id for run in self._session.window.active_runs())
        may_matter = changes.flags & Changed.PAIRS or active != self._seen_active
        if not may_matter:
            return
        self._seen_active = active
        project = self._session.project
        self._newer_reading.run(lambda: newer_judge(project), self._offer)

    def _offer(self, run: RunRow | None) -> None:
        run_id = "" if run is None or self.is_at_work else run.id
        self.newer.offer(run_id, is_busy=bool(self._seen_active))

    def stop(self) -> None:
        """Give it up; what is scored by now stays."""
        if self._stop is not None:
            self._stop.set()
            self._cancel.setEnabled(False)
            self._words.setText(self.tr("Stopping…"))

    def _ask(self, runs: list[RunRow]) -> None:
        dialog = JudgeDialog(runs, self)
        dialog.accepted.connect(lambda: self.start(dialog.run_id))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _refuses_a_second(self) -> bool:
        if self.is_at_work:
            said = self.tr("Pairs are being scored already: wait for that, or cancel it first.")
            self._session.window.show_notice(said)
        return self.is_at_work

    def _tell(self, progress: ScoringProgress) -> None:
        if self._stop is None or self._stop.is_set() or not progress.done:
            return
        said = self.tr("Scored {done:,} of {total:,} waiting pairs").format(
            done=progress.done, total=progress.total
        )
        if progress.remaining_s is not None and progress.remaining_s >= 1:
            said = self.tr("{0} · about {1} left").format(said, duration(progress.remaining_s))
        self._words.setText(said)
        self._meter.set_share(progress.done / progress.total)

    def _done(self, outcome: tuple[Changes, ScoringReport]) -> None:
        changes, report = outcome
        self._end()
        self._session.apply(changes)
        self._session.window.show_notice(self._said_of(report))

    def _failed(self, error: BaseException) -> None:
        self._end()
        self._session.show_error(error)

    def _end(self) -> None:
        self._stop = None
        self.hide()

    def _said_of(self, report: ScoringReport) -> str:
        if not report.scored:
            return self.tr("No pair was scored.")
        said = self.tr(
            "{count:,} pairs are scored: the queue now mixes the most unsure with random ones."
        ).format(count=report.scored)
        if report.unreadable:
            said += " " + self.tr("{count:,} were too long for the model.").format(
                count=report.unreadable
            )
        if report.is_cancelled:
            said += " " + self.tr("The rest was given up.")
        return f"{said} {report.problem}".rstrip()
