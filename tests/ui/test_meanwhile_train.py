"""Train: no run is started with anything but what is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.held_bridge import HeldBridge
from tests.ui.test_train_panel import add_pairs, start_button
from tests.unit.modelfiles.model_folders import write_model
from workbench.core import paths
from workbench.core.recipes import DpoConfig, ModelRef
from workbench.runner.create import create_run
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.train.panel import TrainPanel


@pytest.fixture
def train(qtbot: QtBot, session: Session, project: Project, tmp_path: Path) -> TrainPanel:
    """A panel that could start a run."""
    write_model(paths.embedded_model_dir())
    add_pairs(project, tmp_path, 8)
    add_pairs(project, tmp_path, 3)
    panel = TrainPanel(session)
    session.window.panels.append(panel)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(start_button(panel).isEnabled)
    return panel


def copy_run(panel: TrainPanel, project: Project, _: Path) -> None:
    ref = ModelRef(name="m", path=str(paths.embedded_model_dir()))
    panel.show_item(copy_run_id=create_run(project, name="one", model=ref, config=DpoConfig()))


def choose_data(panel: TrainPanel, _: Project, __: Path) -> None:
    panel.start_from._data.setCurrentIndex(1)
    panel.start_from._data.activated.emit(1)


def want_a_new_model(panel: TrainPanel, project: Project, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "late")
    project.models.add("late", "folder", folder, {})
    panel.show_item(model_path=str(folder))


@pytest.mark.parametrize("ask", [copy_run, choose_data, want_a_new_model])
def test_no_run_starts_with_anything_but_what_is_shown(
    qtbot: QtBot, train: TrainPanel, bridge: HeldBridge, project: Project, tmp_path: Path,
    ask: Callable[[TrainPanel, Project, Path], None],
) -> None:  # fmt: skip
    bridge.hold(qtbot)
    ask(train, project, tmp_path)
    assert not start_button(train).isEnabled()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    assert start_button(train).isEnabled()


def rename(project: Project, table: str, name: str) -> None:
    project.database.write(lambda db: db.execute(f"ALTER TABLE {table} RENAME TO {name}"))


def test_a_project_that_could_not_be_read_is_read_again_when_asked(
    qtbot: QtBot, train: TrainPanel, session: Session, project: Project
) -> None:
    rename(project, "verdicts", "away")
    train.choose_method("kto")
    again = train.findChild(QPushButton, "train.next")
    qtbot.waitUntil(again.isVisible)
    rename(project, "away", "verdicts")
    assert "could not be read" in train.outcome.reason
    assert again.text() == "Try again"
    assert not start_button(train).isEnabled()
    session.window.errors.clear()
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(start_button(train).isEnabled)
    assert not again.isVisible()
