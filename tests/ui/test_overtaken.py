"""What was read before a change never takes the place of what was read after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import add_questions, cell, show_panel
from tests.ui.held_bridge import HeldBridge
from tests.ui.label_panels import (
    PLAIN,
    add_pairs,
    count_text,
    decide,
    press,
    shown_panel,
    shown_text,
)
from tests.unit.modelfiles.model_folders import write_model
from workbench.core import conversation
from workbench.core.changes import Changed, Changes
from workbench.core.events import RunState
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.store.browse import RowFilter
from workbench.store.project import Project
from workbench.store.rows import NewExample
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.compare.panel import ComparePanel
from workbench.ui.panels.data.bin_page import BinPage
from workbench.ui.panels.data.panel import DataPanel
from workbench.ui.panels.data.rows import PAGE_SIZE
from workbench.ui.panels.home.panel import HomePanel
from workbench.ui.panels.label.reading import read_ahead
from workbench.ui.panels.models.panel import ModelsPanel

Shown = Callable[[Panel], object]


def labels(panel: Panel) -> list[str]:
    return [item.text() for item in panel.findChildren(QLabel)]


def add_run(project: Project, name: str) -> None:
    folder = project.runs_dir / name
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter" / "adapter_model.safetensors").touch()
    model = ModelRef(name="tiny", path="/models/tiny")
    spec = RunSpec(run_id=name, name=name, model=model, config=DpoConfig(), created_at=time.time())
    project.runs.add(spec, folder, RunState.FINISHED)


def add_model(project: Project, tmp_path: Path) -> None:
    project.models.add("tiny", "folder", write_model(tmp_path / "tiny"), {})


@pytest.mark.parametrize(
    ("make", "change", "is_new"),
    [
        (
            ModelsPanel,
            add_model,
            lambda panel: "tiny" in [entry.title for entry in panel.list.entries],
        ),
        (
            HomePanel,
            lambda project, _: add_questions(project, 17),
            lambda panel: "17" in labels(panel),
        ),
        (
            DataPanel,
            lambda project, _: add_questions(project, 2),
            lambda panel: [entry.title for entry in panel.list.entries] == ["Questions"],
        ),
        (
            ComparePanel,
            lambda project, _: add_run(project, "dpo-1"),
            lambda panel: panel.findChild(QComboBox, "compare.subject").count() == 1,
        ),
    ],
    ids=["models", "home", "data", "compare"],
)
def test_a_panel_keeps_the_newest_of_what_it_read(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project, tmp_path: Path,
    make: Callable[[Session], Panel], change: Callable[[Project, Path], object],
    is_new: Callable[[Panel], bool],
) -> None:  # fmt: skip
    panel = make(session)
    qtbot.addWidget(panel)
    bridge.hold(qtbot)
    panel.show()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.let_pass()
    change(project, tmp_path)
    panel.apply_changes(Changes(Changed.EVERYTHING))
    qtbot.waitUntil(lambda: is_new(panel))
    bridge.release()
    assert is_new(panel)
    panel.close_down()


def test_votes_on_one_run_are_never_shown_as_those_on_another(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    for name in ("dpo-1", "dpo-2"):
        add_run(project, name)
    panel = ComparePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    subjects = panel.findChild(QComboBox, "compare.subject")
    assert subjects is not None
    qtbot.waitUntil(lambda: subjects.count() == 2)
    qtbot.waitUntil(lambda: panel._standings._name.text() == subjects.currentText())
    before, sentence = subjects.currentText(), panel._standings._sentence.text()
    run_id = next(name for name in ("dpo-1", "dpo-2") if name != before)
    base, trained = (Origin(OriginKind.SAMPLED, model="m", run_id=id) for id in (None, run_id))
    project.votes.record(
        conversation.user("?"), ("a", base), ("b", trained), choice=Choice.SECOND,
        shown_left=Choice.FIRST, blind=True, reviewer="Ada",
    )  # fmt: skip
    bridge.hold(qtbot)
    panel._read_standings()
    qtbot.waitUntil(lambda: bridge.is_idle)
    panel.show_item(run_id=run_id)
    qtbot.waitUntil(lambda: bridge.is_idle)
    for_the_other = bridge.held.pop()
    bridge.release()
    assert panel._standings._name.text() == before
    assert panel._standings._sentence.text() == sentence
    bridge._deliver(for_the_other)
    assert panel._standings._name.text() == run_id
    assert panel._standings._sentence.text() != sentence


def test_the_count_never_goes_back_behind_a_verdict(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_pairs(project, 3)
    panel = shown_panel(qtbot, session)
    bridge.hold(qtbot)
    panel.apply_changes(Changes(Changed.VERDICTS))
    qtbot.waitUntil(lambda: bridge.is_idle)
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert count_text(panel) == "1 of 3"
    bridge.release()
    assert count_text(panel) == "1 of 3"


def test_a_pair_that_was_decided_again_is_not_asked_for_by_what_was_read_in_between(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    first, *others = add_pairs(project, 3)
    panel = shown_panel(qtbot, session)
    decide(qtbot, panel, Qt.Key.Key_Left)
    ask = panel._queue.ask()
    press(qtbot, panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    late = read_ahead(project, ask)  # as a thread does that was slow
    press(qtbot, panel, Qt.Key.Key_Left)
    panel._queue.take_ahead(late)
    assert first in {picked.pair.id for picked in late.picks}
    assert set(panel._queue.ask().in_hand) == set(others)


def test_pairs_handed_out_after_somebody_else_took_over_are_given_back(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_pairs(project, 3)
    session.settings.annotator = "Ada"
    panel = shown_panel(qtbot, session)
    bridge.hold(qtbot)
    panel.apply_changes(Changes(Changed.PAIRS))
    qtbot.waitUntil(lambda: bridge.is_idle)
    panel._label_as("Grace")
    assert project.queue.hand_out("Ada", 5, PLAIN)  # as a thread does that was slow
    bridge.release()
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
    qtbot.waitUntil(lambda: panel._queue.current is not None)
    holders = project.database.read(
        lambda db: {row["annotator"] for row in db["reservations"].rows}
    )
    assert holders == {"Grace"}


def test_rows_on_their_way_are_asked_for_again_when_all_are_read_again(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_questions(project, PAGE_SIZE * 3)
    panel = show_panel(qtbot, session)
    rows = panel.browser.rows
    qtbot.waitUntil(lambda: cell(panel, 0, 0) == "Question 0?" and rows.is_complete)
    bridge.hold(qtbot)
    assert rows.row(PAGE_SIZE) is None
    qtbot.waitUntil(lambda: bridge.is_idle)
    rows.show_rows(rows.filter, panel.browser.filters.order)
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    qtbot.waitUntil(lambda: 1 in rows._pages)  # without anybody asking for it again
    assert cell(panel, PAGE_SIZE, 0) == f"Question {PAGE_SIZE}?"


def test_rows_of_another_filter_never_stand_in_for_those_on_screen(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_questions(project, 2, "First")
    second = add_questions(project, 3, "Second")
    panel = show_panel(qtbot, session)
    rows = panel.browser.rows
    qtbot.waitUntil(lambda: cell(panel, 0, 0) == "Question 0?")
    bridge.hold(qtbot)
    rows.show_rows(RowFilter(dataset_ids=(second.id,)), panel.browser.filters.order)
    qtbot.waitUntil(lambda: bridge.is_idle)
    rows._asked.clear()
    rows._ask(0)  # as a view does that is painted while the others are on their way
    qtbot.waitUntil(lambda: bridge.is_idle)
    old = bridge.held.pop()
    bridge.release()
    qtbot.waitUntil(lambda: rows.rowCount() == 3)
    qtbot.waitUntil(lambda: 0 in rows._pages)
    bridge._deliver(old)
    assert cell(panel, 2, 0) == "Question 2?"


def test_rows_read_before_one_was_deleted_do_not_move_the_place(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_questions(project, 4)
    panel = show_panel(qtbot, session)
    browser = panel.browser
    qtbot.waitUntil(lambda: browser.detail.detail is not None)
    browser.table.selectRow(2)
    bridge.hold(qtbot)
    browser.rows.show_rows(browser.rows.filter, browser.filters.order)
    qtbot.waitUntil(lambda: bridge.is_idle)
    browser.delete_selected()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.held.reverse()
    bridge.release()
    qtbot.waitUntil(lambda: browser.rows.rowCount() == 3)
    assert browser.table.currentIndex().row() == 2


def test_what_is_deleted_is_what_is_on_screen_and_not_what_will_be(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    pairs = add_questions(project, 2)
    examples = project.datasets.add_examples("Tea", [NewExample(conversation.user("Tea?"), "Hot.")])
    panel = show_panel(qtbot, session)
    qtbot.waitUntil(lambda: panel.browser.detail.detail is not None)
    bridge.hold(qtbot)
    panel.show_item(dataset_id=examples.id)
    panel.browser.delete_selected()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    rows = {dataset.id: dataset.row_count for dataset in project.datasets.all()}
    assert rows == {pairs.id: 1, examples.id: 1}


def test_the_bin_keeps_the_newest_of_what_it_read(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_questions(project, 3)
    page = BinPage(session)
    qtbot.addWidget(page)
    bridge.hold(qtbot)
    page.refresh()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.let_pass()
    keys = project.browse.first_keys(RowFilter(), limit=2)
    project.bin.throw("pair", project.browse.row_ids("pair", keys))
    page.refresh()
    qtbot.waitUntil(lambda: len(page.list.entries) == 1)
    bridge.release()
    assert len(page.list.entries) == 1
