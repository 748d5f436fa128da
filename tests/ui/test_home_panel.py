"""Home: where the project stands on the loop, the next thing to do, and other projects."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from workbench.core import conversation
from workbench.core.events import Event, Metric, RunState
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.store.project import Project
from workbench.store.rows import NewPair, NewPrompt
from workbench.ui.context import Session
from workbench.ui.main_window import MainWindow
from workbench.ui.panels.home.loop import NextStep, next_step, read_loop
from workbench.ui.panels.home.panel import HomePanel
from workbench.ui.panels.home.projects import ProjectsCard
from workbench.ui.settings import Settings

BASE = Origin(OriginKind.SAMPLED, model="base")
TRAINED = Origin(OriginKind.SAMPLED, model="base", run_id="r1")


def add_pairs(project: Project, count: int, choice: Choice | None) -> None:
    pairs = [
        NewPair(conversation.user(f"{choice} {n}?"), f"a{n}", f"b{n}", BASE, BASE, choice)
        for n in range(count)
    ]
    project.datasets.add_pairs(f"{choice}", pairs, verdict_source="rule")


def add_run(project: Project, state: RunState) -> None:
    model = ModelRef(name="tiny", path="/models/tiny")
    spec = RunSpec(run_id="r1", name="dpo-1", model=model, config=DpoConfig())
    (project.runs_dir / "r1").mkdir()
    project.runs.add(spec, project.runs_dir / "r1")
    values = {"rewards/margins": 1.25, "rewards/accuracies": 0.75}
    project.runs.add_events("r1", 1, [Event("r1", 1, 1, time.time(), Metric(7, values))], 1)
    project.runs.set_state("r1", state)


def vote(project: Project, question: str, choice: Choice) -> None:
    project.votes.record(
        conversation.user(question), ("base", BASE), ("trained", TRAINED), choice=choice,
        shown_left=Choice.FIRST, blind=True, reviewer="Ada",
    )  # fmt: skip


def test_the_next_step_follows_the_loop(project: Project) -> None:
    def step() -> NextStep:
        return next_step(read_loop(project, "Ada"))

    assert step() is NextStep.BRING_IN_PAIRS
    add_pairs(project, 5, None)
    assert step() is NextStep.LABEL
    add_pairs(project, 20, Choice.FIRST)
    assert step() is NextStep.TRAIN
    add_run(project, RunState.RUNNING)
    assert step() is NextStep.LABEL_WHILE_RUNNING
    project.runs.set_state("r1", RunState.CRASHED, "Out of memory.")
    assert step() is NextStep.LOOK_AT_ENDED_RUN
    project.runs.set_state("r1", RunState.FINISHED)
    assert step() is NextStep.COMPARE
    vote(project, "Why?", Choice.SECOND)
    assert step() is NextStep.MAKE_PAIRS_OF_VOTES
    project.votes.make_pairs()
    assert step() is NextStep.LABEL


def test_reviewing_goes_on_until_the_finding_is_clear(project: Project) -> None:
    held_out = [NewPrompt(conversation.user(f"{n}?"), Split.HELD_OUT) for n in range(12)]
    project.datasets.add_prompts("Held out", held_out)
    add_pairs(project, 3, None)
    add_run(project, RunState.FINISHED)
    vote(project, "0?", Choice.SECOND)
    assert next_step(read_loop(project, "Ada")) is NextStep.COMPARE
    for number in range(1, 10):
        vote(project, f"{number}?", Choice.SECOND)
    assert next_step(read_loop(project, "Ada")) is NextStep.LABEL


def test_votes_on_a_run_count_for_its_model(project: Project) -> None:
    add_run(project, RunState.FINISHED)
    for number, choice in enumerate((Choice.SECOND, Choice.SECOND, Choice.FIRST, Choice.TIE)):
        vote(project, f"{number}?", choice)
    (only,) = read_loop(project, "Ada").rounds
    assert (only.votes.wins, only.votes.losses, only.votes.ties) == (2, 1, 1)
    assert (only.margin, only.accuracy) == (1.25, 0.75)


def test_the_panel_shows_counts_and_goes_where_the_button_says(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 20, Choice.FIRST)
    panel = HomePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    following = panel.findChild(QPushButton, "home.next")
    assert following is not None
    qtbot.waitUntil(lambda: following.text() == "Set up a run")
    assert "20" in [shown.text() for shown in panel.findChildren(QLabel)]
    qtbot.mouseClick(following, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("train", {})]


def test_a_round_leads_to_its_run(qtbot: QtBot, session: Session, project: Project) -> None:
    add_run(project, RunState.FINISHED)
    panel = HomePanel(session)
    qtbot.addWidget(panel)
    panel.resize(1200, 800)
    panel.show()
    table = panel.findChild(QTableView, "home.rounds")
    assert table is not None
    qtbot.waitUntil(lambda: table.model().rowCount() == 1 and table.isVisible())
    where = table.visualRect(table.model().index(0, 2)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert ("runs", {"run_id": "r1"}) in session.window.visits


def test_a_project_is_made_in_place_and_the_old_one_is_in_the_list(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    def child(kind: type, name: str) -> object:
        found = window.findChild(kind, name)
        assert found is not None, name
        return found

    new = child(QPushButton, "home.new")
    qtbot.mouseClick(new, Qt.MouseButton.LeftButton)
    name, folder = child(QLineEdit, "home.new.name"), child(QLineEdit, "home.new.folder")
    qtbot.keyClicks(name, "Support replies")
    assert folder.text().endswith("support-replies")
    folder.selectAll()
    qtbot.keyClicks(folder, str(tmp_path / "support"))
    qtbot.keyClick(folder, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.windowTitle().startswith("Support replies"))
    assert (tmp_path / "support" / "project.sqlite").is_file()

    def old_project() -> list[QPushButton]:
        rows = window.findChildren(QPushButton, "home.project.project")
        return [row for row in rows if row.isVisible() and row.isEnabled()]

    qtbot.waitUntil(lambda: len(old_project()) == 1)
    qtbot.mouseClick(old_project()[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.windowTitle().startswith("Concise answers"))


@pytest.mark.parametrize("gone", [True, False])
def test_without_a_project_home_welcomes(
    qtbot: QtBot, settings: Settings, project: Project, tmp_path: Path, gone: bool
) -> None:
    settings.remember_project(tmp_path / "gone" if gone else project.folder)
    shown = MainWindow(settings, None)
    qtbot.addWidget(shown)
    shown.show()
    texts = [item.text() for item in shown.findChildren(QLabel)]
    assert "Teach a model what you prefer" in texts
    assert ("not there any more" in texts) is gone
    shown.close()


def test_the_demo_is_one_click_away_from_the_first_start(
    qtbot: QtBot, settings: Settings, home: Path
) -> None:
    shown = MainWindow(settings, None)
    qtbot.addWidget(shown)
    shown.show()
    assert not [card for card in shown.findChildren(ProjectsCard) if card.isVisible()]
    begin = next(item for item in shown.findChildren(QPushButton) if item.text() == "Try the demo")
    qtbot.mouseClick(begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: shown.windowTitle().startswith("Demo: short and direct"), timeout=60_000
    )
    assert shown.session.project.folder.is_relative_to(home)
    shown.close()
