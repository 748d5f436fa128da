"""The table of sampled answers as Qt's views want it."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from workbench.ui import theme
from workbench.ui.panels.runs.answers import AnswerRow, Answers
from workbench.ui.wording import figure

_INVALID = QModelIndex()
_SHOWN_CHARACTERS = 300
_FIXED = 4

Index = QModelIndex | QPersistentModelIndex


class AnswerModel(QAbstractTableModel):
    """Rows of `Answers`. `older_wanted` asks for the next page when a view comes to the end."""

    older_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._answers = Answers("")
        self._names: tuple[str, ...] = ()

    @property
    def answers(self) -> Answers:
        return self._answers

    def show_answers(self, answers: Answers) -> None:
        """Show these with the fewest changes, so that a selection stays where it was."""
        before, self_names = self._answers, answers.reward_names
        if answers is before:
            return
        added = len(answers.rows) - len(before.rows)
        is_same_run = answers.run_id == before.run_id and self_names == self._names
        if is_same_run and before.rows and answers.rows[added:] == before.rows:
            self.beginInsertRows(_INVALID, 0, added - 1)
            self._answers = answers
            self.endInsertRows()
        elif is_same_run and before.rows and answers.rows[: len(before.rows)] == before.rows:
            if added:
                self.beginInsertRows(_INVALID, len(before.rows), len(answers.rows) - 1)
            self._answers = answers
            if added:
                self.endInsertRows()
        else:
            self.beginResetModel()
            self._answers, self._names = answers, self_names
            self.endResetModel()

    def row(self, number: int) -> AnswerRow:
        return self._answers.rows[number]

    def rowCount(self, parent: Index = _INVALID) -> int:
        return 0 if parent.isValid() else len(self._answers.rows)

    def columnCount(self, parent: Index = _INVALID) -> int:
        return 0 if parent.isValid() else _FIXED + len(self._names) + 2

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and bool(self._answers.rows) and not self._answers.is_whole

    def fetchMore(self, parent: Index) -> None:
        self.older_wanted.emit()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section >= _FIXED:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return self._titles()[section] if role == Qt.ItemDataRole.DisplayRole else None

    def _titles(self) -> list[str]:
        return [
            _tr("Step"), _tr("Prompt"), _tr("Right answer"), _tr("Answer"), *self._names,
            _tr("Reward"), _tr("Advantage"),
        ]  # fmt: skip

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self._answers.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column) or None
        if role == Qt.ItemDataRole.TextAlignmentRole and column >= _FIXED:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color(row, column)
        return None

    def _text(self, row: AnswerRow, column: int) -> str:
        if column < _FIXED:
            is_new = row.is_first_of_group
            texts = (
                str(row.step) if is_new else "",
                row.prompt if is_new else "",
                (row.expected or "") if is_new else "",
                row.text,
            )
            return " ".join(texts[column][:_SHOWN_CHARACTERS].split())
        if not row.rewards:
            return ""
        value = self._value(row, column)
        return "–" if value is None else figure(value)

    def _has_failed(self, row: AnswerRow, column: int) -> bool:
        name = column - _FIXED
        return 0 <= name < len(self._names) and self._names[name] in row.failures

    def _value(self, row: AnswerRow, column: int) -> float | None:
        name = column - _FIXED
        if name < len(self._names):
            return row.rewards.get(self._names[name])
        return row.total if name == len(self._names) else row.advantage

    def _tip(self, row: AnswerRow, column: int) -> str:
        if column < _FIXED:
            return ("", row.prompt, row.expected or "", row.text)[column][: 4 * _SHOWN_CHARACTERS]
        name = column - _FIXED
        return row.notes.get(self._names[name], "") if name < len(self._names) else ""

    def _color(self, row: AnswerRow, column: int) -> object:
        if self._has_failed(row, column):
            return theme.color("bad")
        if column == self.columnCount() - 1 and row.advantage:
            return theme.color("good" if row.advantage > 0 else "bad")
        if column in (0, 1, 2):
            return theme.color("text2")
        return None


def _tr(text: str) -> str:
    return QCoreApplication.translate("AnswerModel", text)
