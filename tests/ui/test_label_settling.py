"""Label: what is left to do once every pair has a verdict or is a gold item."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.label_panels import add_pairs, press, shown_panel, shown_text
from tests.ui.test_label_people import dialog, run_command
from tests.unit.store.test_label_history import give
from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice, Side, choice_of_side
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.label.gold_items import GoldItemsDialog


def test_when_every_pair_has_a_verdict_what_disagrees_is_offered(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    pairs = add_pairs(project, 2)
    for pair_id in pairs:
        give(project, pair_id, Choice.FIRST, annotator=session.settings.annotator)
    give(project, pairs[1], Choice.SECOND, annotator="Ada")
    panel = shown_panel(qtbot, session, has_pairs=False)
    offer = panel._nothing.to_settle
    qtbot.waitUntil(offer.isVisible)
    settle = next(item for item in offer.findChildren(QPushButton) if "Settle" in item.text())
    settle.click()
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 1?")
    press(qtbot, panel, Qt.Key.Key_Left)
    qtbot.waitUntil(panel._nothing.all_done.isVisible)


def test_who_gives_the_last_verdict_is_told_that_it_disagrees(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    (pair_id,) = add_pairs(project, 1)
    panel = shown_panel(qtbot, session)
    right = choice_of_side(Side.RIGHT, panel._queue.in_view().shown_left)
    give(project, pair_id, right, annotator="Ada")
    press(qtbot, panel, Qt.Key.Key_Left)
    qtbot.waitUntil(panel._nothing.to_settle.isVisible)


def test_a_gold_item_can_be_an_ordinary_pair_again(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    (pair_id,) = add_pairs(project, 1)
    project.gold.mark(GoldAnswer(pair_id, Choice.FIRST), session.settings.annotator)
    panel = shown_panel(qtbot, session, has_pairs=False)
    qtbot.waitUntil(panel._nothing.no_pairs.isVisible)
    run_command(panel, "Look at the gold items")
    asked = dialog(qtbot, "label.gold_items")
    assert isinstance(asked, GoldItemsDialog)
    assert [entry.title for entry in asked.items.entries] == ["Question 0?"]
    asked.ordinary.click()
    assert project.gold.answer(pair_id) is None
    assert not asked.ordinary.isEnabled()
    asked.accept()
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
