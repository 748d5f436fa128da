"""What each round brought: pairs, training, and what people preferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedWidget, QTableView

from workbench.core.recipes import METHODS
from workbench.stats.win_rate import WinRate
from workbench.ui.panels.home.loop import Round
from workbench.ui.tokens import CONTROL_HEIGHT
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.empty_state import EmptyState

_Index = QModelIndex | QPersistentModelIndex


class RoundsModel(QAbstractTableModel):
    """One row a round, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._rounds: Sequence[Round] = ()
        self._titles = (
            self.tr("Round"),
            self.tr("Examples"),
            self.tr("Training"),
            self.tr("Preferred"),
            self.tr("95 %"),
            self.tr("Votes"),
        )

    def show_rounds(self, rounds: Sequence[Round]) -> None:
        """Show these; rows that are there already stay, and whatever is pressed of them."""
        if [one.run.id for one in rounds] == [one.run.id for one in self._rounds]:
            self._rounds = rounds
            if rounds:
                last = self.index(len(rounds) - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._rounds = rounds
        self.endResetModel()

    def round_at(self, row: int) -> Round:
        return self._rounds[row]

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rounds)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._titles[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._cells(self._rounds[index.row()])[index.column()]
        return None

    def _cells(self, shown: Round) -> tuple[str, ...]:
        run = shown.run
        state = run.state.value.replace("_", " ")
        return (
            str(shown.number),
            f"{run.spec.data.train_examples:,}",
            f"{METHODS[run.method].title} · {run.name} · {state}",
            *_preference(shown.votes),
            self._votes(shown.votes),
        )

    def _votes(self, votes: WinRate) -> str:
        even = votes.ties + votes.both_bad
        if not votes.decisive and not even:
            return self.tr("none yet")
        decided = self.tr("{0} decided").format(votes.decisive)
        return self.tr("{0}, {1} even").format(decided, even) if even else decided


def _preference(votes: WinRate) -> tuple[str, str]:
    if votes.share is None or votes.low is None or votes.high is None:
        return "–", "–"
    return f"{100 * votes.share:.0f} %", f"{100 * votes.low:.0f}–{100 * votes.high:.0f}"


class RoundsCard(Card):
    """The table; emits `run_chosen` with the run's id."""

    run_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(self.tr("Rounds"))
        self._model = RoundsModel()
        self._table = QTableView()
        self._table.setObjectName("home.rounds")
        self._table.setAccessibleName(self.tr("Rounds"))
        self._table.setModel(self._model)
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT + 4)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.activated.connect(self._choose)
        self._table.clicked.connect(self._choose)
        empty = EmptyState(
            "runs",
            self.tr("No rounds yet"),
            self.tr("A round is one training run and what people said of it."),
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(empty)
        self._pages.addWidget(self._table)
        self.body.addWidget(self._pages, 1)

    def show_rounds(self, rounds: Sequence[Round]) -> None:
        self._model.show_rounds(rounds)
        self._pages.setCurrentIndex(1 if rounds else 0)

    def _choose(self, index: QModelIndex) -> None:
        self.run_chosen.emit(self._model.round_at(index.row()).run.id)
