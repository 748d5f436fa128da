"""The tabs below the plots: log, answers, settings, checkpoints and costs."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent, QTextCursor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.events import CheckpointSaved, Event
from workbench.store.rows import RunRow
from workbench.ui.context import Session
from workbench.ui.panels.runs.answers_tab import AnswersTab
from workbench.ui.panels.runs.costs_tab import CostsTab
from workbench.ui.panels.runs.happenings import story
from workbench.ui.panels.runs.settings_table import settings_rows
from workbench.ui.panels.runs.snapshot import Details
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12, SPACE_16, SPACE_24
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import label, plain_area
from workbench.ui.wording import ago

_SETTINGS_COLUMNS = 3


class RunTabs(Card):
    """Shows one run's details; each tab changes only what is new in it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.answers = AnswersTab(session)
        self.costs = CostsTab()
        self.log = LogTab()
        self.settings = SettingsTab()
        self.checkpoints = CheckpointsTab()
        tabs = QTabWidget()
        self.body.setContentsMargins(SPACE_16, SPACE_4, SPACE_16, SPACE_12)
        self.body.addWidget(tabs)
        tabs.setDocumentMode(True)
        tabs.tabBar().setDrawBase(False)
        tabs.addTab(self.log, self.tr("Log"))
        tabs.addTab(self.answers, self.tr("Answers"))
        tabs.addTab(self.settings, self.tr("Settings"))
        tabs.addTab(self.checkpoints, self.tr("Checkpoints"))
        tabs.addTab(self.costs, self.tr("Costs"))
        self._tabs = tabs

    def show_run(self, run: RunRow, details: Details) -> None:
        """Show `run`."""
        self.answers.show_method(run.method)
        self.answers.show_run(run.id)
        self.log.show_details(details)
        self.settings.show_run(run)
        self.checkpoints.show_details(details)

    def open_tab(self, tab: QWidget) -> None:
        """Bring one of the tabs to the front."""
        self._tabs.setCurrentWidget(tab)


class LogTab(QWidget):
    """What happened, in words, beside what the trainer printed."""

    def __init__(self) -> None:
        super().__init__()
        self.happenings = _log_view(self.tr("What happened"))
        self.output = _log_view(self.tr("Output of the trainer"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, SPACE_8, 0, 0)
        layout.setSpacing(SPACE_12)
        for title, view in (
            (self.tr("What happened"), self.happenings),
            (self.tr("Output of the trainer"), self.output),
        ):
            column = QVBoxLayout()
            column.setSpacing(SPACE_4)
            column.addWidget(label(title, "small"))
            column.addWidget(view, 1)
            layout.addLayout(column, 1)

    def show_details(self, details: Details) -> None:
        _show_text(self.happenings, story(details.happenings))
        _show_text(self.output, details.output or self.tr("Nothing was printed yet."))


def _log_view(name: str) -> QPlainTextEdit:
    view = QPlainTextEdit()
    view.setReadOnly(True)
    view.setProperty("role", "mono")
    view.setAccessibleName(name)
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
    return view


def _show_text(view: QPlainTextEdit, text: str) -> None:
    """Replace the text if it is another; stay at the end if the end was on screen."""
    shown = view.toPlainText()
    if shown == text:
        return
    bar = view.verticalScrollBar()
    was_at_end = bar.value() >= bar.maximum()
    place = bar.value()
    if shown and text.startswith(shown):
        cursor = QTextCursor(view.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text[len(shown) :])
    else:
        view.setPlainText(text)
    bar.setValue(bar.maximum() if was_at_end else place)


class SettingsTab(QScrollArea):
    """The recipe that the run was started with; put together when it is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._run: RunRow | None = None
        self._shown_id = ""
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)

    def show_run(self, run: RunRow) -> None:
        self._run = run
        if self.isVisible():
            self._fill(run)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._run is not None:
            self._fill(self._run)

    def _fill(self, run: RunRow) -> None:
        if run.id == self._shown_id:
            return
        self._shown_id = run.id
        inside = plain_area(QWidget())
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, SPACE_8, 0, 0)
        grid.setHorizontalSpacing(SPACE_12)
        grid.setVerticalSpacing(SPACE_4)
        rows = settings_rows(run.spec)
        per_column = -(-len(rows) // _SETTINGS_COLUMNS)
        for position, (title, value) in enumerate(rows):
            column, row = divmod(position, per_column)
            grid.addWidget(label(title, "small"), row, 2 * column)
            shown = label(value, wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setContentsMargins(0, 0, SPACE_24, 0)
            grid.addWidget(shown, row, 2 * column + 1)
        for column in range(_SETTINGS_COLUMNS):
            grid.setColumnStretch(2 * column + 1, 1)
        grid.setRowStretch(per_column, 1)
        self.setWidget(inside)


class CheckpointsTab(QTableWidget):
    """Each checkpoint that was saved, and whether it is still on disk."""

    def __init__(self) -> None:
        super().__init__(0, 4)
        self._shown: Sequence[object] = ()
        self.setAccessibleName(self.tr("Checkpoints"))
        self.setHorizontalHeaderLabels(
            [self.tr("Step"), self.tr("Saved"), self.tr("Why"), self.tr("On disk")]
        )
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)

    def show_details(self, details: Details) -> None:
        saved = [
            event for event in details.happenings if isinstance(event.payload, CheckpointSaved)
        ]
        state = [(event.attempt, event.seq) for event in saved], details.checkpoint_steps
        if state == self._shown:
            return
        self._shown = state
        self.setRowCount(len(saved))
        for row, event in enumerate(reversed(saved)):
            self._fill(row, event, details.checkpoint_steps)

    def _fill(self, row: int, event: Event, kept: Sequence[int]) -> None:
        payload = event.payload
        assert isinstance(payload, CheckpointSaved)
        is_there = self.tr("yes") if payload.step in kept else self.tr("deleted to save space")
        texts = (str(payload.step), ago(event.t, time.time()), payload.reason, is_there)
        for column, text in enumerate(texts):
            self.setItem(row, column, QTableWidgetItem(text))
