"""The generation host as the panel uses it: started when needed, replies on the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.generation import (
    Done,
    Failed,
    Finished,
    Loading,
    Ready,
    Reply,
    Row,
    Sampling,
    Token,
)
from workbench.runner.generation_client import GenerationClient
from workbench.ui.bridge import Bridge
from workbench.ui.panels.compare.comparison import ADAPTER_NAME
from workbench.ui.panels.compare.subjects import Subject


class HostLink(QObject):
    """One host with one base model in memory. Asking for another subject loads it first."""

    progressed = Signal(str)
    """Words for what the host is doing, empty once it is ready."""
    wrote = Signal(object)
    """A Token or a Done of the newest request."""
    finished = Signal()
    failed = Signal(str, bool)
    """A sentence, and whether it is a person's matter and not a bug of ours."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._forward = bridge.forward(self._take, owner=self)
        self._client: GenerationClient | None = None
        self._loaded: Subject | None = None
        self._request_id = ""

    @property
    def is_busy(self) -> bool:
        return bool(self._request_id)

    def write(self, subject: Subject, rows: Sequence[Row], sampling: Sampling) -> None:
        """Answer each row with the subject's base or adapter; what was under way is dropped."""
        self.cancel()
        client = self._running_client()
        if self._loaded != subject:
            client.load(subject.model.path, {ADAPTER_NAME: str(subject.folder)}, subject.device)
            self._loaded = subject
        self._request_id = client.generate(rows, sampling)

    def cancel(self) -> None:
        """Stop writing; nothing more of that request is told."""
        if self._client is not None and self._request_id:
            self._client.cancel(self._request_id)
        self._request_id = ""

    def close(self) -> None:
        """End the host; its memory is free again."""
        self._request_id = ""
        self._loaded = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def _running_client(self) -> GenerationClient:
        if self._client is not None and not self._client.is_running:
            self.close()
        if self._client is None:
            self._client = GenerationClient(self._forward)
            self.progressed.emit(self.tr("Starting"))
        return self._client

    @Slot(object)
    def _take(self, reply: Reply) -> None:
        match reply:
            case Loading():
                self.progressed.emit(reply.detail)
            case Ready():
                self.progressed.emit("")
            case Token() | Done():
                if reply.request_id == self._request_id:
                    self.wrote.emit(reply)
            case Finished():
                if reply.request_id == self._request_id:
                    self._request_id = ""
                    self.finished.emit()
            case Failed():
                self._fail(reply)

    def _fail(self, reply: Failed) -> None:
        is_load = reply.request_id == ""
        if not is_load and reply.request_id != self._request_id:
            return
        if is_load:
            # A request that waits for this load can't be answered: one message is enough.
            self._loaded = None
        self._request_id = ""
        self.failed.emit(reply.message, reply.known)
