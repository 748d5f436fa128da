"""The tab with the answers that the model in training wrote, and what each was worth."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QPlainTextEdit,
    QSplitter,
    QStackedLayout,
    QTableView,
    QWidget,
)

from workbench.core.recipes.methods import METHODS, DataKind
from workbench.ui.context import Session
from workbench.ui.panels.runs.answer_model import AnswerModel
from workbench.ui.panels.runs.answers import AnswerRow, Answers
from workbench.ui.tokens import CONTROL_HEIGHT, SPACE_12
from workbench.ui.widgets.texts import label
from workbench.ui.wording import figure

_STEP_WIDTH, _EXPECTED_WIDTH = 56, 104
_NARROWEST_FIGURE, _WIDEST_FIGURE = 72, 160
_NARROWEST_TEXT, _ROOM_FOR_TEXTS = 80, 240
_STEP, _PROMPT, _EXPECTED, _ANSWER = range(4)


class AnswerTable(QTableView):
    """Prompt and answer share what the other columns leave.

    Where that is too little, `spare_columns` give way, the first one first: the text beside the
    table has them too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.spare_columns: tuple[int, ...] = ()
        self.unused_columns: frozenset[int] = frozenset()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_width()

    def share_width(self) -> None:
        """Fit the columns into the width that there is."""
        hidden = set(self.unused_columns)
        left = self._room_beside(hidden)
        for column in self.spare_columns:
            if left >= _ROOM_FOR_TEXTS:
                break
            hidden.add(column)
            left = self._room_beside(hidden)
        header = self.horizontalHeader()
        header.resizeSection(_PROMPT, max(_NARROWEST_TEXT, left // 3))
        header.resizeSection(_ANSWER, max(_NARROWEST_TEXT, left - left // 3))

    def _room_beside(self, hidden: set[int]) -> int:
        """Hide these columns alone; returns the width that the others leave to the texts."""
        header = self.horizontalHeader()
        width = self.viewport().width()
        for column in range(header.count()):
            header.setSectionHidden(column, column in hidden)
            if column not in hidden and column not in (_PROMPT, _ANSWER):
                width -= header.sectionSize(column)
        return width


class AnswersTab(QWidget):
    """Reads while it is visible; older pages as one scrolls down."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._run_id = ""
        self._is_reading = False
        self._is_newer_wanted = False
        self._is_older_wanted = False
        self.model = AnswerModel()
        self.model.older_wanted.connect(self._read_older)
        self.model.modelReset.connect(self._size_columns)
        self.table = self._make_table()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("The chosen answer"))
        self.text.setPlaceholderText(self.tr("Choose a row to read all of it."))
        self._nothing = label("", "secondary", wrap=True)
        self._nothing.setObjectName("runs.answers.nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.setHandleWidth(SPACE_12)
        split.addWidget(self.table)
        split.addWidget(self.text)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(split)

    def show_method(self, method: str) -> None:
        """Say what it means that there are none: not yet, or never with this method."""
        learns_from = METHODS[method].learns_from
        self._nothing.setText(
            self.tr("No answers were written yet.")
            if learns_from is DataKind.PROMPTS
            else self.tr(
                "{0} writes no answers while it trains. See them in Compare once it has finished."
            ).format(METHODS[method].title)
        )

    def show_run(self, run_id: str) -> None:
        """Show the answers of this run; read on where it is the same."""
        if run_id != self._run_id:
            self._run_id = run_id
            self._is_older_wanted = False
            self.text.clear()
            self._show(Answers(run_id))
        if self.isVisible():
            self._read_newer()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read_newer()

    def _read_newer(self) -> None:
        self._read(older=False)

    def _read_older(self) -> None:
        self._read(older=True)

    def _read(self, *, older: bool) -> None:
        if not self._run_id:
            return
        if self._is_reading:
            # Each is asked for once, by what was written or by coming to the end: read afterwards.
            self._is_newer_wanted |= not older
            self._is_older_wanted |= older
            return
        self._is_reading = True
        answers = self.model.answers
        read = answers.with_older if older else answers.with_newer
        self._session.bridge.run(
            partial(read, self._session.project), self._take, self._fail, owner=self
        )

    def _take(self, answers: Answers) -> None:
        self._is_reading = False
        is_newer_wanted, self._is_newer_wanted = self._is_newer_wanted, False
        is_older_wanted, self._is_older_wanted = self._is_older_wanted, False
        if answers.run_id == self._run_id:
            self._show(answers)
        else:
            is_newer_wanted = True
        if is_newer_wanted:
            self._read_newer()
        if is_older_wanted:
            self._read_older()

    def _fail(self, error: BaseException) -> None:
        self._is_reading = False
        self._session.show_error(error)

    def _show(self, answers: Answers) -> None:
        self.model.show_answers(answers)
        self._pages.setCurrentIndex(1 if answers.rows else 0)

    def _show_text(self, current: QModelIndex) -> None:
        self.text.setPlainText(self._all_of(self.model.row(current.row())) if current.isValid()
                               else "")  # fmt: skip

    def _all_of(self, row: AnswerRow) -> str:
        """Everything about one answer, as plain text."""
        ended = "" if row.is_finished else self.tr(", cut off")
        length = "" if row.tokens is None else self.tr(" ({0} tokens{1})").format(row.tokens, ended)
        parts: list[str] = []
        for name, why in row.failures.items():
            parts += [self.tr("No value from the reward {0}").format(name), why, ""]
        parts += [
            self.tr("Prompt, step {0}").format(row.step), row.prompt, "",
            self.tr("Answer{0}").format(length), row.text,
        ]  # fmt: skip
        if row.expected is not None:
            parts += ["", self.tr("Right answer"), row.expected]
        if row.rewards:
            parts += ["", self.tr("Rewards")]
            parts += [self._reward_line(row, name) for name in row.rewards]
            total = "–" if row.total is None else figure(row.total)
            advantage = "–" if row.advantage is None else figure(row.advantage)
            parts.append(self.tr("together {0}, advantage {1}").format(total, advantage))
        return "\n".join(parts)

    def _reward_line(self, row: AnswerRow, name: str) -> str:
        value = row.rewards[name]
        said = "–" if value is None else figure(value)
        note = row.notes.get(name, "")
        return f"{name} {said}" + (f": {note}" if note else "")

    def _make_table(self) -> AnswerTable:
        table = AnswerTable()
        table.setModel(self.model)
        table.setObjectName("runs.answers")
        table.setAccessibleName(self.tr("Sampled answers"))
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.selectionModel().currentRowChanged.connect(self._show_text)
        return table

    def _size_columns(self) -> None:
        header, answers = self.table.horizontalHeader(), self.model.answers
        count = self.model.columnCount()
        rewards = range(_ANSWER + 1, count - 2)
        totals = range(count - 2, count)
        failed = {name for row in answers.rows for name in row.failures}
        # What failed is what people look for here: it gives way last.
        named = dict(zip(rewards, answers.reward_names, strict=True))
        spare = sorted(rewards, key=lambda column: (named[column] in failed, -column))
        self.table.spare_columns = (_EXPECTED, *spare)
        self.table.unused_columns = frozenset(
            {
                *(() if any(row.expected for row in answers.rows) else (_EXPECTED,)),
                *(() if answers.reward_names else totals),
            }
        )
        for column in (*rewards, *totals):
            header.setSectionHidden(column, False)  # a hidden one has no size to ask for
            width = header.sectionSizeHint(column)
            header.resizeSection(column, max(_NARROWEST_FIGURE, min(_WIDEST_FIGURE, width)))
        for column, width in ((_STEP, _STEP_WIDTH), (_EXPECTED, _EXPECTED_WIDTH)):
            header.setSectionHidden(column, False)
            header.resizeSection(column, width)
        self.table.share_width()
