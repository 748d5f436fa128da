"""The time of a pair is the time in which somebody could look at it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workbench.ui.panels.label.stopwatch import Stopwatch


class Attention(QObject):
    """Lets the stopwatch run while the panel is in view and its own window has the keyboard.

    A dialog of that window has it in the window's place: that time is not the pair's.
    """

    def __init__(self, panel: QWidget, stopwatch: Stopwatch) -> None:
        super().__init__(panel)
        self._panel = panel
        self._stopwatch = stopwatch
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication), "a panel needs an application"
        application.focusWindowChanged.connect(self.look)

    @Slot()
    def look(self) -> None:
        """Let it run or stand still, as things are now."""
        focused = QGuiApplication.focusWindow()
        has_keyboard = focused is not None and focused == self._panel.window().windowHandle()
        if has_keyboard and self._panel.isVisible():
            self._stopwatch.resume()
        else:
            self._stopwatch.pause()
