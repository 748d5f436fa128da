"""Duplicates, statistics and the bin in the Data panel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import add_questions, pair, push, show_panel
from workbench.core.preferences import Choice
from workbench.store.browse import RowFilter
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.data.bin_page import BinPage
from workbench.ui.panels.data.duplicates_page import DuplicatesPage
from workbench.ui.panels.data.panel import DataPanel
from workbench.ui.panels.data.statistics_page import StatisticsPage

Show = Callable[[], DataPanel]
TEA = "Tea is a drink made by pouring hot water over the leaves of a shrub."


@pytest.fixture
def show(qtbot: QtBot, session: Session) -> Show:
    return lambda: show_panel(qtbot, session)


def text_of(panel: DataPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert found is not None
    return found.text()


def test_of_each_group_of_duplicates_one_row_is_kept(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    rows = [pair("Tea?", TEA, choice=None), pair("Tea?", f"{TEA}."), pair("Coffee?", "A drink.")]
    project.datasets.add_pairs("Tea", rows)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    panel.find_duplicates()
    page = panel.current_tool
    assert isinstance(page, DuplicatesPage)
    push(qtbot, panel, "data.duplicates.find")
    qtbot.waitUntil(lambda: "1 row too many in 1 group" in page.summary.text())
    assert page.groups.entries[0].title == "Tea?"
    assert page.groups.entries[0].detail == "2 rows · the same words"
    push(qtbot, panel, "data.duplicates.drop")
    qtbot.waitUntil(lambda: project.browse.first_keys(RowFilter()).tolist() == [2, 3])
    push(qtbot, panel, "data.back")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    session.window.actions[-1]()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)


def test_another_row_of_a_group_can_be_kept(show: Show, project: Project, qtbot: QtBot) -> None:
    project.datasets.add_pairs("Tea", [pair("Tea?", TEA), pair("Tea!", TEA)])
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    panel.find_duplicates()
    page = panel.current_tool
    assert isinstance(page, DuplicatesPage)
    page.start()
    qtbot.waitUntil(lambda: len(page.view._choice.buttons()) == 3)
    page.view._choice.buttons()[2].click()
    page.drop()
    qtbot.waitUntil(lambda: project.datasets.all()[0].row_count == 1)
    assert project.browse.first_keys(RowFilter()).tolist() == [2]


def test_pairs_of_one_prompt_with_different_answers_stay_unless_one_is_chosen(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    differing = [pair("Tea?", TEA, "No idea."), pair("Tea?", TEA, "A shrub.")]
    copies = [pair("Coffee?", "A drink.", "Beans."), pair("Coffee?", "Beans.", "A drink.")]
    project.datasets.add_pairs("Drinks", differing + copies)
    panel = show()
    panel.find_duplicates()
    page = panel.current_tool
    assert isinstance(page, DuplicatesPage)
    page.compared.setCurrentIndex(1)
    page.start()
    qtbot.waitUntil(lambda: len(page.view._choice.buttons()) == 3)
    assert "these are no copies" in page.summary.text()
    assert "1 row too many in 1 group" in page.summary.text()
    assert page.groups.entries[0].detail == "2 rows · answers differ"
    assert page.view._choice.checkedButton().text() == "Keep all of them"
    page.drop()
    qtbot.waitUntil(lambda: project.datasets.all()[0].row_count == 3)
    assert project.browse.first_keys(RowFilter()).tolist() == [1, 2, 3]
    qtbot.waitUntil(page._find.isEnabled)
    page.start()
    qtbot.waitUntil(lambda: len(page.view._choice.buttons()) == 3)
    assert not page._drop.isEnabled()
    page.view._choice.buttons()[2].click()
    assert page._drop.text() == "Keep one of each, put 1 row into the bin"
    page.view._choice.buttons()[0].click()
    assert not page._drop.isEnabled()
    page.view._choice.buttons()[2].click()
    page.drop()
    qtbot.waitUntil(lambda: project.browse.first_keys(RowFilter()).tolist() == [2, 3])


def test_rows_that_all_differ_leave_nothing_to_do(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    project.datasets.add_pairs("Tea", [pair("Tea?", TEA), pair("Why?", "Because of the sun.")])
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    panel.find_duplicates()
    push(qtbot, panel, "data.duplicates.find")
    qtbot.waitUntil(lambda: "nothing to do" in text_of(panel, "data.duplicates.summary"))


def test_a_search_that_was_given_up_says_nothing_more(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    project.datasets.add_pairs("Tea", [pair("Tea?", TEA), pair("Tea?", TEA)])
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    panel.find_duplicates()
    page = panel.current_tool
    assert isinstance(page, DuplicatesPage)
    session.bridge.hold(qtbot)
    page.start()
    qtbot.waitUntil(lambda: session.bridge.is_idle)
    push(qtbot, panel, "data.back")
    panel.find_duplicates()
    page.start()
    doing = page.progress.text
    session.bridge.let_pass()
    while session.bridge.held:  # all of the first search; the second is on its way
        session.bridge._deliver(session.bridge.held.pop(0))
    assert page.progress.text == doing
    assert page.groups.entries == []
    qtbot.waitUntil(lambda: "1 row too many in 1 group" in page.summary.text())


def test_statistics_are_drawn(show: Show, project: Project, qtbot: QtBot) -> None:
    german = "Tee ist ein Getränk aus den Blättern eines Strauchs, die man mit Wasser aufgießt."
    rows = [pair("Tea?", TEA), pair("Tee?", german, TEA, Choice.SECOND), pair("Tea?", TEA)]
    project.datasets.add_pairs("Tea", rows)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    panel.show_statistics()
    page = panel.current_tool
    assert isinstance(page, StatisticsPage)
    qtbot.waitUntil(lambda: dict(page.languages.values) == {"English": 2, "German": 1})
    qtbot.waitUntil(lambda: dict(page.origins.values) == {"tea.jsonl": 6})
    qtbot.waitUntil(
        lambda: (
            dict(page.repeats.values)
            == {"one of a kind": 2, "repeat another row": 1, "nearly repeat one": 0}
        )
    )
    assert [spread.name for spread in page.lengths._spreads] == ["prompts", "chosen", "rejected"]
    assert "3 rows. The longer answer was chosen in" in page._finding.text()


def test_thrown_rows_come_back_from_the_bin(show: Show, project: Project, qtbot: QtBot) -> None:
    add_questions(project, 3)
    keys = project.browse.first_keys(RowFilter(), limit=2)
    project.bin.throw("pair", project.browse.row_ids("pair", keys))
    panel = show()
    panel.show_bin()
    page = panel.current_tool
    assert isinstance(page, BinPage)
    qtbot.waitUntil(lambda: [entry.title for entry in page.list.entries] == ["2 pairs"])
    push(qtbot, panel, "data.bin.back")
    qtbot.waitUntil(lambda: not page._empty.isHidden())
    assert project.datasets.all()[0].row_count == 3


def test_a_second_press_on_put_back_takes_no_other_rows(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    add_questions(project, 4)
    for key in project.browse.first_keys(RowFilter(), limit=2):
        project.bin.throw("pair", project.browse.row_ids("pair", [key]))
    panel = show()
    panel.show_bin()
    page = panel.current_tool
    assert isinstance(page, BinPage)
    qtbot.waitUntil(lambda: len(page.list.entries) == 2)
    push(qtbot, panel, "data.bin.back")
    page.put_back()
    qtbot.waitUntil(lambda: len(page.list.entries) == 1 and session.bridge.is_idle)
    page.put_back()
    assert not page._back.isEnabled()
    qtbot.waitUntil(lambda: session.bridge.is_idle)
    assert len(project.bin.batches()) == 1
    page.list.select(page.list.entries[0].key)  # chosen by a person, it comes back too
    page.put_back()
    qtbot.waitUntil(lambda: not page._empty.isHidden())


def test_escape_leaves_a_tool_and_gives_the_keyboard_to_the_rows(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_questions(project, 2)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    for tool in (panel.choose_import, panel.choose_export, panel.add_row, panel.find_duplicates):
        tool()
        page = panel.current_tool
        assert page is not None
        at = QApplication.focusWidget()
        assert at is not None
        assert page.isAncestorOf(at)
        qtbot.keyClick(at, Qt.Key.Key_Escape)
        assert panel.current_tool is None
        qtbot.waitUntil(panel.browser.table.hasFocus)
