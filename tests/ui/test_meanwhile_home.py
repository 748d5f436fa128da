"""Home: what a person does while a run is at work, or the demo is on its way."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QPersistentModelIndex
from PySide6.QtWidgets import QPushButton, QTableView
from pytestqt.qtbot import QtBot

from tests.ui.held_bridge import HeldBridge
from workbench.core.changes import Changed, Changes
from workbench.core.events import RunState
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.runner.demo_project import demo_project_folder
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.home.panel import HomePanel
from workbench.ui.settings import Settings


def test_the_demo_is_made_once(qtbot: QtBot, session: Session, bridge: HeldBridge) -> None:
    panel = HomePanel(session)
    qtbot.addWidget(panel)
    bridge.hold(qtbot)
    panel._open_demo()
    panel._open_demo()
    qtbot.waitUntil(lambda: bridge.is_idle, timeout=120_000)
    assert len(bridge.held) == 1
    bridge.release()
    assert session.window.opened == [demo_project_folder()]


def test_what_is_pressed_on_home_stays_while_a_run_is_at_work(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project, settings: Settings
) -> None:
    settings.remember_project(project.folder)
    spec = RunSpec(
        run_id="r1", name="dpo-1", model=ModelRef(name="m", path="/m"), config=DpoConfig()
    )
    (project.runs_dir / "r1").mkdir()
    project.runs.add(spec, project.runs_dir / "r1", RunState.RUNNING)
    panel = HomePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    rounds = panel.findChild(QTableView, "home.rounds")
    assert rounds is not None
    qtbot.waitUntil(lambda: rounds.model().rowCount() == 1)
    row = QPersistentModelIndex(rounds.model().index(0, 0))
    link = panel.findChild(QPushButton, f"home.project.{project.folder.name}")
    assert link is not None
    panel.apply_changes(Changes(Changed.METRICS | Changed.RUNS))
    qtbot.waitUntil(lambda: bridge.is_idle)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert shiboken6.isValid(link)
    assert row.isValid()
