"""Label: what a person does while something else is read is done on what is on screen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlite_utils
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTextEdit
from pytestqt.qtbot import QtBot

from tests.ui.held_bridge import HeldBridge
from tests.ui.label_panels import (
    PLAIN,
    SECRET,
    add_pairs,
    decide,
    newest,
    press,
    shown_panel,
    shown_text,
)
from workbench.core.changes import Changed, Changes
from workbench.core.conversation import user
from workbench.core.labelling import LabelSettings
from workbench.core.preferences import Side
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui import data_operations
from workbench.ui.context import Session
from workbench.ui.panels.label.actions import Action
from workbench.ui.panels.label.keyboard import Mode
from workbench.ui.panels.label.panel import LabelPanel
from workbench.ui.panels.label.reading import Ahead
from workbench.ui.panels.label.settings_dialog import LabelSettingsDialog


def reserved(project: Project) -> int:
    return project.database.read(lambda db: int(db["reservations"].count))


def edit(qtbot: QtBot, panel: LabelPanel) -> QTextEdit:
    press(qtbot, panel, Qt.Key.Key_E)
    press(qtbot, panel, Qt.Key.Key_Left)
    editor = panel.findChild(QTextEdit, "label.edit.text")
    assert editor is not None
    qtbot.waitUntil(editor.hasFocus)
    return editor


def drafts(project: Project) -> list[tuple[str, str]]:
    """Who wrote which."""
    return project.database.read(
        lambda db: [(row["annotator"], row["text"]) for row in db["drafts"].rows]
    )


def test_closing_gives_back_what_is_still_being_read(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_pairs(project, 20)  # more than are handed out at first
    panel = shown_panel(qtbot, session)
    qtbot.waitUntil(lambda: bridge.is_idle)
    database = project.database

    def until_both_wait(_: sqlite_utils.Database) -> None:
        while database._jobs.qsize() < 2:  # what is read, and what is given back
            time.sleep(0.001)

    database.submit(until_both_wait)
    panel._reader.read_ahead()
    panel.close_down()
    bridge.close()
    assert reserved(project) == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda panel, ids: panel.show_item(pair_ids=[ids[2]], why="Look at it again."),
        lambda panel, _: panel._label_as("Grace"),
    ],
    ids=["a list", "another person"],
)
def test_an_edit_is_left_with_its_draft_when_other_pairs_are_asked_for(
    qtbot: QtBot, session: Session, project: Project,
    ask: Callable[[LabelPanel, list[str]], object],
) -> None:  # fmt: skip
    ids = add_pairs(project, 3)
    session.settings.annotator = "Ada"
    panel = shown_panel(qtbot, session)
    qtbot.keyClicks(edit(qtbot, panel), "New. ")
    ask(panel, ids)
    work = panel.findChild(QTextEdit, "label.left")
    assert work is not None
    qtbot.waitUntil(work.isVisible)
    qtbot.waitUntil(lambda: panel._queue.current is not None)
    ((who, text),) = drafts(project)
    assert who == "Ada"
    assert text.startswith("New. ")
    in_view = panel._queue.in_view().picked.pair.id
    press(qtbot, panel, Qt.Key.Key_Left)
    assert newest(project).pair_id == in_view


def test_undo_from_the_palette_leaves_the_edit_under_way(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 3)
    panel = shown_panel(qtbot, session)
    decide(qtbot, panel, Qt.Key.Key_Left)
    editor = edit(qtbot, panel)
    undo = next(one for one in panel.commands() if one.title == "Undo the last verdict")
    undo.run()
    assert not editor.isVisible()
    assert shown_text(panel, "prompt") == "Question 0?"


def test_a_question_about_one_pair_is_not_answered_for_another(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    ids = add_pairs(project, 3)
    panel = shown_panel(qtbot, session)
    press(qtbot, panel, Qt.Key.Key_E)  # which answer?
    bridge.hold(qtbot)
    panel.show_item(pair_ids=[ids[2]], why="Look at it again.")
    press(qtbot, panel, Qt.Key.Key_Left)  # no pair is in view yet
    bridge.release()
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert not panel._editing.is_open
    assert shown_text(panel, "prompt") == "Question 2?"


def test_a_draft_that_waits_for_its_turn_is_on_disk_at_the_end(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_pairs(project, 1)
    panel = shown_panel(qtbot, session)
    qtbot.waitUntil(lambda: bridge.is_idle)
    go_on = threading.Event()
    for _ in range(8):  # more than there are workers
        bridge.run(go_on.wait, lambda _: None)
    editor = edit(qtbot, panel)
    qtbot.keyClicks(editor, "New. ")
    qtbot.waitUntil(lambda: not panel._editing.page.has_unkept_changes)
    panel.close_down()
    written = drafts(project)
    go_on.set()
    assert [text for _, text in written] == [editor.toPlainText()]


def test_the_settings_that_are_offered_are_the_project_s_before_anything_was_read(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    settings = LabelSettings(
        in_order=True, overlap=3, gold_every=0, repeat_every=0, aspects=("tone",), tags=("long",)
    )
    add_pairs(project, 2, settings)
    panel = LabelPanel(session)
    session.window.panels.append(panel)
    qtbot.addWidget(panel)
    bridge.hold(qtbot)
    panel.show()
    panel._requests.settings()
    bridge.release()
    qtbot.waitUntil(lambda: panel.findChild(LabelSettingsDialog) is not None)
    dialog = panel.findChild(LabelSettingsDialog)
    assert dialog is not None
    dialog.accept()
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert project.queue.settings() == settings


def test_nothing_is_said_of_a_queue_before_it_is_counted(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_pairs(project, 1)
    first = shown_panel(qtbot, session)
    press(qtbot, first, Qt.Key.Key_Left)
    qtbot.waitUntil(first._nothing.all_done.isVisible)
    panel = LabelPanel(session)
    qtbot.addWidget(panel)
    bridge.hold(qtbot)
    panel.show()
    qtbot.waitUntil(lambda: bridge.is_idle)
    own = [call for call in bridge.held if call.owner is panel._reader]
    (ahead,) = [call for call in own if isinstance(call.value, Ahead)]
    bridge.held.remove(ahead)
    bridge.let_pass()
    bridge._deliver(ahead)
    assert not panel._nothing.no_pairs.isVisible()
    bridge.release()
    assert panel._nothing.all_done.isVisible()


def test_a_pair_that_was_edited_elsewhere_is_judged_as_it_is_now(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    ids = add_pairs(project, 2)
    panel = shown_panel(qtbot, session)
    panel.hide()
    bridge.hold(qtbot)
    panel.apply_changes(
        data_operations.edit_answer(
            project, "pair", ids[0], "first", "A new first.", "Ada", ask_again=False
        )
    )
    panel.show()
    assert "A new first." in (shown_text(panel, "left"), shown_text(panel, "right"))
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()


def test_a_pair_that_was_thrown_away_is_judged_no_more(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    ids = add_pairs(project, 2)
    panel = shown_panel(qtbot, session)
    panel.hide()
    changes, _ = data_operations.throw_rows(project, "pair", ids[:1])
    bridge.hold(qtbot)
    panel.apply_changes(changes)
    panel.show()
    panel._act(Action.LEFT)
    assert project.labels.history(ids[0]) == []
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 1?")


def test_a_second_scoring_is_refused_in_words(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_pairs(project, 1)
    panel = shown_panel(qtbot, session)
    bridge.hold(qtbot)
    panel._scoring.start("a run")
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.held.clear()  # nobody needs to hear that there is no such run
    panel._scoring.choose()
    assert "scored already" in session.window.notices[-1]


def test_the_pair_in_view_keeps_its_place_while_others_come(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    text = "\n\n".join(f"Paragraph {n}." for n in range(200))
    project.datasets.add_pairs("Long", [NewPair(user("?"), f"A {text}", text, SECRET, SECRET)])
    project.queue.change_settings(PLAIN)
    panel = shown_panel(qtbot, session)
    bar = panel._answers.left.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    panel.apply_changes(Changes(Changed.PAIRS))
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert bar.value() == bar.maximum()


def test_aspects_that_are_fewer_by_now_end_the_question(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 1, replace(PLAIN, aspects=("tone", "length", "facts")))
    panel = shown_panel(qtbot, session)
    press(qtbot, panel, Qt.Key.Key_A)
    press(qtbot, panel, Qt.Key.Key_Left)
    project.queue.change_settings(replace(PLAIN, aspects=("tone",)))
    panel.apply_changes(Changes(Changed.PAIRS))
    qtbot.waitUntil(lambda: panel._queue.settings.aspects == ("tone",))
    press(qtbot, panel, Qt.Key.Key_Left)
    assert panel._keyboard.mode is Mode.VERDICTS
    assert panel._queue.pending.aspects == {"tone": Side.LEFT}
