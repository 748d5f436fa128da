"""Label: what is left to do once every pair has a verdict."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.label_panels import add_pairs, press, shown_panel, shown_text
from tests.unit.store.test_label_history import give
from workbench.core.preferences import Choice
from workbench.store.project import Project
from workbench.ui.context import Session


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
