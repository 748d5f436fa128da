"""One timer for all plots: it draws what is dirty and visible, and rests when nothing is."""

from __future__ import annotations

import weakref
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Slot

_INTERVAL_MS = 100


class Redrawable(Protocol):
    """A plot that can be late."""

    def isVisible(self) -> bool: ...

    def redraw(self) -> None: ...


class RedrawClock(QObject):
    """Shared by all plots of a window."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dirty: weakref.WeakSet[Redrawable] = weakref.WeakSet()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.draw_now)

    def mark(self, plot: Redrawable) -> None:
        """Draw `plot` at the next tick at which it is visible."""
        self._dirty.add(plot)
        if not self._timer.isActive():
            self._timer.start()

    @property
    def is_resting(self) -> bool:
        return not self._timer.isActive()

    @Slot()
    def draw_now(self) -> None:
        """Draw every dirty plot that is visible. A hidden one marks itself again when shown."""
        for plot in list(self._dirty):
            self._dirty.discard(plot)
            if plot.isVisible():
                plot.redraw()
        if not self._dirty:
            self._timer.stop()
