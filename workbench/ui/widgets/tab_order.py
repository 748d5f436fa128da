"""Where Tab goes in what is made later: Qt puts such widgets after everything in the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QWidget


def tab_before(anchor: QWidget, widgets: Iterable[QWidget]) -> None:
    """Let Tab go through `widgets`, in this order, and then to `anchor`. All are in one window."""
    previous = anchor
    for widget in widgets:
        QWidget.setTabOrder(previous, widget)
        previous = widget
    if previous is not anchor:
        QWidget.setTabOrder(previous, anchor)
