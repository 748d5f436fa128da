"""Looking through rows in the Data panel: search, filters, one row whole, edits, tags, the bin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QTextEdit
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import NO_KEY, add_questions, cell, pair, push, show_panel, tab_stops
from tests.unit.store.test_label_history import give
from workbench.core.changes import Changed, Changes
from workbench.core.conversation import user
from workbench.core.labelling import GoldAnswer, VerdictSource
from workbench.core.preferences import Choice, OriginKind, Split
from workbench.store.browse import RowFilter
from workbench.store.project import Project
from workbench.store.rows import NewExample, NewPrompt
from workbench.ui import operations
from workbench.ui.context import Session
from workbench.ui.panels.data.add_page import AddPage
from workbench.ui.panels.data.panel import DataPanel
from workbench.ui.panels.data.rows import PAGE_SIZE

Show = Callable[[], DataPanel]


@pytest.fixture
def show(qtbot: QtBot, session: Session) -> Show:
    return lambda: show_panel(qtbot, session)


def type_into(panel: DataPanel, name: str, text: str) -> None:
    field = panel.findChild(QPlainTextEdit, name)
    assert field is not None, name
    field.setPlainText(text)


def earlier_text(panel: DataPanel) -> str:
    shown = panel.findChild(QTextEdit, "data.history.text")
    return shown.toPlainText() if shown is not None else ""


def prompt_shown(panel: DataPanel) -> str:
    return panel.browser.detail.prompt._view.toPlainText()


def test_rows_are_fetched_as_they_come_into_view(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_questions(project, PAGE_SIZE * 5 + 1)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.count_text == f"{PAGE_SIZE * 5 + 1} rows")
    qtbot.waitUntil(lambda: cell(panel, 0, 0) == "Question 0?")
    assert 3 not in panel.browser.rows._pages
    panel.browser.table.scrollToBottom()
    qtbot.waitUntil(lambda: cell(panel, PAGE_SIZE * 5, 0) == f"Question {PAGE_SIZE * 5}?")
    assert 3 not in panel.browser.rows._pages


def test_words_are_searched_for_while_they_are_typed(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    project.datasets.add_pairs("Tea", [pair("Is tea hot?"), pair("Is coffee hot?", "Scalding.")])
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.count_text == "2 rows")
    qtbot.waitUntil(lambda: not panel.index.is_at_work)
    qtbot.keyClicks(panel.browser.filters.search, "scald")
    qtbot.waitUntil(lambda: panel.browser.count_text == "1 row")
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Is coffee hot?")
    qtbot.keyClicks(panel.browser.filters.search, "xx")
    qtbot.waitUntil(lambda: "No row fits" in panel.browser.count_text)
    assert panel.browser.detail.detail is None
    panel.browser.filters.clear()
    qtbot.waitUntil(lambda: panel.browser.count_text == "2 rows")


def test_filters_narrow_the_rows_and_say_so(show: Show, project: Project, qtbot: QtBot) -> None:
    rows = [pair("One", choice=None), pair("Two"), pair("Three", split=Split.HELD_OUT)]
    project.datasets.add_pairs("Tea", rows)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    filters = panel.browser.filters
    filters.split.setCurrentIndex(filters.split.findData(Split.HELD_OUT.value))
    filters.split.activated.emit(filters.split.currentIndex())
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 1)
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "held out · first is better")
    button = panel.findChild(QPushButton, "data.filters")
    assert button is not None
    assert button.text() == "Filters · 1"


def test_several_data_sets_of_a_kind_can_be_looked_through_together(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_questions(project, 2, "First")
    add_questions(project, 3, "Second")
    project.datasets.add_examples("Ex", [NewExample(user("Tea?"), "A drink.")])
    project.datasets.add_prompts("List", [NewPrompt(user("Why?"))])
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    assert panel.list.select("all:pair")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 5)
    assert not panel.list.select("all:example")
    example, prompts = project.datasets.all()[2:]
    panel.show_item(dataset_id=example.id)
    qtbot.waitUntil(lambda: cell(panel, 0, 1) == "A drink.")
    panel.show_item(dataset_id=prompts.id)
    qtbot.waitUntil(lambda: cell(panel, 0, 1) == "may be trained on")
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Why?")


def test_the_keyboard_goes_through_rows_and_shows_their_whole_text(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    long = "A long answer.\n\n" + "Word " * 200
    project.datasets.add_pairs("Tea", [pair("What is tea?"), pair("Two?", long)])
    panel = show()
    qtbot.waitUntil(lambda: prompt_shown(panel) == "What is tea?")
    panel.browser.table.setFocus()
    qtbot.keyClick(panel.browser.table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Two?")
    assert panel.browser.detail.answers[0]._view.source == long


def test_an_answer_is_edited_in_place_and_its_history_is_kept(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    project.datasets.add_pairs("Tea", [pair("What is tea?")])
    panel = show()
    qtbot.waitUntil(lambda: cell(panel, 0, 1) == "Yes.")
    push(qtbot, panel, "data.edit.first")
    type_into(panel, "data.edit_text.first", "A drink made of leaves.")
    push(qtbot, panel, "data.save.first")
    qtbot.waitUntil(lambda: cell(panel, 0, 1) == "A drink made of leaves.")
    qtbot.waitUntil(lambda: "edited the first answer" in panel.browser.detail.history_text)
    assert "From the file: first is better" in panel.browser.detail.history_text
    second, before = (
        panel.findChild(QPushButton, name) for name in ("data.edit.second", "data.history.before")
    )
    assert second is not None
    assert before is not None
    qtbot.waitUntil(before.isVisible)  # Qt shows what a layout was given in its next turn
    assert tab_stops(second, before) == ["data.edit.second", "data.history.before"]
    push(qtbot, panel, "data.history.before")
    qtbot.waitUntil(lambda: earlier_text(panel) == "Yes.")
    (labelled,) = project.pairs.labelled()
    assert labelled.example.chosen == "A drink made of leaves."
    assert labelled.chosen_origin.kind is OriginKind.EDITED


def test_an_empty_edit_is_refused_and_stays_on_screen(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    project.datasets.add_pairs("Tea", [pair("What is tea?")])
    panel = show()
    qtbot.waitUntil(lambda: cell(panel, 0, 1) == "Yes.")
    push(qtbot, panel, "data.edit.second")
    type_into(panel, "data.edit_text.second", " ")
    push(qtbot, panel, "data.save.second")
    errors = session.window.errors
    assert "can't be empty" in str(errors.pop())
    assert panel.browser.detail.answers[1].is_editing


def test_an_edit_waits_in_its_row_while_another_row_is_looked_at(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    add_questions(project, 2)
    panel = show()
    browser = panel.browser
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 0?")
    push(qtbot, panel, "data.edit.first")
    type_into(panel, "data.edit_text.first", "Yes, of course.")
    browser.table.selectRow(1)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 1?")
    assert not browser.detail.is_editing
    assert "The edit is not saved" in session.window.notices[-1]
    browser.table.selectRow(0)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 0?")
    assert browser.detail.answers[0].draft == "Yes, of course."
    push(qtbot, panel, "data.save.first")
    qtbot.waitUntil(lambda: cell(panel, 0, 1) == "Yes, of course.")
    browser.table.selectRow(1)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 1?")
    assert len(session.window.notices) == 1


def test_a_prompt_with_turns_is_edited(show: Show, project: Project, qtbot: QtBot) -> None:
    project.datasets.add_pairs("Tea", [pair("What is tea?")])
    panel = show()
    qtbot.waitUntil(lambda: prompt_shown(panel) == "What is tea?")
    push(qtbot, panel, "data.edit.prompt")
    panel.browser.detail.prompt.editor.first_text.setPlainText("What is green tea?")
    push(qtbot, panel, "data.save.prompt")
    qtbot.waitUntil(lambda: cell(panel, 0, 0) == "What is green tea?")
    qtbot.waitUntil(lambda: prompt_shown(panel) == "What is green tea?")
    qtbot.waitUntil(lambda: "edited the prompt" in panel.browser.detail.history_text)
    push(qtbot, panel, "data.history.before")
    qtbot.waitUntil(lambda: earlier_text(panel) == "What is tea?")


def test_markdown_is_shown_as_in_label_and_edited_as_written(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    written = "**Yes**, by `steeping`:\n\n- leaves\n- water"
    project.datasets.add_pairs("Tea", [pair("Is tea *made*?", written)])
    panel = show()
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Is tea made?")
    block = panel.browser.detail.answers[0]
    assert block._view.toPlainText().startswith("Yes, by steeping:")
    assert "**" not in block._view.toPlainText()
    push(qtbot, panel, "data.edit.first")
    assert block._field.toPlainText() == written


def test_rows_are_tagged_and_found_by_their_tag(show: Show, project: Project, qtbot: QtBot) -> None:
    add_questions(project, 3)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.detail.detail is not None)
    panel.browser.table.selectRow(1)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 1?")
    tag = panel.browser.detail.tags.field
    qtbot.keyClicks(tag, "check")
    qtbot.keyClick(tag, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.browser.filters.tag.count() == 2)
    qtbot.waitUntil(lambda: panel.browser.detail.detail.tags == ("check",))
    chosen = panel.browser.filters.tag
    chosen.setCurrentIndex(chosen.findData("check"))
    chosen.activated.emit(1)
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 1)


def test_rows_that_were_tagged_together_stay_selected(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_questions(project, 4)
    panel = show()
    table, detail = panel.browser.table, panel.browser.detail
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 0?")
    table.selectRow(1)
    # Not by Shift and a key: Qt would take Shift as held in every test that follows.
    also = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    table.selectionModel().select(panel.browser.rows.index(2, 0), also)
    chosen = panel.browser.selected_keys()
    assert len(chosen) == 2
    qtbot.keyClicks(detail.tags.field, "check")
    qtbot.keyClick(detail.tags.field, Qt.Key.Key_Return)

    def is_read_again() -> bool:
        row = panel.browser.rows.row(2)
        return row is not None and row.tags == ("check",)

    qtbot.waitUntil(is_read_again)
    assert project.tags.counts() == {"check": 2}
    assert panel.browser.selected_keys() == chosen


def test_deleted_rows_go_to_the_bin_and_come_back(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    add_questions(project, 4)
    panel = show()
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 0?")
    panel.browser.table.selectRow(2)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 2?")
    panel.browser.table.setFocus()
    qtbot.keyClick(panel.browser.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    qtbot.waitUntil(lambda: prompt_shown(panel) == "Question 3?")
    assert session.window.notices[-1] == "1 row put into the bin."
    assert len(project.pairs.labelled()) == 3
    undo = session.window.actions[-1]
    undo()
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 4)


def test_a_gold_item_is_called_one_and_is_not_to_be_labelled(
    show: Show, project: Project, qtbot: QtBot, session: Session
) -> None:
    session.settings.annotator = "ann"
    project.datasets.add_pairs("Tea", [pair(f"Question {n}?", choice=None) for n in range(2)])
    (gold_id,) = project.browse.row_ids("pair", project.browse.first_keys(RowFilter())[:1])
    project.gold.mark(GoldAnswer(gold_id, Choice.FIRST, None, ""), "ann")
    panel = show()
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "gold item")
    assert cell(panel, 1, 3) == "to be labelled"
    panel.browser.table.selectRow(0)
    qtbot.waitUntil(lambda: panel.browser.detail._state.text() == "gold item")
    waiting = project.browse.first_keys(RowFilter(is_labelled=False))
    assert gold_id not in project.browse.row_ids("pair", waiting)


def test_a_verdict_made_elsewhere_is_shown_without_losing_the_place(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    rows = [pair(f"Question {n}?", choice=None) for n in range(5)]
    project.datasets.add_pairs("Tea", rows)
    session.settings.annotator = "ann"
    panel = show()
    qtbot.waitUntil(lambda: cell(panel, 2, 3) == "to be labelled")
    panel.browser.table.selectRow(2)
    keys = panel.browser.selected_keys()
    (pair_id,) = project.browse.row_ids("pair", keys)
    showing = operations.Showing("ann", Choice.FIRST, 1.0)
    session.change(lambda: operations.record_verdict(project, pair_id, Choice.TIE, showing))
    qtbot.waitUntil(lambda: cell(panel, 2, 3) == "tie")
    assert panel.browser.table.currentIndex().row() == 2
    qtbot.waitUntil(lambda: "ann: tie" in panel.browser.detail.history_text)


@pytest.mark.parametrize("kind", ["pair", "example", "prompt"])
def test_a_row_is_added_by_hand(show: Show, project: Project, qtbot: QtBot, kind: str) -> None:
    panel = show()
    panel.add_row()
    page = panel.current_tool
    push(qtbot, panel, f"data.add.{kind}")
    page.prompt.first_text.setPlainText("What is tea?")
    page.first.setPlainText("A drink.")
    page.second.setPlainText("Tea is tea.")
    push(qtbot, panel, "data.add.go")
    qtbot.waitUntil(lambda: [item.name for item in project.datasets.all()] == ["Added by hand"])
    push(qtbot, panel, "data.back")
    qtbot.waitUntil(lambda: cell(panel, 0, 0) == "What is tea?")
    if kind == "pair":
        (labelled,) = project.pairs.labelled()
        assert (labelled.example.chosen, labelled.verdict_source) == ("A drink.", "edit")


def test_what_an_added_row_lacks_is_said_beside_the_button_until_it_is_there(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    panel = show()
    panel.add_row()
    page = panel.current_tool
    assert isinstance(page, AddPage)
    page.prompt.first_text.setPlainText("What is tea?")
    push(qtbot, panel, "data.add.go")
    assert page._where.text() == "An answer is empty: write it first."
    page.first.setPlainText("A drink.")
    page.second.setPlainText("Tea is tea.")
    push(qtbot, panel, "data.add.go")
    assert page._where.text().startswith("Added.")
    assert len(project.pairs.labelled()) == 1


def test_a_data_set_that_is_asked_for_is_shown_whole(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_questions(project, 3)
    panel = show()
    qtbot.waitUntil(lambda: panel.browser.count_text == "3 rows")
    panel.browser.filters.search.setText("nothing like it")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 0)
    other = add_questions(project, 2, "Others")
    panel.show_item(dataset_id=other.id)
    panel.apply_changes(Changes(Changed.DATASETS))
    qtbot.waitUntil(lambda: panel.browser.count_text == "2 rows")
    assert panel.browser.filters.search.text() == ""


def test_tab_goes_through_turns_and_tags_in_the_order_in_which_they_stand(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_questions(project, 1)
    panel = show()
    detail = panel.browser.detail
    qtbot.waitUntil(lambda: detail.detail is not None)
    detail.tags.field.setText("odd")
    qtbot.keyClick(detail.tags.field, Qt.Key.Key_Return)

    def stops_from_the_chip() -> bool:
        (chip,) = detail.tags._chips  # a new one whenever the row is read again
        return tab_stops(chip, detail.tags.field) == [chip.accessibleName(), "data.tag"]

    qtbot.waitUntil(lambda: len(detail.tags._chips) == 1 and stops_from_the_chip())
    panel.add_row()
    page = panel.current_tool
    assert isinstance(page, AddPage)
    page.prompt._more.click()
    first, second = (turn.text for turn in page.prompt._turns)
    wanted = [
        "Person", "Who says it", "Remove this turn", "Assistant", "data.add_turn", "First answer",
    ]  # fmt: skip
    qtbot.waitUntil(lambda: tab_stops(first, page.first) == wanted)
    assert panel.window().focusWidget() is second


def test_an_empty_project_says_what_to_do_first(show: Show, qtbot: QtBot) -> None:
    panel = show()
    qtbot.waitUntil(lambda: panel._pages.currentIndex() == 1)
    assert [command.title for command in panel.commands()]


@pytest.mark.parametrize("part", ["prompt", "first"])
@pytest.mark.parametrize("key", ["Ctrl+Return", "Escape"])
def test_the_keyboard_stays_at_what_was_edited(
    show: Show, project: Project, qtbot: QtBot, part: str, key: str
) -> None:
    project.datasets.add_pairs("Tea", [pair("What is tea?")])
    panel = show()
    with qtbot.waitActive(panel):
        panel.activateWindow()
    qtbot.waitUntil(lambda: prompt_shown(panel) == "What is tea?")
    push(qtbot, panel, f"data.edit.{part}")
    qtbot.waitUntil(lambda: isinstance(panel.focusWidget(), QPlainTextEdit))
    field = panel.focusWidget()
    assert isinstance(field, QPlainTextEdit)
    field.setPlainText("Something else")
    modifier = Qt.KeyboardModifier.ControlModifier if "Ctrl" in key else NO_KEY
    qtbot.keyClick(field, Qt.Key.Key_Return if "Ctrl" in key else Qt.Key.Key_Escape, modifier)
    edit = panel.findChild(QPushButton, f"data.edit.{part}")
    assert edit is not None
    qtbot.waitUntil(edit.hasFocus)


def test_people_who_disagree_are_told_until_somebody_settles(
    show: Show, project: Project, session: Session, qtbot: QtBot
) -> None:
    project.datasets.add_pairs("Tea", [pair("Is tea hot?", choice=None)])
    session.settings.annotator = "ann"
    panel = show()
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "to be labelled")
    (pair_id,) = project.browse.row_ids("pair", panel.browser.selected_keys())
    for person, choice, said in (("ann", Choice.FIRST, "first is better"), ("bo", Choice.TIE, "")):
        showing = operations.Showing(person, Choice.FIRST, 1.0)
        session.change(partial(operations.record_verdict, project, pair_id, choice, showing))
        qtbot.waitUntil(lambda said=said: cell(panel, 0, 3) == (said or "people disagree"))
    qtbot.waitUntil(lambda: panel.browser.detail._state.text() == "people disagree")
    settle = partial(operations.record_verdict, source=VerdictSource.ADJUDICATE)
    session.change(partial(settle, project, pair_id, Choice.TIE, showing))
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "tie")


def test_what_others_said_is_kept_from_who_has_yet_to_judge(
    show: Show, project: Project, qtbot: QtBot, session: Session
) -> None:
    project.datasets.add_pairs("Tea", [pair("Is tea hot?", choice=None)])
    (pair_id,) = project.browse.row_ids("pair", project.browse.all_keys(RowFilter()))
    session.settings.annotator = "Grace"
    give(project, pair_id, Choice.FIRST, annotator="Ada")
    panel = show()
    detail = panel.browser.detail
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "waits for you")
    qtbot.waitUntil(lambda: detail.detail is not None)
    assert "Ada" not in detail.history_text
    assert "better" not in [part.text() for part in detail.findChildren(QLabel)]
    push(qtbot, panel, "data.show_others")
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "first is better")
    qtbot.waitUntil(lambda: "Ada: first is better" in detail.history_text)
    push(qtbot, panel, "data.hide_others")
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "waits for you")
    qtbot.waitUntil(lambda: "Ada" not in detail.history_text)
    give(project, pair_id, Choice.SECOND, annotator="Grace")
    session.apply(Changes(Changed.VERDICTS))
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "people disagree")
    qtbot.waitUntil(lambda: "Ada: first is better" in detail.history_text)
