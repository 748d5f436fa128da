"""Fetching a model from the Hugging Face hub, in place."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from workbench.core.errors import KnownError
from workbench.modelfiles.hub import DownloadProgress, DownloadStoppedError, download
from workbench.ui import theme
from workbench.ui.context import Session
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.meter import Meter
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import size_so_far

_ID_WIDTH = 360


class HubCard(Card):
    """Hidden until `ask`. `fetched` gives the hub id and the folder of a finished download."""

    fetched = Signal(str, object)

    def __init__(self, session: Session) -> None:
        super().__init__("-")
        self.set_title(self.tr("Download from the hub"))
        self.setObjectName("models.hub")
        self._session = session
        self._cancel = threading.Event()
        self._is_busy = False
        self._id = QLineEdit()
        self._id.setObjectName("models.hub.id")
        self._id.setAccessibleName(self.tr("Hub id"))
        self._id.setPlaceholderText("owner/name")
        self._id.setFixedWidth(_ID_WIDTH)
        self._id.returnPressed.connect(self.start)
        self._go = button(self.tr("Download"), self.start, kind="primary", icon="import")
        self._close = button(self.tr("Close"), self.give_up, kind="quiet")
        self._go.setObjectName("models.hub.go")
        self._close.setObjectName("models.hub.cancel")
        self._message = label("", "secondary", wrap=True)
        self._message.setObjectName("models.hub.message")
        self._meter = Meter(self.tr("Share that has been fetched"))
        fields = QHBoxLayout()
        fields.setSpacing(SPACE_8)
        for widget in (self._id, self._go, self._close):
            fields.addWidget(widget)
        fields.addStretch(1)
        self.body.addWidget(self._message)
        self.body.addLayout(fields)
        self.body.addWidget(self._meter)
        self.hide()

    @property
    def message(self) -> str:
        return self._message.text()

    def ask(self) -> None:
        """Show the field for the id."""
        if not self._is_busy:
            self._say(
                self.tr(
                    "The model's id as on huggingface.co. Only weights as safetensors are fetched,"
                    " into the Hugging Face cache."
                )
            )
        self.show()
        self._id.setFocus()

    def start(self) -> None:
        """Fetch the model whose id stands in the field."""
        repo_id = self._id.text().strip()
        if self._is_busy or not repo_id:
            return
        self._cancel = threading.Event()
        self._say(self.tr("Asking the hub…"), is_busy=True)
        on_progress = self._session.bridge.forward(self._show_progress, owner=self)
        self._session.bridge.run(
            partial(download, repo_id, on_progress, self._cancel),
            partial(self._finish, repo_id),
            self._show_error,
            owner=self,
        )

    def give_up(self) -> None:
        """Stop a download (what was fetched stays for the next time), or hide."""
        if self._is_busy:
            self._cancel.set()
            self._message.setText(self.tr("Stopping…"))
        else:
            self.hide()

    def _show_progress(self, progress: DownloadProgress) -> None:
        if not self._is_busy or self._cancel.is_set() or not progress.total_bytes:
            return
        self._meter.set_share(progress.done_bytes / progress.total_bytes)
        self._message.setText(size_so_far(progress.done_bytes, progress.total_bytes))

    def _finish(self, repo_id: str, folder: Path) -> None:
        self._say("")
        self._id.clear()
        self.hide()
        self.fetched.emit(repo_id, folder)

    def _show_error(self, error: BaseException) -> None:
        if isinstance(error, DownloadStoppedError):
            self._say(str(error))
        elif isinstance(error, KnownError):
            self._say(str(error), tone="bad")
        else:
            self._say("")
            self._session.show_error(error)

    def _say(self, text: str, *, is_busy: bool = False, tone: str = "plain") -> None:
        self._is_busy = is_busy
        self._message.setText(text)
        self.setAccessibleDescription(text)
        self.set_tone(tone)
        theme.set_property(self._id, "invalid", tone == "bad")
        self._id.setReadOnly(is_busy)
        self._go.setEnabled(not is_busy)
        self._close.setText(self.tr("Cancel") if is_busy else self.tr("Close"))
        self._meter.setVisible(is_busy)
        if is_busy:
            self._meter.set_busy()
