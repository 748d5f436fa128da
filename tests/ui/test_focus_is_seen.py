"""Wherever Tab goes, it is seen where the keyboard is, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import pair
from workbench.core.conversation import user
from workbench.core.preferences import Split
from workbench.store.project import Project
from workbench.store.rows import NewPrompt
from workbench.ui import theme
from workbench.ui.main_window import MainWindow
from workbench.ui.panel_table import PANELS
from workbench.ui.panels.data.panel import DataPanel


def stops(panel: QWidget) -> list[QWidget]:
    """Every widget of a panel where Tab would stop now."""
    return [
        widget
        for widget in (panel, *panel.findChildren(QWidget))
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusProxy() is None
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def unseen(panel: QWidget) -> list[str]:
    """Those that look the same with the keyboard in them as without."""
    found = []
    for stop in stops(panel):
        panel.setFocus()
        without = stop.grab().toImage()
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        assert stop.hasFocus(), stop
        if stop.grab().toImage() == without:
            found.append(f"{type(stop).__name__} {stop.objectName() or stop.accessibleName()}")
    return found


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_every_tab_stop_shows_that_it_has_the_keyboard(
    window: MainWindow, project: Project, qapp: QApplication, qtbot: QtBot, mode: str
) -> None:
    theme.install(qapp, mode)
    project.datasets.add_pairs("Tea", [pair("Why?"), pair("How?", choice=None)])
    project.datasets.add_prompts("Held out", [NewPrompt(user("Where?"), Split.HELD_OUT)])
    with qtbot.waitActive(window):
        window.activateWindow()
    for entry in PANELS:
        window.navigate(entry.name)
        assert unseen(window.current_panel) == [], entry.name
    window.navigate("data")
    data = cast(DataPanel, window.current_panel)
    qtbot.waitUntil(lambda: data.browser.detail.detail is not None)
    data.browser.detail.answers[0].begin()
    data.browser.detail.prompt.begin()
    assert unseen(data) == []
    tools: tuple[Callable[[], None], ...] = (
        data.choose_import, data.choose_export, data.add_row, data.generate_candidates,
        data.find_duplicates, data.show_statistics, data.show_bin,
    )  # fmt: skip
    for tool in tools:
        tool()
        assert unseen(data) == [], tool.__name__
