"""The Data panel over many rows: how long the window is ever deaf while rows load and scroll."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QCoreApplication

from tests.bench.labelling.window_watch import Block, WindowWatch, live_until
from workbench.core.changes import Changes
from workbench.store import Project
from workbench.ui import theme
from workbench.ui.app import application
from workbench.ui.bridge import Bridge
from workbench.ui.context import Session, Window
from workbench.ui.garbage import GarbageCollector
from workbench.ui.panels.data.panel import DataPanel
from workbench.ui.settings import Settings

_SCROLLS = 60


class _QuietWindow:
    """Stands where the panel's window is."""

    def apply(self, changes: Changes) -> None:
        """Nobody else looks."""

    def show_error(self, error: BaseException) -> None:
        raise error

    def show_notice(self, *_words: object, **_action: object) -> None:
        """Nobody reads it."""


def longest_block(project: Project, word: str) -> Block:
    """Open the panel, scroll through all rows and search them.

    `project` must be indexed already; `word` is one that is in nearly every row.
    """
    app = application()
    GarbageCollector(app)
    theme.install(app, "dark")
    settings = Settings.load(Path(project.folder) / "window.json")
    session = Session(cast(Window, _QuietWindow()), Bridge(), settings, project)
    panel = DataPanel(session)
    panel.resize(1400, 850)
    panel.show()
    browser = panel.browser
    live_until(lambda: browser.rows.rowCount() > 0)
    watch = WindowWatch()
    watch.start()
    live_until(lambda: browser.rows.is_complete and browser.rows.rowCount() > 0)
    count = browser.rows.rowCount()
    for number in range(_SCROLLS):
        row = (number * 7919 * 131) % count
        browser.table.scrollTo(browser.rows.index(row, 0))
        live_until(lambda row=row: browser.rows.row(row) is not None)
    browser.filters.search.setText(word)
    browser.filters.search.returnPressed.emit()
    live_until(lambda: browser.rows.filter.text == word and browser.rows.is_complete)
    block = watch.stop()
    panel.close_down()
    session.bridge.close()
    panel.deleteLater()
    QCoreApplication.processEvents()
    return block
