"""Exporting in the Data panel: form, filters, two parts, and what is said of what was left out."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import add_questions, pair, show_panel
from workbench.core.conversation import user
from workbench.core.preferences import Choice, Strength
from workbench.store.project import Project
from workbench.store.rows import NewExample
from workbench.ui import operations
from workbench.ui.context import Session
from workbench.ui.panels.data.export_page import ExportPage
from workbench.ui.panels.data.panel import DataPanel


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def open_page(qtbot: QtBot, panel: DataPanel) -> ExportPage:
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() > 0)
    panel.choose_export()
    page = panel.current_tool
    assert isinstance(page, ExportPage)
    qtbot.waitUntil(lambda: page.dataset.count() > 1)
    return page


def test_labelled_pairs_are_written_with_their_provenance(
    qtbot: QtBot, project: Project, session: Session, tmp_path: Path
) -> None:
    add_questions(project, 2)
    page = open_page(qtbot, show_panel(qtbot, session))
    assert page.dataset.currentText() == "Questions"
    target = tmp_path / "out.jsonl"
    page.export_to(target)
    qtbot.waitUntil(lambda: "2 rows written to" in page.outcome.text())
    row = lines(target)[0]
    assert row["chosen_origin"] == {"kind": "imported", "note": "tea.jsonl"}


def test_prompts_are_parted_into_train_and_held_out(
    qtbot: QtBot, project: Project, session: Session, tmp_path: Path
) -> None:
    add_questions(project, 40)
    page = open_page(qtbot, show_panel(qtbot, session))
    page.split.setChecked(True)
    page.share.setValue(50)
    page.provenance.setChecked(False)
    page.export_to(tmp_path / "out.jsonl")
    qtbot.waitUntil(lambda: "held out in" in page.outcome.text())
    train, apart = lines(tmp_path / "out.train.jsonl"), lines(tmp_path / "out.held_out.jsonl")
    assert len(train) + len(apart) == 40
    assert train
    assert apart


def test_only_strong_verdicts_are_written_and_the_rest_is_counted(
    qtbot: QtBot, project: Project, session: Session, tmp_path: Path
) -> None:
    project.datasets.add_pairs("Tea", [pair("One?", choice=None), pair("Two?", choice=None)])
    showing = operations.Showing("ada", Choice.FIRST, 1.0)
    for strength, item in zip(Strength, project.pairs.waiting("ada", 5), strict=False):
        operations.record_verdict(project, item.id, Choice.FIRST, showing, strength)
    page = open_page(qtbot, show_panel(qtbot, session))
    qtbot.waitUntil(lambda: [box.text() for box in page._names] == ["ada"])
    page.strength.setCurrentIndex(page.strength.findData(Strength.CLEARLY.value))
    assert page.options.min_strength is Strength.CLEARLY
    page.export_to(tmp_path / "out.jsonl")
    qtbot.waitUntil(lambda: "1 row written" in page.outcome.text())
    assert "1 left out" in page.outcome.text()
    assert "all of 2 rows here" in page.outcome.text()
    assert len(lines(tmp_path / "out.jsonl")) == 1


def test_the_form_follows_the_rows_on_screen(
    qtbot: QtBot, project: Project, session: Session, tmp_path: Path
) -> None:
    project.datasets.add_examples("Ex", [NewExample(user("Tea?"), "A drink.")])
    page = open_page(qtbot, show_panel(qtbot, session))
    assert page.options.form != "trl-preference"
    assert page.strength.isHidden()
    page.export_to(tmp_path / "examples.csv")
    qtbot.waitUntil(lambda: "1 row written" in page.outcome.text())
    assert "A drink." in (tmp_path / "examples.csv").read_text(encoding="utf-8")


def test_tab_leads_from_the_filters_to_the_people_below_them(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    add_questions(project, 1)
    project.annotators.add("Ada")
    page = open_page(qtbot, show_panel(qtbot, session))
    reached = page.agreement.nextInFocusChain()
    while not isinstance(reached, QCheckBox):
        reached = reached.nextInFocusChain()
    assert reached is page._names[0]


def test_an_export_of_nothing_says_what_to_do(
    qtbot: QtBot, project: Project, session: Session, tmp_path: Path
) -> None:
    project.datasets.add_pairs("Tea", [pair("One?", choice=None)])
    page = open_page(qtbot, show_panel(qtbot, session))
    page.export_to(tmp_path / "out.jsonl")
    errors = session.window.errors
    qtbot.waitUntil(lambda: bool(errors))
    assert "nothing to export" in str(errors.pop())
    assert not (tmp_path / "out.jsonl").exists()


def test_a_long_name_ends_in_an_ellipsis_and_leaves_the_page_its_width(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    name = "Questions about tea that were gathered over a whole year, without repeats, part 1"
    add_questions(project, 2, name)
    page = open_page(qtbot, show_panel(qtbot, session))
    assert page.dataset.text_when_cut == name
    assert page.dataset.width() == page.ending.width()


def test_verdicts_of_a_file_are_chosen_by_whose_they_are(
    qtbot: QtBot, project: Project, session: Session, tmp_path: Path
) -> None:
    project.datasets.add_pairs("Tea", [pair("One?"), pair("Two?", choice=None)])
    (waiting,) = project.pairs.waiting("ada", 5)
    showing = operations.Showing("ada", Choice.FIRST, 1.0)
    operations.record_verdict(project, waiting.id, Choice.FIRST, showing)
    page = open_page(qtbot, show_panel(qtbot, session))
    qtbot.waitUntil(lambda: [box.text() for box in page._names] == ["ada", "the file itself"])
    assert page.options.annotators == ()
    page._names[1].click()
    assert page.options.annotators == ("ada",)
    page.export_to(tmp_path / "out.jsonl")
    qtbot.waitUntil(lambda: "1 row written" in page.outcome.text())
    page._names[0].click()
    assert not page._go.isEnabled()
    page._names[1].click()
    assert page.options.annotators == ("import",)
