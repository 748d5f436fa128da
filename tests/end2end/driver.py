"""Runs the real application and tells a test where its widgets are.

    python -m tests.end2end.driver SOCKET [ARGUMENT …]

Input never goes this way: keys and clicks are real ones, sent through the display. The socket
answers three requests, one line each: `widgets`, `screenshot PATH`, and `close`, which stands for
the button on the frame that a display without a window manager does not have.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

from PySide6.QtCore import QPoint, QSocketNotifier, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from workbench.ui.app import application, main

_PROPERTIES = ("text", "plainText", "currentText", "checked", "value", "title", "windowTitle")


def describe(widget: QWidget) -> dict[str, Any]:
    """Where a widget is on the screen, and what it shows."""
    corner = widget.mapToGlobal(QPoint(0, 0))
    found = {
        "kind": type(widget).__name__,
        "name": widget.objectName(),
        "accessible": widget.accessibleName(),
        "enabled": widget.isEnabled(),
        "focused": widget.hasFocus(),
        "x": corner.x(),
        "y": corner.y(),
        "width": widget.width(),
        "height": widget.height(),
    }
    for name in _PROPERTIES:
        value = widget.property(name)
        if isinstance(value, str | int | float | bool):
            found[name] = value
    return found


class Informer:
    """Answers one request a connection, on the GUI thread."""

    def __init__(self, path: str) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen()
        self._notifier = QSocketNotifier(self._server.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._answer)

    def close(self) -> None:
        self._notifier.setEnabled(False)
        self._server.close()

    def _answer(self) -> None:
        connection, _ = self._server.accept()
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            lines.write(json.dumps(self._reply(lines.readline().strip())) + "\n")

    def _reply(self, request: str) -> Any:
        what, _, argument = request.partition(" ")
        if what == "screenshot":
            return QGuiApplication.primaryScreen().grabWindow(0).save(argument)
        if what == "close":
            QTimer.singleShot(0, QApplication.closeAllWindows)
            return True
        return [describe(widget) for widget in QApplication.allWidgets() if widget.isVisible()]


if __name__ == "__main__":
    application()
    informer = Informer(sys.argv[1])
    status = main(sys.argv[2:])
    informer.close()
    sys.exit(status)
