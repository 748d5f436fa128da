"""One timer for all plots: it draws what is dirty and visible, and rests when nothing is."""

from __future__ import annotations

import time
import weakref
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Slot

_INTERVAL_MS = 100
_MOST_AT_ONCE_S = 0.03  # then the window has its turn


class Redrawable(Protocol):
    """A plot that can be late."""

    def isVisible(self) -> bool: ...

    def redraw(self) -> None: ...


class RedrawClock(QObject):
    """Shared by all plots of a window."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # In the order in which they were marked.
        self._dirty: weakref.WeakKeyDictionary[Redrawable, None] = weakref.WeakKeyDictionary()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._draw_on)

    def mark(self, plot: Redrawable) -> None:
        """Draw `plot` at the next tick at which it is visible."""
        self._dirty[plot] = None
        if not self._timer.isActive():
            self._timer.start()

    @property
    def is_resting(self) -> bool:
        return not self._timer.isActive()

    @Slot()
    def _draw_on(self) -> None:
        """Draw the dirty plots that are visible. A hidden one marks itself again when shown."""
        ends = time.monotonic() + _MOST_AT_ONCE_S
        for plot in list(self._dirty):
            self._dirty.pop(plot, None)
            if plot.isVisible():
                plot.redraw()
                if time.monotonic() > ends:
                    break
        if self._dirty:
            QTimer.singleShot(0, self, self._draw_on)
        else:
            self._timer.stop()
