"""The window: what is still on its way when a project or the window closes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.ui.label_panels import add_pairs
from workbench.store.project import Project
from workbench.ui.main_window import MainWindow


def store_threads() -> int:
    return sum(thread.name == "store" for thread in threading.enumerate())


@pytest.mark.parametrize("is_new", [False, True], ids=["opened", "created"])
def test_a_project_that_comes_while_the_window_closes_is_left_free(
    window: MainWindow, tmp_path: Path, is_new: bool
) -> None:
    before = store_threads()
    if is_new:
        window.create_project(tmp_path / "other", "Other")
    else:
        Project.create(tmp_path / "other", "Other").close()
        window.open_project(tmp_path / "other")
    while store_threads() == before:  # without a turn of the event loop: it is not shown
        time.sleep(0.001)
    window.close()
    assert store_threads() < before
    Project.open(tmp_path / "other").close()


def test_a_panel_that_can_t_end_keeps_nothing_else_from_its_end(
    window: MainWindow, qtbot: QtBot, project: Project, tmp_path: Path
) -> None:
    add_pairs(project, 2)
    window.navigate("label")
    qtbot.waitUntil(lambda: project.database.read(lambda db: db["reservations"].count) == 2)
    when, then = "BEFORE DELETE ON reservations", "BEGIN SELECT RAISE(ABORT, '!'); END"
    stuck = f"CREATE TEMP TRIGGER stuck {when} {then}"  # for as long as the project is open
    project.database.write(lambda db: db.execute(stuck))
    window.close()
    Project.open(tmp_path / "project").close()


def test_who_goes_back_to_the_open_project_stays_there(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    Project.create(tmp_path / "other", "Other").close()
    window.open_project(tmp_path / "other")
    window.open_project(tmp_path / "project")
    qtbot.waitUntil(lambda: window._opening is None)
    assert window.session.project.name == "Concise answers"
    Project.open(tmp_path / "other").close()


def test_the_palette_offers_nothing_of_a_project_that_is_closed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    Project.create(tmp_path / "other", "Other").close()
    window.open_palette()
    window.open_project(tmp_path / "other")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("Other"))
    assert not window.palette_popup.isVisible()


def test_the_palette_closes_although_what_had_the_keyboard_is_gone(
    window: MainWindow, qtbot: QtBot
) -> None:
    field = QLineEdit(window.current_panel)
    field.show()
    field.setFocus()
    window.open_palette()
    shiboken6.delete(field)
    qtbot.keyClick(window.palette_popup.field, Qt.Key.Key_Escape)
    assert not window.palette_popup.isVisible()
