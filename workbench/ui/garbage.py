"""Cyclic garbage is collected on the GUI thread alone, and from its event loop.

Python collects on whichever thread happens to allocate. A worker thread would then destroy Qt
objects that belong to the GUI thread; and widgets would go while Qt walks through them.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_INTERVAL_MS = 100  # often, so that each time there is little to look through


class GarbageCollector(QObject):
    """Takes over from Python's own collector for as long as the process lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what was imported stays: looking through it again would only cost time
        timer = QTimer(self)
        timer.timeout.connect(self._collect)
        timer.start(_INTERVAL_MS)

    @Slot()
    def _collect(self) -> None:
        """Collect the oldest generation that is due, by Python's own thresholds."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [number for number, (count, threshold) in enumerate(counts) if count > threshold]
        if due:
            gc.collect(due[-1])
