"""Importing in the Data panel: a look at a source, what a person corrects, and what came of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import cell, drag_over, drop, push, show_panel
from workbench.core.errors import KnownError
from workbench.core.preferences import Split
from workbench.exchange.sources import HubDataset, Pasted
from workbench.formats.roles import Role
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.data.import_choices import ImportChoices
from workbench.ui.panels.data.import_page import ImportPage
from workbench.ui.panels.data.import_sources import source_of
from workbench.ui.panels.data.panel import DataPanel

Show = Callable[[], DataPanel]
PAIR = {"prompt": "What is tea?", "chosen": "A drink made of leaves.", "rejected": "Well…"}


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pairs_file(path: Path, count: int) -> Path:
    return write_lines(path, [{**PAIR, "prompt": f"Question {n}?"} for n in range(count)])


@pytest.fixture
def show(qtbot: QtBot, session: Session) -> Show:
    return lambda: show_panel(qtbot, session)


def wait_for_look(qtbot: QtBot, panel: DataPanel) -> ImportPage:
    page = panel.import_page()
    qtbot.waitUntil(lambda: not page.is_busy and not page.preview.isHidden())
    return page


def test_a_dropped_file_is_looked_at_and_imported(
    show: Show, project: Project, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    drop(panel, pairs_file(tmp_path / "concise.jsonl", 3))
    page = wait_for_look(qtbot, panel)
    assert page._go.text() == "Import 3 rows"
    assert str(page.preview.rows.index(0, 1).data()) == "Question 0?"
    assert page.preview.mapping[Role.CHOSEN] == "chosen"
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "first is better")
    assert panel.current_tool is None
    notices = session.window.notices
    assert notices == ["3 rows imported as “concise”."]
    assert len(project.pairs.labelled()) == 3


def test_pairs_can_be_left_to_be_labelled(
    show: Show, session: Session, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.show_item(import_path=pairs_file(tmp_path / "pairs.jsonl", 2))
    wait_for_look(qtbot, panel)
    push(qtbot, panel, "data.import.ask_again")
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "to be labelled")
    assert project.pairs.labelled() == []
    assert len(project.pairs.waiting("ann", 10)) == 2
    label_them = session.window.actions[-1]
    label_them()
    assert session.window.visits[-1][0] == "label"


def test_prompts_can_be_held_out_and_named(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    lines = write_lines(tmp_path / "p.jsonl", [{"prompt": "Why?"}, {"prompt": "How?"}])
    panel.import_page().offer(lines)
    page = wait_for_look(qtbot, panel)
    assert page.choices._verdicts.isHidden()
    page.choices.name.setText("Reserved")
    push(qtbot, panel, "data.import.held_out")
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: len(project.datasets.prompts(Split.HELD_OUT)) == 2)
    qtbot.waitUntil(lambda: cell(panel, 1, 1) == "held out")
    assert project.datasets.all()[0].name == "Reserved"


def test_columns_with_other_names_are_mapped_by_hand(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("frage,gut,schlecht\nWas ist Tee?,Ein Getränk,Nichts\n", encoding="utf-8")
    panel = show()
    panel.import_page().offer(path)
    page = wait_for_look(qtbot, panel)
    assert not page._go.isEnabled()
    assert page.preview.form.currentText().startswith("TRL preference")  # by the three columns
    for role, column in (("prompt", "frage"), ("chosen", "gut"), ("rejected", "schlecht")):
        combo = page.preview._roles[Role(role)]
        choose(qtbot, page, combo, column)
    qtbot.waitUntil(page._go.isEnabled)
    assert str(page.preview.rows.index(0, 2).data()) == "Ein Getränk"
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 1)
    (labelled,) = project.pairs.labelled()
    assert labelled.example.rejected == "Nichts"


def choose(qtbot: QtBot, page: ImportPage, combo: QComboBox, value: str) -> None:
    """Choose like a person and wait until the source was looked at again."""
    before = page._probe
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: page._probe is not before)


def test_bad_rows_are_listed_and_saved_and_the_good_ones_come_in(
    show: Show, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = pairs_file(tmp_path / "mixed.jsonl", 2)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"prompt": "a", "chosen": 1, "rejected": "c"}\n{oops\n')
    panel = show()
    panel.import_page().offer(path)
    page = wait_for_look(qtbot, panel)
    assert "line 3" in page.preview._problems.text()
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: not page.report.isHidden())
    assert page.report.table.rowCount() == 2
    assert [page.report.table.item(row, 1).text() for row in (0, 1)] == ["3", "4"]
    assert page.report.table.item(0, 2).text() == "chosen"
    page.report.save_to(tmp_path / "rejected.jsonl")
    notices = session.window.notices
    qtbot.waitUntil(lambda: len(notices) == 1)
    saved = (tmp_path / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["line"] for line in saved] == [3, 4]
    push(qtbot, panel, "data.import.done")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), ("{oops\n", "not JSON")])
def test_a_file_without_a_good_row_is_explained_in_place(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    panel = show()
    page = panel.import_page()
    page.offer(path)
    qtbot.waitUntil(lambda: reason in page.message)
    assert "bad.jsonl" in page.message
    assert project.datasets.all() == []


def test_the_same_rows_are_recognised_and_can_come_in_again(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    path = pairs_file(tmp_path / "pairs.jsonl", 2)
    page = panel.import_page()
    for _ in range(2):
        page.offer(path)
        wait_for_look(qtbot, panel)
        push(qtbot, panel, "data.import.go")
        qtbot.waitUntil(lambda: not page.is_busy)
    qtbot.waitUntil(lambda: "already in this project" in page.message)
    assert len(project.datasets.all()) == 1
    push(qtbot, panel, "data.import.again")
    qtbot.waitUntil(lambda: len(project.datasets.all()) == 2)


def test_of_two_files_dropped_one_after_the_other_the_second_is_looked_at(
    show: Show, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    session.bridge.hold(qtbot)
    drop(panel, write_lines(tmp_path / "empty.jsonl", []))
    drop(panel, pairs_file(tmp_path / "second.jsonl", 3))
    qtbot.waitUntil(lambda: session.bridge.is_idle)
    session.bridge.release()
    page = wait_for_look(qtbot, panel)
    assert page._go.text() == "Import 3 rows"
    assert page.message == ""


def test_a_file_dropped_during_an_import_is_not_lost_without_a_word(
    show: Show, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    drop(panel, pairs_file(tmp_path / "first.jsonl", 3))
    page = wait_for_look(qtbot, panel)
    page.start()
    drop(panel, pairs_file(tmp_path / "second.jsonl", 3))
    (said,) = session.window.notices
    assert "choose “second” again" in said
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)


def test_nothing_is_imported_before_a_correction_was_looked_at(
    show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.import_page().offer(pairs_file(tmp_path / "pairs.jsonl", 3))
    page = wait_for_look(qtbot, panel)
    assert page._go.isEnabled()
    page.preview.corrected.emit("trl-preference", None)
    assert not page._go.isEnabled()
    qtbot.waitUntil(page._go.isEnabled)


def test_an_import_can_be_given_up(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.import_page().offer(pairs_file(tmp_path / "many.jsonl", 20_000))
    page = wait_for_look(qtbot, panel)
    may_store = threading.Event()
    project.database.submit(lambda _: may_store.wait(60))  # so it is not over by then
    page.start()
    push(qtbot, panel, "data.cancel")
    assert "taking out" in page.progress.text
    at = QApplication.focusWidget()
    assert at is not None
    assert page.isAncestorOf(at)
    may_store.set()
    qtbot.waitUntil(lambda: not page.is_busy)
    assert project.datasets.all() == []
    assert not page.preview.isHidden()


def test_rows_are_pasted(show: Show, project: Project, qtbot: QtBot) -> None:
    text = json.dumps(PAIR)
    QApplication.clipboard().setText(text)
    panel = show()
    panel.paste()
    wait_for_look(qtbot, panel)
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 1)
    assert project.datasets.all()[0].name == "Pasted rows"


def test_what_is_dropped_or_copied_is_understood(tmp_path: Path) -> None:
    def mime(*paths: Path, text: str = "") -> QMimeData:
        made = QMimeData()
        if paths:
            made.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        if text:
            made.setText(text)
        return made

    assert source_of(mime(tmp_path)) == tmp_path
    assert source_of(mime(text="a prompt")) == Pasted("a prompt")
    with pytest.raises(KnownError, match="not there any more"):
        source_of(mime(tmp_path / "none.jsonl"))
    with pytest.raises(KnownError, match="These are 2 files"):
        source_of(mime(tmp_path, tmp_path))
    with pytest.raises(KnownError, match="no rows"):
        source_of(mime(text="  "))
    elsewhere = QMimeData()
    elsewhere.setUrls([QUrl("https://example.org/rows.jsonl")])
    with pytest.raises(KnownError, match=r"rows\.jsonl” is not a file on this machine"):
        source_of(elsewhere)


def test_a_drop_never_asks_its_source_to_move_the_file(
    show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    shift = Qt.KeyboardModifier.ShiftModifier
    event = drop(panel, pairs_file(tmp_path / "concise.jsonl", 3), key=shift)
    assert event.proposedAction() is Qt.DropAction.MoveAction
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.CopyAction
    wait_for_look(qtbot, panel)


def test_while_something_is_dragged_over_the_panel_says_that_it_can_be_dropped(
    show: Show, tmp_path: Path
) -> None:
    panel = show()
    hint = panel.findChild(QWidget, "data.drop_hint")
    assert hint is not None
    path = pairs_file(tmp_path / "pairs.jsonl", 1)
    drag_over(panel, path)
    assert hint.isVisible()
    assert hint.geometry() == panel.rect()
    QApplication.sendEvent(panel, QDragLeaveEvent())
    assert not hint.isVisible()
    drop(panel, path)
    assert not hint.isVisible()


def test_what_can_not_be_taken_is_refused_in_words(
    show: Show, session: Session, tmp_path: Path
) -> None:
    panel = show()
    drop(panel, pairs_file(tmp_path / "a.jsonl", 1), pairs_file(tmp_path / "b.jsonl", 1))
    QApplication.clipboard().clear()
    panel.paste()
    said = [str(error) for error in session.window.errors]
    session.window.errors.clear()
    assert len(said) == 2
    assert "These are 2 files" in said[0]
    assert "no rows in the clipboard" in said[1]


def test_a_data_set_of_the_hub_is_asked_for(show: Show, qtbot: QtBot) -> None:
    page = show().import_page()
    page.sources.chosen.disconnect(page.offer)
    page.sources.hub.setText(" https://huggingface.co/datasets/trl-lib/kto-mix ")
    with qtbot.waitSignal(page.sources.chosen) as chosen:
        page.sources._choose_hub()
    assert chosen.args == [HubDataset("trl-lib/kto-mix", None)]


def test_no_choice_is_cut_off_where_there_is_little_room(qtbot: QtBot) -> None:
    choices = ImportChoices()
    qtbot.addWidget(choices)
    choices.resize(640, 120)
    with qtbot.waitExposed(choices):
        choices.show()
    assert choices.width() == 640
    for radio in (choices.decided, choices.ask_again):
        assert radio.width() >= radio.sizeHint().width()
    assert choices.ask_again.y() > choices.decided.y()
