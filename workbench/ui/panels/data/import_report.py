"""What came of an import some of whose rows did not come in: which, where, why, and saving them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableWidget, QTableWidgetItem

from workbench.exchange.import_data import ImportReport, save_rejects
from workbench.ui.context import Session
from workbench.ui.file_dialogs import ask_where_to_save
from workbench.ui.tokens import CONTROL_HEIGHT, SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_MOST_LISTED = 1000


class ImportReportCard(Card):
    """`done` follows when somebody has seen enough."""

    done = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("-")
        self._session = session
        self._report: ImportReport | None = None
        self._words = label("", "secondary", wrap=True)
        self._words.setObjectName("data.import.report")
        self.table = QTableWidget(0, 4)
        self.table.setAccessibleName(self.tr("Rows that did not come in"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("File"), self.tr("Line"), self.tr("Column"), self.tr("Reason")]
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        show = button(self.tr("Show the rows"), self.done.emit, kind="primary")
        show.setObjectName("data.import.done")
        self.setFocusProxy(show)
        save = button(self.tr("Save these rows to a file…"), self._choose_place, icon="export")
        save.setObjectName("data.import.save_rejects")
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_8)
        buttons.addWidget(show)
        buttons.addWidget(save)
        buttons.addStretch(1)
        self.body.addWidget(self._words)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(buttons)

    def show_report(self, report: ImportReport) -> None:
        """List the rows that did not come in."""
        self._report = report
        came = count(report.dataset.row_count, self.tr("row"), self.tr("rows"))
        self.set_title(self.tr("{0} came in").format(came), report.dataset.name)
        bad = count(report.problem_count, self.tr("row"), self.tr("rows"))
        words = self.tr("{0} could not be read and stayed out:").format(bad)
        if report.problem_count > len(report.problems):
            words += " " + self.tr("the first {0:,} are listed.").format(len(report.problems))
        self._words.setText(words)
        listed = report.problems[:_MOST_LISTED]
        self.table.setRowCount(len(listed))
        for number, problem in enumerate(listed):
            cells = (problem.file, f"{problem.line:,}", problem.column or "", problem.reason)
            for place, text in enumerate(cells):
                self.table.setItem(number, place, QTableWidgetItem(text))

    def save_to(self, path: Path) -> None:
        """Write the rows that did not come in to a file, each with its reason."""
        if self._report is not None:
            save = partial(save_rejects, self._session.project, self._report.dataset.id, path)
            self._session.bridge.run(
                save, partial(self._on_saved, path), self._session.show_error, owner=self
            )

    def _on_saved(self, path: Path, rows: int) -> None:
        words = count(rows, self.tr("row"), self.tr("rows"))
        self._session.window.show_notice(self.tr("{0} written to {1}.").format(words, path))

    def _choose_place(self) -> None:
        title = self.tr("Save the rows that did not come in")
        ask_where_to_save(self, self._session.settings, title, "rejected.jsonl", self.save_to)
