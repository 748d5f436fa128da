"""Data: what a person does while something else is read is done on what is on screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import add_questions, pair, push, show_panel
from tests.ui.held_bridge import HeldBridge
from workbench.core.changes import Changed, Changes
from workbench.core.preferences import Choice
from workbench.store.browse import RowFilter
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.panels.data.add_page import AddPage
from workbench.ui.panels.data.statistics_page import StatisticsPage

TEA = "Tea is a drink made by pouring hot water over the leaves of a shrub."
COFFEE = "Coffee comes from roasted seeds that are ground and brewed for a while."


def prompts(project: Project) -> list[str]:
    """Of all rows that are not in the bin."""
    keys = project.browse.first_keys(RowFilter())
    return sorted(row.prompt for row in project.browse.page("pair", keys))


def test_a_row_that_is_deleted_twice_is_told_of_once(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_questions(project, 3)
    panel = show_panel(qtbot, session)
    qtbot.waitUntil(lambda: panel.browser.detail.detail is not None)
    bridge.hold(qtbot)
    panel.browser.delete_selected()
    panel.browser.delete_selected()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    assert session.window.notices == ["1 row put into the bin."]
    assert len(prompts(project)) == 2


def test_the_buttons_beside_a_row_s_text_are_about_that_row(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    add_questions(project, 3)
    panel = show_panel(qtbot, session)
    browser = panel.browser
    qtbot.waitUntil(lambda: browser.detail.detail is not None)
    bridge.hold(qtbot)
    browser.table.selectRow(2)  # its text is on its way: that of the first is still there
    browser.detail.tag_added.emit("odd")
    push(qtbot, browser.detail, "data.delete")
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    assert prompts(project) == ["Question 1?", "Question 2?"]
    qtbot.waitUntil(lambda: bridge.is_idle)
    tagged = project.browse.first_keys(RowFilter(tags=("odd",)))
    assert len(tagged) == 0  # what bears the tag is in the bin


def test_a_page_that_is_done_takes_the_place_of_no_other(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_questions(project, 1)
    panel = show_panel(qtbot, session)
    page = panel.import_page()
    panel.add_row()
    page.closed.emit()  # as at the end of an import
    assert isinstance(panel.current_tool, AddPage)


def test_a_data_set_that_was_shown_once_is_not_gone_back_to(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    first, second = add_questions(project, 2, "First"), add_questions(project, 2, "Second")
    panel = show_panel(qtbot, session)
    qtbot.waitUntil(lambda: bool(panel.list.current_key))
    panel.import_page().imported.emit(second.id)  # as “Show what is there” does
    assert panel.list.current_key == second.id
    panel.list.select(first.id)
    panel.apply_changes(Changes(Changed.DATASETS))
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert panel.list.current_key == first.id


def test_statistics_of_other_rows_are_gone_at_once(
    qtbot: QtBot, session: Session, bridge: HeldBridge, project: Project
) -> None:
    rows: Sequence[NewPair] = [pair("Tea?", TEA, COFFEE, choice=Choice.FIRST)]
    project.datasets.add_pairs("Drinks", rows)
    panel = show_panel(qtbot, session)
    qtbot.waitUntil(lambda: panel.browser.detail.detail is not None)
    panel.show_statistics()
    page = panel.current_tool
    assert isinstance(page, StatisticsPage)
    charts = (page.languages, page.origins, page.repeats)
    qtbot.waitUntil(lambda: all(chart.values for chart in charts))
    bridge.hold(qtbot)
    panel.show_statistics()
    assert not any(chart.values for chart in charts)
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
    assert all(chart.values for chart in charts)


def test_nothing_is_imported_again_while_it_is_looked_at_in_another_form(
    qtbot: QtBot, session: Session, bridge: HeldBridge, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"prompt": "Why?", "chosen": "So.", "rejected": "No."}\n', encoding="utf-8")
    panel = show_panel(qtbot, session)
    page = panel.import_page()
    for _ in range(2):
        panel.import_page().offer(path)
        qtbot.waitUntil(lambda: not page.is_busy and not page.preview.isHidden())
        push(qtbot, panel, "data.import.go")
        qtbot.waitUntil(lambda: not page.is_busy)
    qtbot.waitUntil(lambda: "already in this project" in page.message)
    again = page.findChild(QPushButton, "data.import.again")
    assert again is not None
    assert again.isVisible()
    bridge.hold(qtbot)
    page.preview.corrected.emit("prompts", None)
    assert not again.isVisible()
    qtbot.waitUntil(lambda: bridge.is_idle)
    bridge.release()
