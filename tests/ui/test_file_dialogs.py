"""A dialog begins where something was chosen last, also after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.file_dialogs import ask_for_file, ask_for_folder, ask_where_to_save
from workbench.ui.settings import Settings


@pytest.fixture(autouse=True)
def _our_own_dialogs() -> None:
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def choose(dialog: QFileDialog, path: Path) -> None:
    dialog.selectFile(str(path))
    dialog.accept()


def folder_of(dialog: QFileDialog) -> Path:
    return Path(dialog.directory().absolutePath())


def test_the_next_dialog_begins_where_a_file_was_chosen(
    parent: QWidget, settings: Settings, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "pairs.jsonl").touch()
    chosen: list[Path] = []
    choose(ask_for_file(parent, settings, "Import", chosen.append), data / "pairs.jsonl")
    assert chosen == [data / "pairs.jsonl"]
    later = ask_where_to_save(
        parent, Settings.load(settings.path), "Export", "out.csv", chosen.append
    )
    assert folder_of(later) == data
    assert later.selectedFiles() == [str(data / "out.csv")]
    later.reject()


def test_a_folder_that_is_gone_is_not_where_a_dialog_begins(
    parent: QWidget, settings: Settings, tmp_path: Path
) -> None:
    settings.last_folder = str(tmp_path / "unplugged")
    dialog = ask_for_folder(parent, settings, "Add a model folder", print)
    assert folder_of(dialog) == Path.home()
    dialog.reject()


def test_a_dialog_with_a_place_of_its_own_changes_no_other(
    parent: QWidget, settings: Settings, tmp_path: Path
) -> None:
    projects = tmp_path / "projects"
    (projects / "tea").mkdir(parents=True)
    chosen: list[Path] = []
    dialog = ask_for_folder(parent, settings, "Open", chosen.append, start=projects)
    assert folder_of(dialog) == projects
    choose(dialog, projects / "tea")
    assert chosen == [projects / "tea"]
    assert settings.last_folder == ""
