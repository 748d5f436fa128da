"""A thin bar that shows a share."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

_STEPS = 1000


class Meter(QProgressBar):
    """A share from 0 to 1. `name` is what a screen reader says."""

    def __init__(self, name: str, width: int | None = None) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setRange(0, _STEPS)
        self.setAccessibleName(name)
        if width is not None:
            self.setFixedWidth(width)

    def set_share(self, share: float) -> None:
        self.setRange(0, _STEPS)
        self.setValue(round(max(0.0, min(1.0, share)) * _STEPS))

    def set_busy(self) -> None:
        """Show that something goes on whose end can't be told."""
        self.setRange(0, 0)
