"""Cyclic garbage is collected on the GUI thread alone, and from its event loop.

Python collects on whichever thread happens to allocate. A worker thread would then destroy Qt
objects that belong to the GUI thread; and widgets would go while Qt walks through them.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_INTERVAL_MS = 100  # often, so that each time there is little to look through
_OLDEST = 2
_GROWTH = 1.25
_MOST_AT_ONCE = 20_000  # in about 20 ms


def look_through_everything() -> None:
    """Collect what was set aside too: where a window is filled anew, the wait is not felt."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class GarbageCollector(QObject):
    """Takes over from Python's own collector for as long as the process lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what was imported stays: looking through it again would only cost time
        self._old_after_last = 0
        timer = QTimer(self)
        timer.timeout.connect(self._collect)
        timer.start(_INTERVAL_MS)

    @Slot()
    def _collect(self) -> None:
        """Collect what is due by Python's own rules: the young often, all when it has grown."""
        due = [
            count > threshold
            for count, threshold in zip(gc.get_count(), gc.get_threshold(), strict=True)
        ]
        if not due[0]:
            return
        if not due[1]:
            gc.collect(0)
        elif not due[2] or not self._has_grown():
            gc.collect(1)
        else:
            self._look_through_the_old()

    def _look_through_the_old(self) -> None:
        """Collect them all, unless that would be felt: so many at once are modules, which stay."""
        if len(gc.get_objects(_OLDEST)) > _MOST_AT_ONCE:
            gc.collect(1)
            gc.freeze()
        else:
            gc.collect()
        self._old_after_last = len(gc.get_objects(_OLDEST))

    def _has_grown(self) -> bool:
        """Whether it pays to go through all there is, which takes tens of milliseconds."""
        return len(gc.get_objects(_OLDEST)) > _GROWTH * self._old_after_last
