"""Rows that are the same or nearly: found in the background, shown in groups, one of each kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QWidget

from workbench.core.changes import Changes
from workbench.store.bin import Thrown
from workbench.store.browse import BrowseRow, RowFilter
from workbench.store.duplicates import (
    Compared,
    DuplicateQuestion,
    RowGroup,
    SearchProgress,
    find_duplicates,
)
from workbench.ui import data_operations
from workbench.ui.context import Session
from workbench.ui.panels.data.browser import Place
from workbench.ui.panels.data.group_view import GroupView
from workbench.ui.panels.data.progress_row import ProgressRow
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.entry_list import Entry, EntryList
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_MOST_GROUPS = 1000
_GROUPS_AND_ROWS = [360, 640]


class DuplicatesPage(ToolPage):
    """Finding changes nothing; what is put into the bin can come back."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.set_heading(self.tr("Duplicates"), "")
        self._session = session
        self._place = Place("", "pair")
        self._stop = threading.Event()
        self._groups: list[RowGroup] = []
        self._kept: dict[int, int | None] = {}  # what was chosen, None for all of a group
        self._number_in_view: int | None = None  # of the group whose rows are on screen
        self.compared = QComboBox()
        self.compared.setAccessibleName(self.tr("What must be alike"))
        self.compared.addItem(self.tr("Prompt and answers"), Compared.ROW.value)
        self.compared.addItem(self.tr("Prompts alone"), Compared.PROMPT.value)
        self.threshold = QComboBox()
        self.threshold.setAccessibleName(self.tr("How alike"))
        for share in (1.0, 0.95, 0.9, 0.8, 0.7):
            title = self.tr("{0:.0%} alike or more").format(share)
            self.threshold.addItem(
                self.tr("the same but for signs") if share == 1 else title, share
            )
        self.threshold.setCurrentIndex(3)
        self._find = button(self.tr("Find duplicates"), self.start, kind="primary", icon="search")
        self._find.setObjectName("data.duplicates.find")
        self.progress = ProgressRow(self.tr("Rows compared"))
        self.progress.cancelled.connect(self._cancel)
        self.summary = label("", "secondary", wrap=True)
        self.summary.setObjectName("data.duplicates.summary")
        self.groups = EntryList(self.tr("Groups of duplicates"))
        self.groups.chosen.connect(self._show_group)
        self.view = GroupView()
        self.view.kept.connect(self._keep)
        self._drop = button(self.tr("Put the others into the bin"), self.drop, icon="remove")
        self._drop.setObjectName("data.duplicates.drop")
        self.setFocusProxy(self._find)
        self._lay_out()

    def show_place(self, place: Place) -> None:
        """Ask what to look for among these rows."""
        self._cancel()
        self._place = place
        self.set_heading(self.tr("Duplicates"), place.title)
        self.compared.setVisible(place.kind != "prompt")
        self._show_groups([])
        self.summary.setText(
            self.tr("Rows that say the same are shown in groups; of each you keep one.")
        )

    def start(self) -> None:
        """Look for duplicates; what was found before is forgotten."""
        self._stop = threading.Event()
        question = DuplicateQuestion(
            RowFilter(self._place.kind, self._place.dataset_ids),
            Compared(self.compared.currentData()),
            float(self.threshold.currentData()),
        )
        project = self._session.project
        stop = self._stop
        tell = self._session.bridge.forward(partial(self._tell, stop), owner=self)
        self._show_groups([])
        self._find.setEnabled(False)
        self.progress.begin(self.tr("Reading the rows…"))

        def find() -> tuple[list[RowGroup], list[BrowseRow]]:
            groups = find_duplicates(project.database, project.browse, question, tell, stop.is_set)
            firsts = [group.keys[0] for group in groups[:_MOST_GROUPS]]
            return groups, project.browse.page(question.rows.kind, firsts)

        self._session.bridge.run(
            find, partial(self._on_found, stop), partial(self._find_failed, stop), owner=self
        )

    def drop(self) -> None:
        """Put every row but the kept one of each group into the bin.

        Rows whose answers differ are no copies: they go only where somebody chose what to keep.
        """
        keys = self._too_many()
        project, kind = self._session.project, self._place.kind
        self._drop.setEnabled(False)
        self._find.setEnabled(False)  # it would find again what is about to go
        self._session.bridge.run(
            lambda: data_operations.throw_rows(project, kind, project.browse.row_ids(kind, keys)),
            self._on_dropped,
            self._drop_failed,
            owner=self,
        )

    def _kept_of(self, number: int) -> int | None:
        """The row to keep; None for all, as without a choice where the answers differ."""
        group = self._groups[number]
        return self._kept.get(number, None if group.answers_differ else group.keys[0])

    def _too_many(self) -> list[int]:
        found: list[int] = []
        for number, group in enumerate(self._groups):
            if (kept := self._kept_of(number)) is not None:
                found += [key for key in group.keys if key != kept]
        return found

    def close_page(self) -> None:
        self._cancel()
        super().close_page()

    def close_down(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        self._stop.set()
        self.progress.end()
        self._find.setEnabled(True)

    def _tell(self, stop: threading.Event, progress: SearchProgress) -> None:
        if stop.is_set():
            return
        words = self.tr("{0:,} of {1:,} rows").format(progress.done, progress.total)
        if progress.done == progress.total:
            words = self.tr("Comparing…")
        share = progress.done / progress.total if progress.done < progress.total else None
        self.progress.tell(words, share, progress.remaining_s)

    def _on_found(
        self, stop: threading.Event, found: tuple[list[RowGroup], list[BrowseRow]]
    ) -> None:
        groups, heads = found
        if stop.is_set():
            return
        self._cancel()
        self._show_groups(groups, heads)
        (self.groups if groups else self._find).setFocus()
        if not groups:
            self.summary.setText(self.tr("No two rows are that much alike: nothing to do."))

    def _show_groups(self, groups: list[RowGroup], heads: Sequence[BrowseRow] = ()) -> None:
        self._groups = groups
        self._kept = {}
        self._number_in_view = None
        prompts = {row.key: " ".join(row.prompt.split()) for row in heads}
        entries = [
            Entry(str(number), prompts.get(group.keys[0], ""), self._words(group))
            for number, group in enumerate(groups[:_MOST_GROUPS])
        ]
        self.groups.show_entries(entries)
        self._results.setVisible(bool(groups))
        self._drop.setVisible(bool(groups))
        self._show_too_many()
        self.view.show_rows([], None)
        if not groups:
            return
        self.summary.setText(self._summary())
        self.groups.select("0")

    def _summary(self) -> str:
        copies = [group for group in self._groups if not group.answers_differ]
        extra = sum(len(group.keys) - 1 for group in copies)
        differing = len(self._groups) - len(copies)
        parts = []
        if copies:
            kept = self.tr("{0} in {1}. The first that was decided, or else the first, is kept.")
            too_many = count(extra, self.tr("row too many"), self.tr("rows too many"))
            groups = count(len(copies), self.tr("group"), self.tr("groups"))
            parts.append(kept.format(too_many, groups))
        if differing:
            stay = self.tr(
                "{0} of alike prompts with different answers: these are no copies, and all of them"
                " stay unless you choose which one to keep."
            )
            parts.append(stay.format(count(differing, self.tr("group"), self.tr("groups"))))
        return " ".join(parts)

    def _show_too_many(self) -> None:
        extra = len(self._too_many())
        rows = count(extra, self.tr("row"), self.tr("rows"))
        self._drop.setText(self.tr("Keep one of each, put {0} into the bin").format(rows))
        self._drop.setEnabled(extra > 0 and self._find.isEnabled())

    def _words(self, group: RowGroup) -> str:
        rows = count(len(group.keys), self.tr("row"), self.tr("rows"))
        alike = self.tr("{0:.0%} alike").format(group.least_similarity)
        words = self.tr("the same words") if group.least_similarity == 1 else alike
        if group.answers_differ:
            words = self.tr("answers differ")
        return f"{rows} · {words}"

    def _show_group(self, key: str) -> None:
        number = int(key)
        group = self._groups[number]
        kind, keys = self._place.kind, group.keys[: GroupView.MOST_ROWS]
        fetch = partial(self._session.project.browse.page, kind, keys)
        self._session.bridge.run(
            fetch, partial(self._show_rows, self._groups, number), self._on_error, owner=self
        )

    def _show_rows(self, groups: list[RowGroup], number: int, rows: Sequence[BrowseRow]) -> None:
        if groups is self._groups and self.groups.current_key == str(number):
            group = groups[number]
            self._number_in_view = number
            self.view.show_rows(rows, self._kept_of(number), len(group.keys) - len(rows))

    def _keep(self, key: int | None) -> None:
        # Another group may be chosen already while the rows of this one are still on screen.
        if self._number_in_view is not None:
            self._kept[self._number_in_view] = key
            self._show_too_many()

    def _on_dropped(self, outcome: tuple[Changes, Thrown]) -> None:
        changes, thrown = outcome
        self._find.setEnabled(True)
        self._session.apply(changes)
        self._show_groups([])
        rows = count(thrown.row_count, self.tr("row"), self.tr("rows"))
        self.summary.setText(self.tr("{0} put into the bin.").format(rows))
        if self.isVisible():
            self._find.setFocus()
        undo = partial(data_operations.put_back, self._session.project, thrown.batch)
        self._session.window.show_notice(
            self.tr("{0} put into the bin.").format(rows),
            action=self.tr("Undo"),
            on_action=lambda: self._session.change_later(undo),
        )

    def _drop_failed(self, error: BaseException) -> None:
        self._on_error(error)
        self._show_too_many()

    def _find_failed(self, stop: threading.Event, error: BaseException) -> None:
        if not stop.is_set():
            self._on_error(error)

    def _on_error(self, error: BaseException) -> None:
        self._cancel()
        self._session.show_error(error)

    def _lay_out(self) -> None:
        asked = QHBoxLayout()
        asked.setSpacing(SPACE_8)
        asked.addWidget(self.compared)
        asked.addWidget(self.threshold)
        asked.addWidget(self._find)
        asked.addStretch(1)
        top = Card()
        top.body.addLayout(asked)
        top.body.addWidget(self.progress)
        bottom = QHBoxLayout()
        bottom.addWidget(self.summary, 1)
        bottom.addWidget(self._drop)
        top.body.addLayout(bottom)
        left, right = Card(), Card()
        left.body.setContentsMargins(SPACE_8, SPACE_8, SPACE_8, SPACE_8)
        left.body.addWidget(self.groups)
        right.body.addWidget(self.view)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(SPACE_12)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes(_GROUPS_AND_ROWS)
        split.setStretchFactor(1, 1)
        self._results: QWidget = split
        self.body.addWidget(top)
        self.body.addWidget(split, 1)
        self.body.addStretch(0)
        self._results.hide()
