from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.preferences import Split
from workbench.exchange.import_file import ImportOptions, import_file
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.data.panel import DataPanel

PAIR = {"prompt": "What is tea?", "chosen": "A drink made of leaves.", "rejected": "Well…"}


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pairs_file(path: Path, count: int) -> Path:
    return write_lines(path, [{**PAIR, "prompt": f"Question {n}?"} for n in range(count)])


@pytest.fixture
def show(qtbot: QtBot, session: Session) -> Callable[[], DataPanel]:
    def make() -> DataPanel:
        panel = DataPanel(session)
        session.window.panels.append(panel)  # type: ignore[attr-defined] # the test's own window
        qtbot.addWidget(panel)
        panel.resize(1100, 700)
        panel.show()
        qtbot.waitUntil(lambda: not panel._waiting)
        return panel

    return make


def push(qtbot: QtBot, panel: DataPanel, name: str) -> None:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton, pos=QPoint(8, found.height() // 2))


def cell(panel: DataPanel, row: int, column: int) -> str:
    return str(panel.browser.rows.index(row, column).data())


def drop(panel: DataPanel, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    actions, nothing = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    left = Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(50, 50), actions, mime, left, nothing)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(panel, QDropEvent(QPoint(50, 50), actions, mime, left, nothing))


def test_a_dropped_file_is_offered_and_imported(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    drop(panel, pairs_file(tmp_path / "concise.jsonl", 3))
    qtbot.waitUntil(lambda: "3 rows" in panel.import_card.message)
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    qtbot.waitUntil(lambda: cell(panel, 0, 0) == "Question 0?")
    assert cell(panel, 0, 3) == "first is better"
    assert panel.import_card.message == ""
    assert [dataset.name for dataset in project.datasets.all()] == ["concise"]
    assert len(project.pairs.labelled()) == 3


def test_a_preference_file_can_be_left_to_be_labelled(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.offer_import(pairs_file(tmp_path / "pairs.jsonl", 2))
    push(qtbot, panel, "data.import.ask_again")
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 2)
    qtbot.waitUntil(lambda: cell(panel, 0, 3) == "to be labelled")
    assert project.pairs.labelled() == []
    assert len(project.pairs.waiting("ann", 10)) == 2


def test_prompts_can_be_held_out(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.offer_import(write_lines(tmp_path / "p.jsonl", [{"prompt": "Why?"}, {"prompt": "How?"}]))
    push(qtbot, panel, "data.import.held_out")
    assert not panel.import_card._verdicts.isVisible()
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: len(project.datasets.prompts(Split.HELD_OUT)) == 2)
    qtbot.waitUntil(lambda: cell(panel, 1, 1) == "held out, never trained on")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"prompt": "a", "chosen": "b", "rejected": "c"}\n{oops\n', "line 2: this is not JSON"),
        ("", "empty"),
        ('{"prompt": "a", "chosen": "b"}\n', 'no "rejected"'),
    ],
)
def test_a_bad_file_is_explained_in_place_and_changes_nothing(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path,
    text: str, reason: str,
) -> None:  # fmt: skip
    panel = show()
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    panel.offer_import(path)
    qtbot.waitUntil(lambda: reason in panel.import_card.message)
    assert "bad.jsonl" in panel.import_card.message
    assert panel.import_card.property("card") == "bad"
    assert project.datasets.all() == []
    another = panel.findChild(QPushButton, "data.import.another")
    assert another is not None
    assert another.isVisible()
    push(qtbot, panel, "data.import.cancel")
    assert panel.import_card.isHidden()


def test_an_error_after_the_first_rows_leaves_the_project_as_it_was(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    path = pairs_file(tmp_path / "late.jsonl", 30)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"prompt": "a", "chosen": 1, "rejected": "c"}\n')
    panel.offer_import(path)
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: "line 31" in panel.import_card.message)
    assert project.datasets.all() == []
    assert project.pairs.count() == 0


def test_the_same_file_is_recognised(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    path = pairs_file(tmp_path / "pairs.jsonl", 2)
    import_file(project, path, ImportOptions(name="First time"))
    panel = show()
    panel.offer_import(path)
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: "already in this project" in panel.import_card.message)
    assert "First time" in panel.import_card.message
    assert len(project.datasets.all()) == 1


def test_an_import_can_be_given_up(
    show: Callable[[], DataPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.offer_import(pairs_file(tmp_path / "many.jsonl", 5000))
    push(qtbot, panel, "data.import.go")
    qtbot.waitUntil(lambda: "of 5,000 rows" in panel.import_card.message)
    push(qtbot, panel, "data.import.cancel")
    assert panel.import_card.isHidden()
    qtbot.waitUntil(lambda: project.datasets.all() == [])
    assert project.pairs.count() == 0


def test_labelled_pairs_are_exported_with_their_provenance(
    show: Callable[[], DataPanel], project: Project, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    import_file(project, pairs_file(tmp_path / "pairs.jsonl", 2))
    panel = show()
    target = tmp_path / "out.jsonl"
    panel.export_to(target)
    qtbot.waitUntil(lambda: bool(session.window.notices))  # type: ignore[attr-defined]
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 2
    assert rows[0]["verdict_source"] == "import"
    assert rows[0]["chosen_origin"]["kind"] == "imported"


def test_an_export_of_nothing_says_what_to_do(
    show: Callable[[], DataPanel], session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.export_to(tmp_path / "out.jsonl")
    errors = session.window.errors  # type: ignore[attr-defined] # the test's own window
    qtbot.waitUntil(lambda: bool(errors))
    assert "no labelled pairs" in str(errors.pop())
    assert not (tmp_path / "out.jsonl").exists()
