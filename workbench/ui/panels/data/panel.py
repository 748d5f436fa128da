"""The Data panel: what was imported or made here, row by row."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.changes import Changed, Changes
from workbench.store.rows import Dataset
from workbench.ui import operations
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.data.dataset_view import DatasetView
from workbench.ui.panels.data.import_card import ImportCard
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.entry_list import Entry, EntryList
from workbench.ui.widgets.texts import button
from workbench.ui.wording import count

_LIST_WIDTH = 268


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
        self._datasets: dict[str, Dataset] = {}
        self._wanted = ""
        self._wants_newest = False
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
        self.add_action(self._export)
        self.add_action(self._import)
        self.import_card = ImportCard(session)
        self.import_card.imported.connect(self._on_imported)
        self.import_card.another_wanted.connect(self.choose_import)
        self.list = EntryList(self.tr("Data sets"))
        self.list.setObjectName("data.list")
        self.list.chosen.connect(self._show_dataset)
        self.view = DatasetView(session.project, session.bridge)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_browser())
        self._pages.addWidget(self._make_empty())
        self.body.addWidget(self.import_card)
        self.body.addWidget(self._pages, 1)

    def refresh(self, changes: Changes) -> None:
        self.session.bridge.run(self.session.project.datasets.all, self._show_datasets, owner=self)

    def show_item(self, **what: object) -> None:
        """`dataset_id` selects a data set; `import_path` offers to import a file."""
        if isinstance(dataset_id := what.get("dataset_id"), str):
            self._wanted = dataset_id
            self.list.select(dataset_id)
        if isinstance(path := what.get("import_path"), Path):
            self.offer_import(path)

    def commands(self) -> list[Command]:
        return [
            Command(self.tr("Import data…"), self.choose_import, "import"),
            Command(self.tr("Export labelled pairs…"), self.choose_export, "export"),
        ]

    def close_down(self) -> None:
        self.import_card.give_up()

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

    def _show_datasets(self, datasets: list[Dataset]) -> None:
        self._datasets = {dataset.id: dataset for dataset in datasets}
        self._pages.setCurrentIndex(0 if datasets else 1)
        self._export.setVisible(any(dataset.kind == "preference" for dataset in datasets))
        before = self.list.current_key
        self.list.show_entries([self._entry(dataset) for dataset in datasets])
        if not datasets:
            return
        wanted = datasets[-1].id if self._wants_newest else self._wanted
        self._wanted, self._wants_newest = "", False
        if not (wanted and self.list.select(wanted)) and not self.list.current_key:
            self.list.select(datasets[0].id)
        if self.list.current_key == before:  # the same one, but verdicts may be new
            self._show_dataset(before)

    def _show_dataset(self, dataset_id: str) -> None:
        if dataset_id in self._datasets:
            self.view.show_dataset(self._datasets[dataset_id])

    def _entry(self, dataset: Dataset) -> Entry:
        tags = {
            "preference": self.tr("pairs"),
            "supervised": self.tr("examples"),
            "prompts": self.tr("prompts"),
        }
        rows = count(dataset.row_count, self.tr("row"), self.tr("rows"))
        source = Path(dataset.source).name if dataset.source else ""
        detail = " · ".join(part for part in (rows, source) if part)
        return Entry(dataset.id, dataset.name, detail, tags[dataset.kind])

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
        layout.addWidget(self.view, 1)
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
