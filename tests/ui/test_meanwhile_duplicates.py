"""Duplicates: what is kept is what was marked on screen, whatever is read meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QRadioButton
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import pair, push, show_panel
from tests.ui.held_bridge import HeldBridge
from workbench.store.browse import RowFilter
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.panels.data.duplicates_page import DuplicatesPage
from workbench.ui.panels.data.panel import DataPanel
from workbench.ui.widgets.answer_view import AnswerView

TEA = "Tea is a drink made by pouring hot water over the leaves of a shrub."
COFFEE = "Coffee comes from roasted seeds that are ground and brewed for a while."


def twice(prompt: str, answer: str) -> list[NewPair]:
    return [pair(prompt, answer, choice=None), pair(prompt, answer, choice=None)]


def prompts(project: Project) -> list[str]:
    """Of all rows that are not in the bin."""
    keys = project.browse.first_keys(RowFilter())
    return sorted(row.prompt for row in project.browse.page("pair", keys))


def find(qtbot: QtBot, panel: DataPanel, groups: int) -> DuplicatesPage:
    """Search, and wait for the rows of the first group."""
    panel.find_duplicates()
    page = panel.current_tool
    assert isinstance(page, DuplicatesPage)
    push(qtbot, panel, "data.duplicates.find")
    qtbot.waitUntil(lambda: len(page.groups.entries) == groups)
    qtbot.waitUntil(lambda: len(page.view.findChildren(QRadioButton)) == 3)
    return page


def rows_in_view(page: DuplicatesPage) -> list[str]:
    return [view.toPlainText().split("\n")[0] for view in page.view.findChildren(AnswerView)]


def test_of_two_groups_the_one_on_screen_keeps_the_row_that_was_marked(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    project.datasets.add_pairs("Drinks", twice("Tea?", TEA) + twice("Coffee?", COFFEE))
    page = find(qtbot, show_panel(qtbot, session), groups=2)
    bridge.hold(qtbot)
    page.groups.select("1")  # its rows are on their way: those of the first are still there
    qtbot.mouseClick(page.view.findChildren(QRadioButton)[2], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    page.drop()
    qtbot.waitUntil(lambda: len(prompts(project)) == 2)
    assert prompts(project) == ["Coffee?", "Tea?"]


def test_rows_of_an_older_search_never_stand_in_for_those_of_a_newer(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    project.datasets.add_pairs("Drinks", twice("Tea?", TEA))
    page = find(qtbot, show_panel(qtbot, session), groups=1)
    bridge.hold(qtbot)
    page._show_group("0")
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.let_pass()
    project.bin.throw(
        "pair", project.browse.row_ids("pair", project.browse.first_keys(RowFilter()))
    )
    project.datasets.add_pairs("More drinks", twice("Coffee?", COFFEE))
    page.start()
    qtbot.waitUntil(lambda: rows_in_view(page) == ["Coffee?", "Coffee?"])
    bridge.release()
    assert rows_in_view(page) == ["Coffee?", "Coffee?"]


def test_rows_that_could_not_be_put_into_the_bin_can_be_put_there_later(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    project.datasets.add_pairs("Drinks", twice("Tea?", TEA))
    page = find(qtbot, show_panel(qtbot, session), groups=1)
    project.database.write(
        lambda db: db.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON bin BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    )
    page.drop()
    qtbot.waitUntil(lambda: bool(session.window.errors))
    session.window.errors.clear()
    project.database.write(lambda db: db.execute("DROP TRIGGER no_room"))
    push(qtbot, page, "data.duplicates.drop")
    qtbot.waitUntil(lambda: prompts(project) == ["Tea?"])


def test_what_is_thrown_from_a_search_is_not_found_again_meanwhile(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    project.datasets.add_pairs("Drinks", twice("Tea?", TEA))
    page = find(qtbot, show_panel(qtbot, session), groups=1)
    bridge.hold(qtbot)
    page.drop()
    assert not page._find.isEnabled()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    assert page._find.isEnabled()
