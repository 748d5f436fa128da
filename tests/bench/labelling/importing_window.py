"""The window while a file is imported into its project: how long it is ever deaf.

The file is chosen and imported by the page for it; the rows that were there before are looked
through meanwhile, and the new ones at the end.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.bench.labelling.window_watch import Block, WindowWatch, live_until
from workbench.store import Project
from workbench.ui import theme
from workbench.ui.app import application
from workbench.ui.garbage import GarbageCollector
from workbench.ui.main_window import MainWindow
from workbench.ui.panels.data.panel import DataPanel
from workbench.ui.settings import Settings

_WINDOW = (1440, 900)
_LONGEST_IMPORT_S = 1800.0
_BETWEEN_LOOKS_S = 0.15


def longest_block(project: Project, file: Path, rows: int) -> Block:
    """Import `file`, of so many rows, into a project that has some; closes the project."""
    app = application()
    GarbageCollector(app)
    theme.install(app, "dark")
    window = MainWindow(Settings.load(project.folder / "window.json"), project)
    window.resize(*_WINDOW)
    window.show()
    window.navigate("data")
    panel = window.current_panel
    assert isinstance(panel, DataPanel)
    browser = panel.browser
    live_until(lambda: browser.rows.is_complete and browser.rows.rowCount() > 0)
    page = panel.import_page()
    page.offer(file)
    live_until(lambda: page._go.isEnabled())
    watch = WindowWatch()
    watch.start()
    page.start()
    _live_between_looks()
    panel.show_rows()
    known = browser.rows.rowCount()
    chance = random.Random(1)
    while page.is_busy:
        browser.table.scrollTo(browser.rows.index(chance.randrange(known), 0))
        _live_between_looks()
    live_until(lambda: browser.rows.rowCount() == rows, _LONGEST_IMPORT_S)
    live_until(lambda: browser.rows.row(rows - 1) is not None)
    block = watch.stop()
    window.close()
    return block


def _live_between_looks() -> None:
    next_look = time.monotonic() + _BETWEEN_LOOKS_S
    live_until(lambda: time.monotonic() > next_look)
