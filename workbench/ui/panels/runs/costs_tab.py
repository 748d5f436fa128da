"""The tab that lays the costs of the selected runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.recipes import METHODS
from workbench.ui.panels.runs.costs import CostRow, cost_rows
from workbench.ui.panels.runs.figures import ShownRun
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.texts import label


class CostsTab(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._shown: object = None
        self.table = QTableWidget()
        self.table.setAccessibleName(self.tr("Costs of the selected runs"))
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._note = label("", "small", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE_8, 0, 0)
        layout.setSpacing(SPACE_4)
        layout.addWidget(self._note)
        layout.addWidget(self.table, 1)

    def show_runs(self, shown: Sequence[ShownRun]) -> None:
        """Show what the steps of these runs cost."""
        rows = cost_rows(shown)
        names = [f"{item.run.name} · {METHODS[item.run.method].title}" for item in shown]
        if (state := (names, rows)) == self._shown:
            return
        self._shown = state
        more = "" if len(shown) > 1 else self.tr(" Ctrl+click a second run to compare.")
        self._note.setText(self.tr("Times are means over the steps.") + more)
        self.table.setColumnCount(1 + len(names))
        self.table.setHorizontalHeaderLabels([self.tr("Cost"), *names])
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._fill(place, row)

    def _fill(self, place: int, row: CostRow) -> None:
        title = QCoreApplication.translate("Costs", row.title)
        for column, text in enumerate((title, *row.figures)):
            self.table.setItem(place, column, QTableWidgetItem(text))
