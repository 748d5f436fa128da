"""The Data panel over many rows: how long the window is ever deaf while rows load and scroll."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from workbench.core.changes import Changes
from workbench.store import Project

_TICK_MS = 5
_SCROLLS = 60
_LONGEST_WAIT_S = 120.0


class _QuietWindow:
    """Stands where the panel's window is."""

    def apply(self, changes: Changes) -> None:
        """Nobody else looks."""

    def show_error(self, error: BaseException) -> None:
        raise error

    def show_notice(self, *_words: object, **_action: object) -> None:
        """Nobody reads it."""


def longest_block_ms(project: Project, word: str) -> float:
    """Open the panel, scroll through all rows, search; returns the longest gap between events.

    `project` must be indexed already; `word` is one that is in nearly every row.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QCoreApplication, QTimer
    from PySide6.QtWidgets import QApplication

    from workbench.ui import theme
    from workbench.ui.bridge import Bridge
    from workbench.ui.context import Session, Window
    from workbench.ui.panels.data.panel import DataPanel
    from workbench.ui.settings import Settings

    app = QApplication.instance() or QApplication([])
    theme.install(cast(QApplication, app), "dark")
    settings = Settings.load(Path(project.folder) / "window.json")
    session = Session(cast(Window, _QuietWindow()), Bridge(), settings, project)
    panel = DataPanel(session)
    panel.resize(1400, 850)
    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000 - _TICK_MS)
        last = now

    def wait(until: Callable[[], bool]) -> None:
        end = time.monotonic() + _LONGEST_WAIT_S
        while not until():
            QCoreApplication.processEvents()
            if time.monotonic() > end:
                raise TimeoutError("the panel did not come so far")
            time.sleep(0.0005)

    panel.show()
    wait(lambda: panel.browser.rows.rowCount() > 0)
    timer = QTimer()
    timer.timeout.connect(tick)
    last = time.perf_counter()
    timer.start(_TICK_MS)
    browser = panel.browser
    wait(lambda: browser.rows.is_complete and browser.rows.rowCount() > 0)
    count = browser.rows.rowCount()
    for number in range(_SCROLLS):
        row = (number * 7919 * 131) % count
        browser.table.scrollTo(browser.rows.index(row, 0))
        wait(lambda row=row: browser.rows.row(row) is not None)  # type: ignore[misc]
    browser.filters.search.setText(word)
    browser.filters.search.returnPressed.emit()
    wait(lambda: browser.rows.filter.text == word and browser.rows.is_complete)
    timer.stop()
    panel.close_down()
    session.bridge.close()
    panel.deleteLater()
    QCoreApplication.processEvents()
    return max(gaps)
