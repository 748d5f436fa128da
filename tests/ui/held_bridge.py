"""A bridge that keeps outcomes back, to see what becomes of those that others overtake."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from pytestqt.qtbot import QtBot

from workbench.ui.bridge import Bridge, Task


class HeldBridge(Bridge):
    """The real bridge; from `hold` to `release` what arrives waits in `held`."""

    _ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Any] = []
        self._is_holding = False
        self._under_way = 0
        self._ended.connect(self._count_end, Qt.ConnectionType.QueuedConnection)

    @property
    def is_idle(self) -> bool:
        """Whether the outcome of all that was begun has come (or was held, or dropped)."""
        return self._under_way == 0

    def run(self, *arguments: Any, **options: Any) -> Task:
        self._under_way += 1
        return super().run(*arguments, **options)

    def hold(self, qtbot: QtBot) -> None:
        """Keep back the outcome of all that begins from here on, and of nothing before."""
        qtbot.waitUntil(lambda: self.is_idle)
        self._is_holding = True

    def let_pass(self) -> None:
        """Deliver what arrives from here on; what was kept back stays so."""
        self._is_holding = False

    def release(self) -> None:
        """Deliver what was kept back, and hold no longer."""
        self._is_holding = False
        held, self.held = self.held, []
        for call in held:
            super()._deliver(call)

    def _send(self, task: Task | None, *outcome: Any) -> None:
        super()._send(task, *outcome)
        if task is not None:
            self._ended.emit()  # queued, so it arrives after the outcome

    @Slot()
    def _count_end(self) -> None:
        self._under_way -= 1

    @Slot(object)
    def _deliver(self, call: Any) -> None:
        if self._is_holding:
            self.held.append(call)
        else:
            super()._deliver(call)
