"""The Data panel: what was imported or made here, row by row, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import Changed, Changes
from workbench.store.rows import Dataset
from workbench.store.search_index import IndexProgress
from workbench.ui import icons, operations
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.data.add_page import AddPage
from workbench.ui.panels.data.bin_page import BinPage
from workbench.ui.panels.data.browser import Browser, Place
from workbench.ui.panels.data.candidates_page import CandidatesPage
from workbench.ui.panels.data.dataset_list import DatasetList
from workbench.ui.panels.data.duplicates_page import DuplicatesPage
from workbench.ui.panels.data.import_card import ImportCard
from workbench.ui.panels.data.index_keeper import IndexKeeper
from workbench.ui.panels.data.statistics_page import StatisticsPage
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.texts import button
from workbench.ui.wording import count

_LIST_WIDTH = 232
_BROWSE, _EMPTY = 0, 1

T = TypeVar("T", bound=ToolPage)


class DataPanel(Panel):
    interests: ClassVar[Changed] = Changed.DATASETS | Changed.PAIRS | Changed.VERDICTS

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Data"),
            self.tr("What models learn from and are measured on. Files are read, never changed."),
        )
        self.setObjectName("data")
        self.setAcceptDrops(True)
        self._wanted = ""
        self._wants_newest = False
        self._has_datasets = False
        self._tools: dict[str, ToolPage] = {}
        self._more = self._make_more()
        self._export = button(
            self.tr("Export pairs…"), self.choose_export, kind="quiet", icon="export",
            tip=self.tr("Write the labelled pairs as TRL preference rows, with their provenance"),
        )  # fmt: skip
        self._import = button(
            self.tr("Import…"), self.choose_import, kind="primary", icon="import",
            tip=self.tr("Read a JSON Lines file; you can also drop one here"),
        )  # fmt: skip
        self._export.setObjectName("data.export")
        self._import.setObjectName("data.import")
        for action in (self._more, self._export, self._import):
            self.add_action(action)
        self.import_card = ImportCard(session)
        self.import_card.imported.connect(self._on_imported)
        self.import_card.another_wanted.connect(self.choose_import)
        self.list = DatasetList()
        self.list.chosen.connect(self._show_place)
        self.browser = Browser(session)
        self.index = IndexKeeper(session.project, session.bridge, self)
        self.index.progressed.connect(self._show_index_progress)
        self.index.caught_up.connect(self.browser.on_index_complete)
        self.index.failed.connect(session.show_error)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_browser())
        self._pages.addWidget(self._make_empty())
        self.body.addWidget(self.import_card)
        self.body.addWidget(self._pages, 1)

    def refresh(self, changes: Changes) -> None:
        self.session.bridge.run(self.session.project.datasets.all, self._show_datasets, owner=self)
        if changes.flags & (Changed.DATASETS | Changed.PAIRS):
            self.index.look()

    def show_item(self, **what: object) -> None:
        """`dataset_id` selects a data set; `import_path` offers to import a file."""
        if isinstance(dataset_id := what.get("dataset_id"), str):
            self._wanted = dataset_id
            self.list.select(dataset_id)
            self.show_rows()
        if isinstance(path := what.get("import_path"), Path):
            self.offer_import(path)

    def commands(self) -> list[Command]:
        return [
            Command(self.tr("Import data…"), self.choose_import, "import"),
            Command(self.tr("Export labelled pairs…"), self.choose_export, "export"),
            *(Command(title, act, icon) for title, icon, act in self._more_actions()),
        ]

    def close_down(self) -> None:
        self.import_card.give_up()
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
        self._tool("candidates", CandidatesPage).offer(self._place)

    def find_duplicates(self) -> None:
        """Look for rows that are the same, or nearly."""
        self._tool("duplicates", DuplicatesPage).show_place(self._place)

    def show_statistics(self) -> None:
        """Show what the rows on screen are like."""
        self._tool("statistics", StatisticsPage).show_place(self._place)

    def show_bin(self) -> None:
        """Show what was thrown away."""
        self._tool("bin", BinPage).refresh()

    @property
    def _place(self) -> Place:
        """What is chosen in the list, or all pairs where there is nothing yet."""
        return self.list.place(self.list.current_key) or Place(self.tr("All pairs"), "pair")

    def choose_import(self) -> None:
        """Ask for a file to import."""
        dialog = self._dialog(self.tr("Import data"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.offer_import(Path(name)))
        dialog.open()

    def offer_import(self, path: Path) -> None:
        """Show what is in a file and ask how to import it."""
        self.import_card.offer(path)

    def choose_export(self) -> None:
        """Ask for a place to write the labelled pairs to."""
        dialog = self._dialog(self.tr("Export labelled pairs"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.selectFile("pairs.jsonl")
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def export_to(self, path: Path) -> None:
        """Write the labelled pairs of the whole project to a file."""
        self._export.setEnabled(False)
        self.session.bridge.run(
            partial(operations.export_pairs, self.session.project, path),
            partial(self._on_exported, path),
            self._on_export_failed,
            owner=self,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.offer_import(path)

    def _tool(self, name: str, make: Callable[[Session], T]) -> T:
        """The page of a tool, made when it is first wanted, in place of the rows."""
        if name not in self._tools:
            made = make(self.session)
            made.closed.connect(self.show_rows)
            self._tools[name] = made
            self._pages.addWidget(made)
        page = self._tools[name]
        self._pages.setCurrentWidget(page)
        return page  # type: ignore[return-value] # each name has one class

    def _show_datasets(self, datasets: list[Dataset]) -> None:
        self._has_datasets = bool(datasets)
        self._export.setVisible(any(dataset.kind == "preference" for dataset in datasets))
        if self.current_tool is None:
            self.show_rows()
        before = self.list.current_key
        self.list.show_datasets(datasets)
        if not datasets:
            return
        wanted = datasets[-1].id if self._wants_newest else self._wanted
        self._wanted, self._wants_newest = "", False
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

    def _on_imported(self, path: Path) -> None:
        self._wants_newest = True
        self.session.window.show_notice(self.tr("{0} is imported.").format(path.name))

    def _on_exported(self, path: Path, rows: int) -> None:
        self._export.setEnabled(True)
        pairs = count(rows, self.tr("pair"), self.tr("pairs"))
        self.session.window.show_notice(self.tr("{0} written to {1}.").format(pairs, path))

    def _on_export_failed(self, error: BaseException) -> None:
        self._export.setEnabled(True)
        self.session.show_error(error)

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters([self.tr("JSON Lines (*.jsonl *.json)"), self.tr("All files (*)")])
        return dialog

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
                    "Import pairs of answers, examples to imitate, or prompts, from a JSON Lines"
                    " file. You can also drop a file here."
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


def _dropped_file(event: QDropEvent) -> Path | None:
    urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
    if len(urls) != 1:
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_file() else None
