"""The list of runs as Qt's views want it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from workbench.core.events import RunState
from workbench.core.recipes import METHODS
from workbench.store.rows import RunRow
from workbench.ui.tokens import DARK

RUN_ROLE = int(Qt.ItemDataRole.UserRole)
COLOR_ROLE = RUN_ROLE + 1

_INVALID = QModelIndex()


class RunListModel(QAbstractListModel):
    """Runs, newest first. Rows that stay keep their selection when others come."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[RunRow] = []

    def show_runs(self, runs: Sequence[RunRow]) -> None:
        """Bring the rows to `runs` with the fewest changes."""
        wanted = {run.id for run in runs}
        for row in reversed(range(len(self._runs))):
            if self._runs[row].id not in wanted:
                self.beginRemoveRows(_INVALID, row, row)
                del self._runs[row]
                self.endRemoveRows()
        for row, run in enumerate(runs):
            if row < len(self._runs) and self._runs[row].id == run.id:
                self._replace(row, run)
            else:
                self.beginInsertRows(_INVALID, row, row)
                self._runs.insert(row, run)
                self.endInsertRows()

    def _replace(self, row: int, run: RunRow) -> None:
        if self._runs[row] != run:
            self._runs[row] = run
            self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _INVALID) -> int:
        return 0 if parent.isValid() else len(self._runs)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> object:
        run = self._runs[index.row()]
        if role == RUN_ROLE:
            return run
        if role == COLOR_ROLE:
            return self.color(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return run.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{run.name}, {state_text(run)}, {detail_text(run)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return run.detail or None
        return None

    def color(self, row: int) -> str:
        """The run's own colour: by its place from the oldest, so that new runs change none."""
        return f"series{(len(self._runs) - 1 - row) % len(DARK.series)}"

    def run(self, row: int) -> RunRow:
        return self._runs[row]

    def row_of(self, run_id: str) -> int | None:
        """Where a run stands, or None."""
        return next((row for row, run in enumerate(self._runs) if run.id == run_id), None)


def state_text(run: RunRow) -> str:
    """The state as a word."""
    return "no contact" if run.state is RunState.NO_CONTACT else run.state.value


def detail_text(run: RunRow) -> str:
    """The second line of a row: `DPO · 214 / 600`, and what a run that waits is waiting for."""
    method = METHODS[run.method].title
    total = f" / {run.total_steps:,}" if run.total_steps else ""
    steps = f"{run.step:,}{total}" if run.step or run.total_steps else ""
    why = run.detail if run.state in (RunState.QUEUED, RunState.STARTING) else ""
    return " · ".join(filter(None, (method, why or steps)))
