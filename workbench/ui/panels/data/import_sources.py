"""Where rows may come from: a file, a folder, the clipboard, or a data set of the hub."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from workbench.core.errors import KnownError
from workbench.exchange.sources import HubDataset, Pasted, Source
from workbench.ui.file_dialogs import ask_for_file, ask_for_folder
from workbench.ui.settings import Settings
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label

_HUB_WIDTH = 320
_SPLIT_WIDTH = 120


class ImportSources(Card):
    """`chosen` carries the source; `refused` a KnownError that says why there is none."""

    chosen = Signal(object)
    refused = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__("-")
        self._settings = settings
        self.set_title(self.tr("Where are the rows?"))
        file = button(self.tr("Choose a file…"), self.choose_file, kind="primary", icon="file")
        file.setObjectName("data.import.file")
        self.setFocusProxy(file)
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
        self.take(QGuiApplication.clipboard().mimeData())

    def take(self, mime: QMimeData | None) -> None:
        """Take what was copied or dropped."""
        try:
            source = source_of(mime)
        except KnownError as error:
            self.refused.emit(error)
        else:
            self.chosen.emit(source)

    def _choose_hub(self) -> None:
        repo_id = self.hub.text().strip().removeprefix("https://huggingface.co/datasets/")
        if repo_id:
            self.chosen.emit(HubDataset(repo_id, self._split.text().strip() or None))


def source_of(mime: QMimeData | None) -> Source:
    """What was dropped or copied: one file or folder, or text that may hold rows.

    Raises KnownError: several files, a file that is not here, or nothing to read.
    """
    urls = mime.urls() if mime is not None else []  # none in a clipboard that was never filled
    if len(urls) > 1:
        raise KnownError(
            _tr("These are {0:,} files: take one after the other, or the folder they are in.")
            .format(len(urls))
        )  # fmt: skip
    if urls and not urls[0].isLocalFile():
        raise KnownError(
            _tr("“{0}” is not a file on this machine: save it here first.")
            .format(urls[0].toDisplayString())
        )  # fmt: skip
    if urls:
        path = Path(urls[0].toLocalFile())
        if not path.exists():
            raise KnownError(_tr("“{0}” is not there any more: choose it again.").format(path))
        return path
    if mime is not None and mime.text().strip():
        return Pasted(mime.text())
    raise KnownError(
        _tr("There are no rows in the clipboard or in what was dropped: copy text or a file first.")
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("ImportSources", text)
