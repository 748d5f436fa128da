"""Label: keys of one's own, several people, gold items, disagreements, and lists of pairs."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import cell, tab_stops
from tests.ui.data_samples import show_panel as show_data
from tests.ui.label_panels import (
    PLAIN,
    add_pairs,
    count_text,
    decide,
    label_text,
    newest,
    press,
    shown_panel,
    shown_text,
)
from tests.unit.store.test_label_history import give
from workbench.core.labelling import GoldAnswer, PickedBy
from workbench.core.preferences import Choice, Strength, VerdictDetails
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.label.actions import Action, KeyMap, KeyTakenError
from workbench.ui.panels.label.panel import LabelPanel
from workbench.ui.tokens import RAIL_WIDTH, WINDOW_MINIMUM


def dialog(qtbot: QtBot, name: str) -> QDialog:
    def found() -> list[QDialog]:
        windows = QApplication.topLevelWidgets()
        return [
            item
            for item in windows
            if isinstance(item, QDialog) and item.objectName() == name and item.isVisible()
        ]

    qtbot.waitUntil(lambda: bool(found()))
    return found()[0]


def run_command(panel: LabelPanel, title: str) -> None:
    (command,) = [item for item in panel.commands() if item.title == title]
    command.run()


def test_a_key_that_is_taken_is_refused_with_a_sentence() -> None:
    keys = KeyMap()
    with pytest.raises(KeyTakenError, match="already means “Skip”"):
        keys.change(Action.TIE, "S")
    with pytest.raises(KeyTakenError, match="needed by the window"):
        keys.change(Action.TIE, "Ctrl+K")
    with pytest.raises(KeyTakenError, match="is no key"):
        keys.change(Action.TIE, "Nonsense")
    with pytest.raises(KeyTakenError, match="needs a key"):
        keys.change(Action.TIE, " ")
    keys.change(Action.TIE, "T, F2")
    assert KeyMap(keys.changed()).keys(Action.TIE) == ("T", "F2")
    assert keys.changed() == {"tie": "T, F2"}


def test_keys_can_be_changed_and_the_strip_shows_them(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 3)
    panel = shown_panel(qtbot, session)
    run_command(panel, "Change the label keys")
    asked = dialog(qtbot, "label.keys")
    tie = asked.findChild(QLineEdit, "label.keys.tie")
    problem = asked.findChild(QLabel, "label.keys.problem")
    assert tie is not None
    assert problem is not None
    assert isinstance(asked.focusWidget(), QLineEdit)
    tie.setText("S")
    qtbot.keyClick(tie, Qt.Key.Key_Return)
    assert asked.isVisible()
    assert problem.text() == "Skip: S already means “Tie”: choose another key."
    tie.setText("T")
    good = asked.findChild(QLineEdit, "label.keys.good_span")
    assert good is not None
    good.setText("H")
    asked.accept()
    assert session.settings.label_keys == {"tie": "T", "good_span": "H"}
    hints = [part.text() for part in panel._drawer.findChildren(QLabel)]
    assert any("press H for good or X for bad" in hint for hint in hints)
    shown = panel.findChild(QPushButton, "label.verdict.tie")
    assert shown is not None
    assert "T" in [part.text() for part in shown.findChildren(QLabel)]
    panel.setFocus()
    press(qtbot, panel, Qt.Key.Key_0)
    assert project.labels.counts() == {}
    decide(qtbot, panel, Qt.Key.Key_T)
    assert project.labels.counts() == {Choice.TIE: 1}


def test_two_people_label_one_project_and_see_nothing_of_each_other(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 3)
    session.settings.annotator = "Ada"
    data = show_data(qtbot, session)
    panel = shown_panel(qtbot, session)
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert count_text(panel) == "1 of 3"
    qtbot.waitUntil(lambda: cell(data, 0, 3).endswith("is better"))
    run_command(panel, "Label as somebody else")
    asked = dialog(qtbot, "label.name")
    name = asked.findChild(QLineEdit)
    assert name is not None
    name.setText(" Grace ")
    asked.accept()
    qtbot.waitUntil(lambda: count_text(panel) == "0 of 3")
    assert session.settings.annotator == "Grace"
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
    assert "Ada" not in label_text(panel, "notice.words")
    qtbot.waitUntil(lambda: cell(data, 0, 3) == "waits for you")
    decide(qtbot, panel, Qt.Key.Key_Right)
    assert newest(project).annotator == "Grace"
    assert len(project.annotators.names()) == 2


def test_a_new_annotator_s_name_is_typed_at_once_and_a_wrong_one_is_told_in_place(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 1)
    panel = shown_panel(qtbot, session)
    before = session.settings.annotator
    run_command(panel, "Label as somebody else")
    asked = dialog(qtbot, "label.name")
    name = asked.focusWidget()
    assert isinstance(name, QLineEdit)
    accept = next(item for item in asked.findChildren(QPushButton) if item.isDefault())
    assert not accept.isEnabled()  # without a name
    qtbot.keyClicks(name, "import")
    qtbot.mouseClick(accept, Qt.MouseButton.LeftButton)
    said = [item.text() for item in asked.findChildren(QLabel) if item.isVisible()]
    assert any("import" in text for text in said)
    assert session.settings.annotator == before
    name.clear()
    qtbot.keyClicks(name, "Grace")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.settings.annotator == "Grace")


def test_pairs_in_other_hands_are_not_shown(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 2)
    assert len(project.queue.hand_out("Grace", 5, PLAIN)) == 2
    panel = shown_panel(qtbot, session, has_pairs=False)
    texts: Callable[[], list[str]] = lambda: [  # noqa: E731
        item.text() for item in panel.findChildren(QLabel) if item.isVisible()
    ]
    qtbot.waitUntil(lambda: "The other pairs are in other hands" in texts())


def test_closing_gives_back_what_was_in_hand(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 2)
    panel = shown_panel(qtbot, session)
    assert project.database.read(lambda db: db["reservations"].count) == 2
    panel.close_down()
    assert project.database.read(lambda db: db["reservations"].count) == 0


def test_a_gold_item_answers_back(qtbot: QtBot, session: Session, project: Project) -> None:
    pairs = add_pairs(project, 3, replace(PLAIN, gold_every=1))
    answer = GoldAnswer(pairs[0], Choice.SECOND, Strength.CLEARLY, "Second is better here.")
    project.gold.mark(answer, "Teacher")
    panel = shown_panel(qtbot, session)
    assert shown_text(panel, "prompt") == "Question 0?"
    right_key = Qt.Key.Key_Left if shown_text(panel, "left") == "Second 0." else Qt.Key.Key_Right
    wrong_key = Qt.Key.Key_Right if right_key is Qt.Key.Key_Left else Qt.Key.Key_Left
    decide(qtbot, panel, wrong_key)
    side = "left" if right_key is Qt.Key.Key_Left else "right"
    told = label_text(panel, "notice.words")
    assert told == f"The known answer was: {side} better. Second is better here."
    assert newest(project).source == "gold"
    assert count_text(panel) == "0 of 2"
    press(qtbot, panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown_text(panel, "prompt") == "Question 0?"
    right_key = Qt.Key.Key_Left if shown_text(panel, "left") == "Second 0." else Qt.Key.Key_Right
    decide(qtbot, panel, right_key)
    assert label_text(panel, "notice.words").startswith("You gave the known answer.")
    assert project.pairs.labelled() == []


def test_a_pair_is_made_a_gold_item(qtbot: QtBot, session: Session, project: Project) -> None:
    pairs = add_pairs(project, 2)
    panel = shown_panel(qtbot, session)
    left_is_first = shown_text(panel, "left") == "First 0."
    run_command(panel, "Make this pair a gold item")
    asked = dialog(qtbot, "label.gold")
    assert tab_stops(asked.answer, asked.yes)[:2] == ["Known answer", "Why"]
    assert asked.focusWidget() is asked.answer  # Enter in haste would make a wrong one
    known = asked.findChild(QComboBox)
    assert known is not None
    known.setCurrentIndex(known.findData(Action.LEFT_MUCH))
    asked.accept()
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 1?")
    gold = project.gold.answer(pairs[0])
    assert gold is not None
    assert gold.choice is (Choice.FIRST if left_is_first else Choice.SECOND)
    assert gold.strength is Strength.MUCH
    assert "It is a gold item now" in session.window.notices[-1]
    assert project.labels.counts() == {}


def test_disagreements_are_settled_with_the_others_in_view(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    pairs = add_pairs(project, 3)
    give(project, pairs[1], Choice.FIRST, annotator="Ada")
    give(project, pairs[1], Choice.SECOND, annotator="Grace")
    give(project, pairs[2], Choice.FIRST, annotator="Ada")
    give(project, pairs[2], Choice.TIE, annotator=session.settings.annotator)
    panel = shown_panel(qtbot, session)
    qtbot.waitUntil(lambda: panel._queue.disagreements == (pairs[1], pairs[2]))
    run_command(panel, "Settle disagreements")
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 1?")
    told = label_text(panel, "notice.words")
    assert "Ada: " in told
    assert "Grace: " in told
    assert "You: " not in told
    assert label_text(panel, "number") == "1 of 2"
    press(qtbot, panel, Qt.Key.Key_Left)
    settled = newest(project)
    assert (settled.source, settled.pair_id) == ("adjudicate", pairs[1])
    assert len(project.pairs.labelled()) == 1
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 2?")
    assert "You: tie" in label_text(panel, "notice.words")
    assert label_text(panel, "number") == "2 of 2"
    press(qtbot, panel, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")


def test_who_skips_while_settling_leaves_it_to_others(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    pairs = add_pairs(project, 2)
    for pair_id in pairs:
        give(project, pair_id, Choice.FIRST, annotator="Ada")
        give(project, pair_id, Choice.SECOND, annotator=session.settings.annotator)
    panel = shown_panel(qtbot, session, has_pairs=False)
    run_command(panel, "Settle disagreements")
    qtbot.waitUntil(lambda: label_text(panel, "number") == "1 of 2")
    press(qtbot, panel, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: label_text(panel, "number") == "2 of 2")
    assert label_text(panel, "saved") == "Left for later"
    press(qtbot, panel, Qt.Key.Key_Left)
    assert newest(project).source == "adjudicate"
    assert project.queue.disagreements() == [pairs[0]]
    press(qtbot, panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert label_text(panel, "saved") == "Taken back"
    press(qtbot, panel, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert label_text(panel, "saved") == "Given again"
    assert project.queue.disagreements() == [pairs[0]]


def test_that_nobody_disagrees_is_said(qtbot: QtBot, session: Session, project: Project) -> None:
    add_pairs(project, 3)
    panel = shown_panel(qtbot, session)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
    run_command(panel, "Settle disagreements")
    said = "Nobody disagrees: no pair has to be settled."
    qtbot.waitUntil(lambda: session.window.notices == [said])
    assert not panel._queue.is_list  # the pair in view stays


def test_a_disagreement_that_came_of_the_verdict_just_given_is_known(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    pairs = add_pairs(project, 2)
    panel = shown_panel(qtbot, session)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
    press(qtbot, panel, Qt.Key.Key_Left)
    mine = newest(project).choice
    other = Choice.SECOND if mine is Choice.FIRST else Choice.FIRST
    give(project, pairs[0], other, annotator="Grace")
    menu = panel._queue_menu
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: menu._disagreements.text() == "Disagreements to settle (1)")
    assert menu._disagreements.isEnabled()
    run_command(panel, "Settle disagreements")
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")


def test_exactly_the_pairs_that_were_asked_for_are_shown(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    pairs = add_pairs(project, 5)
    me = session.settings.annotator
    before = give(project, pairs[3], Choice.FIRST, annotator=me)
    panel = shown_panel(qtbot, session)
    panel.show_item(pair_ids=[pairs[3], "unknown", pairs[1]], why="2 fast clicks")
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 3?")
    assert label_text(panel, "notice.words") == "2 fast clicks"
    decide(qtbot, panel, Qt.Key.Key_0)
    again = newest(project)
    assert (again.source, again.replaces, again.choice) == ("label", before.id, Choice.TIE)
    assert again.details is not None
    assert again.details.picked_by == PickedBy.ASKED
    assert shown_text(panel, "prompt") == "Question 1?"
    press(qtbot, panel, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
    assert count_text(panel) == "2 of 5"


def test_a_repeat_looks_like_any_other_pair(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    pairs = add_pairs(project, 40, replace(PLAIN, repeat_every=1))
    me = session.settings.annotator
    for pair_id in pairs[:25]:
        give(project, pair_id, Choice.FIRST, annotator=me)
    panel = shown_panel(qtbot, session)
    assert panel._queue.in_view().picked.picked_by is PickedBy.REPEAT
    assert label_text(panel, "number") == "Pair 26"
    assert shown_text(panel, "left").startswith("Second")
    assert label_text(panel, "notice.words") == ""
    assert count_text(panel) == "25 of 40"
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert newest(project).source == "repeat"
    assert count_text(panel) == "25 of 40"


def test_scores_are_read_and_lead_the_queue(
    qtbot: QtBot, session: Session, project: Project, tmp_path: Path
) -> None:
    pairs = add_pairs(project, 30)
    panel = shown_panel(qtbot, session)
    notices: list[str] = session.window.notices
    asked = tmp_path / "pairs-to-score.jsonl"
    panel._requests.write_pairs_to(asked)
    qtbot.waitUntil(asked.exists)
    rows = [json.loads(line) for line in asked.read_text("utf-8").splitlines()]
    assert [row["pair_id"] for row in rows] == pairs
    answered = tmp_path / "reward model.jsonl"
    lines = [{"pair_id": row["pair_id"], "margin": n} for n, row in enumerate(reversed(rows))]
    answered.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    qtbot.waitUntil(lambda: len(notices) == 1)
    panel._requests.read_scores_from(answered)
    qtbot.waitUntil(lambda: len(notices) == 2)
    run_command(panel, "How pairs are picked")
    settings = dialog(qtbot, "label.settings")
    source = next(
        item for item in settings.findChildren(QComboBox) if item.findData("reward model") >= 0
    )
    source.setCurrentIndex(source.findData("reward model"))
    qtbot.keyClick(settings.findChildren(QSpinBox)[0], Qt.Key.Key_Return)
    assert project.queue.settings().score_source == "reward model"
    qtbot.waitUntil(lambda: len(panel._queue._waiting) > 10)
    reasons = {picked.picked_by for picked in panel._queue._waiting}
    assert PickedBy.UNSURE in reasons


def test_the_queue_reports_its_parts_as_they_are_now(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    unsure, at_random = add_pairs(project, 3)[:2]
    me = session.settings.annotator
    panel = shown_panel(qtbot, session)
    for pair_id, picked_by in ((unsure, PickedBy.UNSURE), (at_random, PickedBy.RANDOM)):
        give(project, pair_id, Choice.FIRST, annotator=me, details=VerdictDetails(picked_by))
    run_command(panel, "How pairs are picked")
    said = [item.text() for item in dialog(qtbot, "label.settings").findChildren(QLabel)]
    assert "Your verdicts: 1 at random, 1 most unsure." in said


def test_the_strip_shows_the_keys_of_marks_and_fits_a_small_window(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 1)
    panel = shown_panel(qtbot, session)
    for name, key in (("good_span", "G"), ("bad_span", "X")):
        shown = panel.findChild(QPushButton, f"label.verdict.{name}")
        assert shown is not None
        assert shown.isVisible()
        assert key in [part.text() for part in shown.findChildren(QLabel)]
    saved = panel._verdicts.saved
    panel.resize(WINDOW_MINIMUM[0] - RAIL_WIDTH, 650)
    saved.show_text("Saved 22:22:22")
    qtbot.waitUntil(lambda: saved.text() == "Saved 22:22:22")
    assert panel.minimumSizeHint().width() <= WINDOW_MINIMUM[0] - RAIL_WIDTH
    panel.resize(1100 - RAIL_WIDTH, 650)
    strip = [panel.findChild(QPushButton, f"label.verdict.{name}") for name in ("skip", "undo")]
    qtbot.waitUntil(lambda: len({key.geometry().y() for key in strip if key is not None}) == 1)
