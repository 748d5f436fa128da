"""Where rows may come from: a file, a folder, the clipboard, or a data set of the hub."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from workbench.exchange.sources import HubDataset, Pasted, Source
from workbench.ui.file_dialogs import ask_for_file, ask_for_folder
from workbench.ui.settings import Settings
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label

_HUB_WIDTH = 320
_SPLIT_WIDTH = 120


class ImportSources(Card):
    """`chosen` carries the source."""

    chosen = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__("-")
        self._settings = settings
        self.set_title(self.tr("Where are the rows?"))
        file = button(self.tr("Choose a file…"), self.choose_file, kind="primary", icon="file")
        file.setObjectName("data.import.file")
        folder = button(self.tr("Choose a folder…"), self.choose_folder, icon="open")
        paste = button(self.tr("Paste from the clipboard"), self.paste, icon="copy")
        paste.setObjectName("data.import.paste")
        first = QHBoxLayout()
        first.setSpacing(SPACE_8)
        for made in (file, folder, paste):
            first.addWidget(made)
        first.addStretch(1)
        self.hub = QLineEdit()
        self.hub.setObjectName("data.import.hub")
        self.hub.setAccessibleName(self.tr("Data set of the hub"))
        self.hub.setPlaceholderText("HuggingFaceH4/ultrafeedback_binarized")
        self.hub.setFixedWidth(_HUB_WIDTH)
        self.hub.returnPressed.connect(self._choose_hub)
        self._split = QLineEdit()
        self._split.setAccessibleName(self.tr("Only files with this word in their name"))
        self._split.setPlaceholderText(self.tr("split, or all"))
        self._split.setFixedWidth(_SPLIT_WIDTH)
        fetch = button(self.tr("Fetch"), self._choose_hub, icon="import")
        hub = QHBoxLayout()
        hub.setSpacing(SPACE_8)
        hub.addWidget(label(self.tr("Or a data set of the Hugging Face hub"), "secondary"))
        for widget in (self.hub, self._split, fetch):
            hub.addWidget(widget)
        hub.addStretch(1)
        words = QVBoxLayout()
        words.addWidget(
            label(
                self.tr(
                    "JSON Lines, JSON, CSV, TSV and Parquet, also compressed with gzip: preference"
                    " pairs, comparisons, judged answers, examples, prompts and chats, as the"
                    " usual tools and data sets write them. You can also drop a file or a folder"
                    " here, or press Ctrl+V."
                ),
                "secondary",
                wrap=True,
            )
        )
        self.body.setSpacing(SPACE_16)
        self.body.addLayout(words)
        self.body.addLayout(first)
        self.body.addLayout(hub)

    def choose_file(self) -> None:
        """Ask for a file."""
        filters = [
            self.tr("Data files (*.jsonl *.json *.ndjson *.csv *.tsv *.parquet *.gz)"),
            self.tr("All files (*)"),
        ]
        ask_for_file(self, self._settings, self.tr("Import data"), self.chosen.emit, filters)

    def choose_folder(self) -> None:
        """Ask for a folder with files of one form."""
        ask_for_folder(self, self._settings, self.tr("Import data"), self.chosen.emit)

    def paste(self) -> None:
        """Take what is in the clipboard: rows as text, or a copied file."""
        source = source_of(QGuiApplication.clipboard().mimeData())
        if source is not None:
            self.chosen.emit(source)

    def _choose_hub(self) -> None:
        repo_id = self.hub.text().strip().removeprefix("https://huggingface.co/datasets/")
        if repo_id:
            self.chosen.emit(HubDataset(repo_id, self._split.text().strip() or None))


def source_of(mime: QMimeData) -> Source | None:
    """What was dropped or copied: one file or folder, or text that may hold rows."""
    local = [url for url in mime.urls() if url.isLocalFile()]
    if len(local) == 1:
        path = Path(local[0].toLocalFile())
        return path if path.exists() else None
    if not mime.urls() and mime.hasText() and mime.text().strip():
        return Pasted(mime.text())
    return None
