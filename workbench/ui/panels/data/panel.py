"""The Data panel: what was imported or made here, row by row, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import Changed, Changes
from workbench.store.rows import Dataset
from workbench.store.search_index import IndexProgress
from workbench.ui import icons
from workbench.ui.bridge import Latest
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.data.add_page import AddPage
from workbench.ui.panels.data.bin_page import BinPage
from workbench.ui.panels.data.browser import Browser, Place
from workbench.ui.panels.data.dataset_list import DatasetList
from workbench.ui.panels.data.drop_hint import DropHint
from workbench.ui.panels.data.duplicates_page import DuplicatesPage
from workbench.ui.panels.data.index_keeper import IndexKeeper
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.texts import button

if TYPE_CHECKING:
    from workbench.ui.panels.data.import_page import ImportPage

_LIST_WIDTH = 232
_BROWSE, _EMPTY = 0, 1

T = TypeVar("T", bound=ToolPage)


class DataPanel(Panel):
    interests: ClassVar[Changed] = (
        Changed.DATASETS | Changed.PAIRS | Changed.VERDICTS | Changed.ANNOTATOR
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Data"),
            self.tr("What models learn from and are measured on. Files are read, never changed."),
        )
        self.setObjectName("data")
        self.setAcceptDrops(True)
        self._wanted = ""
        self._readings = Latest(session.bridge, self)
        self._has_datasets = False
        self._tools: dict[str, ToolPage] = {}
        self._more = self._make_more()
        self._export = button(
            self.tr("Export…"), self.choose_export, kind="quiet", icon="export",
            tip=self.tr("Write rows to a file, in any form, filtered, in one part or two"),
        )  # fmt: skip
        self._import = button(
            self.tr("Import…"), self.choose_import, kind="primary", icon="import",
            tip=self.tr("Read rows from a file, a folder, the clipboard or the hub"),
        )  # fmt: skip
        self._export.setObjectName("data.export")
        self._import.setObjectName("data.import")
        for action in (self._more, self._export, self._import):
            self.add_action(action)
        self.list = DatasetList()
        self.list.chosen.connect(self._show_place)
        self.browser = Browser(session)
        self.index = IndexKeeper(session.project, session.bridge, self)
        self.index.progressed.connect(self._show_index_progress)
        self.index.caught_up.connect(self.browser.on_index_complete)
        self.index.failed.connect(session.show_error)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        paste = QKeySequence(QKeySequence.StandardKey.Paste)
        QShortcut(paste, self, self.paste, context=within)
        self._leave = QShortcut(QKeySequence("Escape"), self, self._leave_tool, context=within)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_browser())
        self._pages.addWidget(self._make_empty())
        self._pages.currentChanged.connect(self._on_page)
        self._on_page()
        self.body.addWidget(self._pages, 1)
        self._drop_hint = DropHint(self)

    def refresh(self, changes: Changes) -> None:
        if changes.flags & Changed.ANNOTATOR:
            self.browser.keep_others_back()
        self._readings.run(self.session.project.datasets.all, self._show_datasets)
        if changes.flags & (Changed.DATASETS | Changed.PAIRS):
            self.index.look()

    def show_item(self, **what: object) -> None:
        """`dataset_id` selects a data set; `import_path` offers to import a file."""
        if isinstance(dataset_id := what.get("dataset_id"), str):
            self._want(dataset_id)
            self.show_rows()
        if isinstance(path := what.get("import_path"), Path):
            self.import_page().offer(path)

    def commands(self) -> list[Command]:
        return [
            Command(self.tr("Import data…"), self.choose_import, "import"),
            Command(self.tr("Export data…"), self.choose_export, "export"),
            *(Command(title, act, icon) for title, icon, act in self._more_actions()),
        ]

    def close_down(self) -> None:
        self.index.stop()
        self.browser.close_down()
        for page in self._tools.values():
            page.close_down()

    @property
    def current_tool(self) -> ToolPage | None:
        """The page that stands in place of the rows, if one does."""
        page = self._pages.currentWidget()
        return page if isinstance(page, ToolPage) else None

    def show_rows(self) -> None:
        """Show the rows again, or that there are none."""
        self._pages.setCurrentIndex(_BROWSE if self._has_datasets else _EMPTY)

    def add_row(self) -> None:
        """Ask for a row that is written by hand."""
        place = self._place
        self._tool("add", AddPage).offer(
            place.kind, next(iter(place.dataset_ids), None), place.title
        )

    def generate_candidates(self) -> None:
        """Let models answer the prompts on screen, as pairs to label."""
        from workbench.ui.panels.data.candidates_page import CandidatesPage

        self._tool("candidates", CandidatesPage).offer(self._place)

    def find_duplicates(self) -> None:
        """Look for rows that are the same, or nearly."""
        self._tool("duplicates", DuplicatesPage).show_place(self._place)

    def show_statistics(self) -> None:
        """Show what the rows on screen are like."""
        from workbench.ui.panels.data.statistics_page import StatisticsPage

        self._tool("statistics", StatisticsPage).show_place(self._place)

    def show_bin(self) -> None:
        """Show what was thrown away."""
        self._tool("bin", BinPage).refresh()

    @property
    def _place(self) -> Place:
        """What is chosen in the list, or all pairs where there is nothing yet."""
        return self.list.place(self.list.current_key) or Place(self.tr("All pairs"), "pair")

    def choose_import(self) -> None:
        """Ask where rows shall be imported from."""
        self.import_page().ask()

    def import_page(self) -> ImportPage:
        """The page on which a source is looked at and imported, now in place of the rows."""
        from workbench.ui.panels.data.import_page import ImportPage

        is_new = "import" not in self._tools
        page = self._tool("import", ImportPage)
        if is_new:
            page.imported.connect(self._want)
        return page

    def paste(self) -> None:
        """Import what is in the clipboard."""
        page = self.import_page()
        page.ask()
        page.sources.paste()

    def choose_export(self) -> None:
        """Ask what shall be written to a file."""
        from workbench.ui.panels.data.export_page import ExportPage

        self._tool("export", ExportPage).offer(self._place)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()
            self._drop_hint.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_hint.hide()
        event.setDropAction(Qt.DropAction.CopyAction)  # a move would take it from its place
        event.accept()
        self.import_page().sources.take(event.mimeData())

    # A page is imported when it is first wanted, so that the panel itself is there at once: some
    # bring the hub's client or the plots along.

    def _tool(self, name: str, make: Callable[[Session], T]) -> T:
        """The page of a tool, made when it is first wanted, in place of the rows."""
        if name not in self._tools:
            made = make(self.session)
            made.closed.connect(partial(self._close_tool, made))
            self._tools[name] = made
            self._pages.addWidget(made)
        page = self._tools[name]
        self._pages.setCurrentWidget(page)
        page.setFocus()
        return page  # type: ignore[return-value] # each name has one class

    def _close_tool(self, page: ToolPage) -> None:
        """Show the rows again, unless another page took the place of this one."""
        if self.current_tool is not page:
            return
        at = QApplication.focusWidget()
        self.show_rows()
        if self._has_datasets and at is not None and (at is self or self.isAncestorOf(at)):
            self.browser.table.setFocus()

    def _leave_tool(self) -> None:
        if self.current_tool is not None:
            self.current_tool.close_page()

    def _on_page(self) -> None:
        # Beside a tool, Escape belongs to what is edited in a row.
        self._leave.setEnabled(self.current_tool is not None)

    def _show_datasets(self, datasets: list[Dataset]) -> None:
        self._has_datasets = bool(datasets)
        self._export.setVisible(bool(datasets))
        if self.current_tool is None:
            self.show_rows()
        before = self.list.current_key
        self.list.show_datasets(datasets)
        if not datasets:
            return
        wanted, self._wanted = self._wanted, ""
        if not (wanted and self.list.select(wanted)) and not self.list.current_key:
            self.list.select(datasets[0].id)
        if self.list.current_key == before:  # the same one, but its rows may be new
            self._show_place(before)

    def _show_place(self, key: str) -> None:
        place = self.list.place(key)
        if place is not None:
            self.browser.show_place(place)

    def _show_index_progress(self, progress: IndexProgress) -> None:
        share = progress.indexed / progress.total if progress.total else 1.0
        words = self.tr("Reading for search: {0:.0%}").format(share) if share < 1 else ""
        self.browser.show_index_progress(words)

    def _more_actions(self) -> list[tuple[str, str, Callable[[], object]]]:
        return [
            (self.tr("Add a row…"), "add", self.add_row),
            (self.tr("Generate candidates…"), "play", self.generate_candidates),
            (self.tr("Find duplicates…"), "copy", self.find_duplicates),
            (self.tr("Statistics of the rows"), "runs", self.show_statistics),
            (self.tr("Bin…"), "remove", self.show_bin),
        ]

    def _make_more(self) -> QWidget:
        made = button(self.tr("More"), kind="quiet")
        made.setObjectName("data.more")
        made.setProperty("menu", "true")
        menu = QMenu(made)
        for title, icon, act in self._more_actions():
            menu.addAction(icons.icon(icon), title, act)
        made.setMenu(menu)
        return made

    def _want(self, dataset_id: str) -> None:
        """Choose this data set, now or once it is known, and show all of its rows."""
        self.browser.filters.clear()
        self._wanted = "" if self.list.select(dataset_id) else dataset_id

    def _make_browser(self) -> QWidget:
        browser = QWidget()
        left = Card()
        left.setFixedWidth(_LIST_WIDTH)
        left.body.setContentsMargins(SPACE_8, SPACE_8, SPACE_8, SPACE_8)
        left.body.addWidget(self.list)
        layout = QHBoxLayout(browser)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_16)
        layout.addWidget(left)
        layout.addWidget(self.browser, 1)
        return browser

    def _make_empty(self) -> QWidget:
        card = Card()
        card.body.addWidget(
            EmptyState(
                "data",
                self.tr("No data yet"),
                self.tr(
                    "Import pairs of answers, examples to imitate, or prompts, from a file, a"
                    " folder, the clipboard or the hub. You can also drop a file here."
                ),
                action=self.tr("Import…"),
                on_action=self.choose_import,
            )
        )
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)
        return page
