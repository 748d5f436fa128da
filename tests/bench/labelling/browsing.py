"""The Data panel over many rows: how long the window is ever deaf while rows load and scroll."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Block:
    """The longest that the window did not answer: by the clock, and at work itself.

    They differ where other programs, or the panel's own threads, had the processor meanwhile.
    """

    wall_ms: float
    work_ms: float


def longest_block(project: Project, word: str) -> Block:
    """Open the panel, scroll through all rows and search them.

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
    gaps: list[tuple[float, float]] = []
    last = (time.perf_counter(), time.thread_time())

    def tick() -> None:
        nonlocal last
        now = (time.perf_counter(), time.thread_time())
        gaps.append(((now[0] - last[0]) * 1000 - _TICK_MS, (now[1] - last[1]) * 1000))
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
    last = (time.perf_counter(), time.thread_time())
    timer.start(_TICK_MS)
    browser = panel.browser
    wait(lambda: browser.rows.is_complete and browser.rows.rowCount() > 0)
    count = browser.rows.rowCount()
    for number in range(_SCROLLS):
        row = (number * 7919 * 131) % count
        browser.table.scrollTo(browser.rows.index(row, 0))
        wait(lambda row=row: browser.rows.row(row) is not None)
    browser.filters.search.setText(word)
    browser.filters.search.returnPressed.emit()
    wait(lambda: browser.rows.filter.text == word and browser.rows.is_complete)
    timer.stop()
    panel.close_down()
    session.bridge.close()
    panel.deleteLater()
    QCoreApplication.processEvents()
    return Block(max(wall for wall, _ in gaps), max(work for _, work in gaps))
