"""A bridge that keeps outcomes back, to see what becomes of those that others overtake."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot

from workbench.ui.bridge import Bridge, Task


class HeldBridge(Bridge):
    """The real bridge; while `is_holding` what arrives waits in `held` until `release`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_holding = False
        self.held: list[Any] = []
        self._begun = 0

    @property
    def holds_all(self) -> bool:
        """Whether all that was begun while holding has come."""
        return len(self.held) >= self._begun

    def run(self, *arguments: Any, **options: Any) -> Task:
        self._begun += self.is_holding
        return super().run(*arguments, **options)

    def release(self) -> None:
        """Deliver what was kept back, and hold no longer."""
        self.is_holding = False
        self._begun = 0
        held, self.held = self.held, []
        for call in held:
            super()._deliver(call)

    @Slot(object)
    def _deliver(self, call: Any) -> None:
        if self.is_holding:
            self.held.append(call)
        else:
            super()._deliver(call)
