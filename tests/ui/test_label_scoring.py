"""Label: a run's model scores the waiting pairs, in a real process that needs no model."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.held_bridge import HeldBridge
from tests.ui.label_panels import (
    SECRET,
    add_pairs,
    everything_said,
    press,
    shown_panel,
    shown_text,
)
from tests.ui.test_label_people import dialog, run_command
from workbench.core.changes import Changed, Changes
from workbench.core.conversation import user
from workbench.core.events import RunState
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.panels.label.newer_run import NewerRun
from workbench.ui.panels.label.panel import LabelPanel
from workbench.ui.panels.label.scoring import Scoring

COMMAND = "Score the waiting pairs with a model"


def add_run(project: Project, name: str) -> None:
    spec = RunSpec(
        run_id=f"run-{name}", name=name, config=DpoConfig(),
        model=ModelRef(name="tiny", path="/nowhere"),
    )  # fmt: skip
    folder = project.runs_dir / spec.run_id
    (folder / "adapter").mkdir(parents=True)
    project.runs.add(spec, folder, RunState.FINISHED)


def scoring(panel: LabelPanel) -> Scoring:
    found = panel.findChild(Scoring)
    assert found is not None
    found.host_module = "tests.unit.runner.fake_host"
    return found


def begin(qtbot: QtBot, panel: LabelPanel) -> QDialog:
    run_command(panel, COMMAND)
    shown = dialog(qtbot, "label.judge")
    shown.accept()
    return shown


def test_the_queue_asks_by_the_scores_of_a_run(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_pairs(project, 5)
    add_run(project, "dpo-1")
    panel = shown_panel(qtbot, session)
    strip = scoring(panel)
    assert not strip.isVisible()
    begin(qtbot, panel)
    assert strip.isVisible()
    assert "dpo-1" not in strip.findChild(QLabel, "label.scoring").text()
    qtbot.waitUntil(lambda: bool(session.window.notices))
    assert session.window.notices[0].startswith("5 pairs are scored")
    assert not strip.isVisible()
    assert project.queue.settings().score_source == "dpo-1"
    assert [item.pair_count for item in project.scores.sources()] == [5]


def test_runs_leads_here_to_the_scoring_itself(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_pairs(project, 3)
    add_run(project, "dpo-1")
    panel = shown_panel(qtbot, session)
    scoring(panel)
    panel.show_item(score_run_id="run-dpo-1")
    qtbot.waitUntil(lambda: bool(session.window.notices))
    assert session.window.notices[0].startswith("3 pairs are scored")
    assert project.queue.settings().score_source == "dpo-1"


def test_pairs_can_be_judged_meanwhile_and_scoring_given_up(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_pairs(project, 2)
    rows = [NewPair(user("hang"), "First.", "Second.", SECRET, SECRET)]
    project.datasets.add_pairs("Hangs", rows)
    add_run(project, "dpo-1")
    panel = shown_panel(qtbot, session)
    strip = scoring(panel)
    begin(qtbot, panel)
    before = shown_text(panel, "prompt")
    panel.setFocus()
    press(qtbot, panel, Qt.Key.Key_Left)
    assert shown_text(panel, "prompt") != before
    cancel = strip.findChild(QPushButton, "label.scoring.cancel")
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not strip.is_at_work)
    assert session.window.notices == ["No pair was scored."]
    assert project.queue.settings().score_source == ""


def test_what_goes_wrong_is_told_in_a_sentence(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    rows = [NewPair(user("kill"), "First.", "Second.", SECRET, SECRET)]
    project.datasets.add_pairs("Dies", rows)
    add_run(project, "dpo-1")
    panel = shown_panel(qtbot, session)
    strip = scoring(panel)
    begin(qtbot, panel)
    qtbot.waitUntil(lambda: bool(session.window.errors))
    assert str(session.window.errors.pop()).endswith(".")
    assert not strip.isVisible()


def test_without_such_a_run_the_dialog_says_what_to_train(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_pairs(project, 1)
    panel = shown_panel(qtbot, session)
    run_command(panel, COMMAND)
    shown = dialog(qtbot, "label.judge")
    said = " ".join(item.text() for item in shown.findChildren(QLabel))
    assert "train DPO, KTO or a reward model first" in said
    assert [item.text() for item in shown.findChildren(QPushButton)] == ["Close"]
    shown.reject()


def newer_run(panel: LabelPanel) -> NewerRun:
    found = panel.findChild(NewerRun)
    assert found is not None
    return found


def scored_with(project: Project, name: str) -> None:
    project.scores.put(name, [(pair_id, 0.5) for pair_id in project.scores.unscored("me", name)])
    project.queue.change_settings(replace(project.queue.settings(), score_source=name))


def test_a_newer_run_is_offered_in_a_line_and_scores_with_one_click(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_pairs(project, 3)
    add_run(project, "dpo-1")
    scored_with(project, "dpo-1")
    panel = shown_panel(qtbot, session)
    scoring(panel)
    offer = newer_run(panel)
    bridge = session.bridge
    assert isinstance(bridge, HeldBridge)
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert not offer.isVisible(), "the newest run has scored already"
    add_run(project, "dpo-2")
    session.window.active = (project.runs.get("run-dpo-1"),)
    panel.apply_changes(Changes(Changed.RUNS))
    qtbot.waitUntil(offer.isVisible)
    assert "dpo-2" not in everything_said(offer)
    assert "Another is at work now" in everything_said(offer)
    assert project.queue.settings().score_source == "dpo-1", "nothing is scored by itself"
    click = offer.findChild(QPushButton, "label.newer_run.score")
    qtbot.mouseClick(click, Qt.MouseButton.LeftButton)
    assert not offer.isVisible()
    qtbot.waitUntil(lambda: bool(session.window.notices))
    assert session.window.notices[0].startswith("3 pairs are scored")
    assert project.queue.settings().score_source == "dpo-2"
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert not offer.isVisible()


def test_a_newer_run_that_is_not_wanted_is_not_offered_again(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_pairs(project, 3)
    add_run(project, "dpo-1")
    scored_with(project, "dpo-1")
    add_run(project, "dpo-2")
    panel = shown_panel(qtbot, session)
    offer = newer_run(panel)
    qtbot.waitUntil(offer.isVisible)
    close = offer.findChild(QPushButton, "label.newer_run.close")
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    panel.apply_changes(Changes(Changed.PAIRS))
    bridge = session.bridge
    assert isinstance(bridge, HeldBridge)
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert not offer.isVisible()
