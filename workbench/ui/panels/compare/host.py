"""The generation hosts as the panel uses them: started when needed, replies on the GUI thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, Signal

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

_BASE, _WHOLE = "base", "whole"


@dataclass(frozen=True, slots=True)
class _Share:
    """What one host has in memory, and the rows that it answers."""

    model_path: str
    adapters: Mapping[str, str]
    device: str
    rows: Sequence[Row]

    @property
    def weights(self) -> tuple[str, tuple[tuple[str, str], ...], str]:
        return self.model_path, tuple(self.adapters.items()), self.device


@dataclass(slots=True)
class _Host:
    """A process that writes answers; what it has loaded, and the request under way."""

    client: GenerationClient
    token: object
    loaded: object = None
    request_id: str = field(default="")


class HostLink(QObject):
    """Asking for another subject loads it first.

    An adapter and its base are written by one host with one copy of the weights. A whole model
    gets a host of its own beside its base's, for as long as it is in view.
    """

    progressed = Signal(str)
    """Words for what a host is doing, empty once it is ready."""
    wrote = Signal(object)
    """A Token or a Done of the newest request."""
    finished = Signal()
    failed = Signal(str, bool)
    """A sentence, and whether it is a person's matter and not a bug of ours."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._hosts: dict[str, _Host] = {}

    @property
    def is_busy(self) -> bool:
        return any(host.request_id for host in self._hosts.values())

    def write(self, subject: Subject, rows: Sequence[Row], sampling: Sampling) -> None:
        """Answer each row with the subject or its base; what was under way is dropped."""
        self.cancel()
        shares = _shares(subject, rows)
        for name in self._hosts.keys() - shares.keys():
            self._end(name)
        for name, share in shares.items():
            host = self._running(name)
            if host.loaded != share.weights:
                host.client.load(share.model_path, share.adapters, share.device)
                host.loaded = share.weights
            host.request_id = host.client.generate(share.rows, sampling)

    def cancel(self) -> None:
        """Stop writing; nothing more of that request is told."""
        for host in self._hosts.values():
            if host.request_id:
                host.client.cancel(host.request_id)
            host.request_id = ""

    def close(self) -> None:
        """End the hosts; their memory is free again."""
        for name in list(self._hosts):
            self._end(name)

    def _end(self, name: str) -> None:
        self._hosts.pop(name).client.close()

    def _running(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is not None and not host.client.is_running:
            self._end(name)
            host = None
        if host is None:
            token = object()
            take = self._bridge.forward(partial(self._take, name, token), owner=self)
            host = self._hosts[name] = _Host(GenerationClient(take), token)
            self.progressed.emit(self.tr("Starting"))
        return host

    def _take(self, name: str, token: object, reply: Reply) -> None:
        host = self._hosts.get(name)
        if host is None or host.token is not token:
            return  # the last words of a host whose place another has
        match reply:
            case Loading():
                self.progressed.emit(reply.detail)
            case Ready():
                self.progressed.emit("")
            case Token() | Done():
                if reply.request_id == host.request_id:
                    self.wrote.emit(reply)
            case Finished():
                if reply.request_id == host.request_id:
                    host.request_id = ""
                    if not self.is_busy:
                        self.finished.emit()
            case Failed():
                self._fail(host, reply)

    def _fail(self, host: _Host, reply: Failed) -> None:
        is_load = reply.request_id == ""
        if not is_load and reply.request_id != host.request_id:
            return
        if is_load:
            # A request that waits for this load can't be answered: one message is enough.
            host.loaded = None
        host.request_id = ""
        self.cancel()  # one answer without the other can't be voted on
        self.failed.emit(reply.message, reply.known)


def _shares(subject: Subject, rows: Sequence[Row]) -> dict[str, _Share]:
    """Which host answers which rows, with which weights."""
    base, device = subject.model.path, subject.device
    if not subject.is_whole_model:
        return {_BASE: _Share(base, {ADAPTER_NAME: str(subject.folder)}, device, rows)}
    by_base = [row for row in rows if row.adapter is None]
    by_whole = [Row(row.row_id, row.messages) for row in rows if row.adapter is not None]
    return {
        _BASE: _Share(base, {}, device, by_base),
        _WHOLE: _Share(str(subject.folder), {}, device, by_whole),
    }
