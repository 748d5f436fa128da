"""Label: one key a verdict, on disk before the next pair; nothing gives a model away."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from workbench.core import conversation
from workbench.core.preferences import Choice, Origin, OriginKind, Strength, Verdict
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.panels.label.panel import LabelPanel
from workbench.ui.panels.label.stopwatch import Stopwatch
from workbench.ui.tokens import RAIL_WIDTH

SECRET = Origin(OriginKind.SAMPLED, model="SecretModel", run_id="secret-run")
PAIRS = 30


@pytest.fixture
def panel(qtbot: QtBot, session: Session, project: Project) -> LabelPanel:
    pairs = [
        NewPair(conversation.user(f"Question {n}?"), f"First {n}.", f"Second {n}.", SECRET, SECRET)
        for n in range(PAIRS)
    ]
    project.datasets.add_pairs("To label", pairs)
    return shown_panel(qtbot, session)


def shown_panel(qtbot: QtBot, session: Session) -> LabelPanel:
    panel = LabelPanel(session)
    session.window.panels.append(panel)  # type: ignore[attr-defined]
    qtbot.addWidget(panel)
    panel.resize(1200, 800)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    return panel


def shown_text(panel: LabelPanel, name: str) -> str:
    view = panel.findChild(QTextEdit, f"label.{name}")
    assert view is not None
    return view.toPlainText()


def newest(project: Project) -> Verdict:
    def query(db: object) -> str:
        rows = list(db["verdicts"].rows_where(order_by="rowid DESC", limit=1))  # type: ignore[index]
        return str(rows[0]["pair_id"])

    return project.labels.history(project.database.read(query))[-1]


def press(qtbot: QtBot, panel: LabelPanel, key: Qt.Key) -> None:
    before = shown_text(panel, "prompt")
    qtbot.keyClick(panel, key)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") != before)


@pytest.mark.parametrize(
    ("key", "side", "strength"),
    [
        (Qt.Key.Key_Left, "left", Strength.CLEARLY),
        (Qt.Key.Key_Right, "right", Strength.CLEARLY),
        (Qt.Key.Key_1, "left", Strength.MUCH),
        (Qt.Key.Key_3, "left", Strength.SLIGHTLY),
        (Qt.Key.Key_9, "right", Strength.MUCH),
    ],
)
def test_a_key_prefers_the_answer_on_its_side(
    qtbot: QtBot, panel: LabelPanel, project: Project, key: Qt.Key, side: str, strength: Strength
) -> None:
    preferred = shown_text(panel, side)
    press(qtbot, panel, key)
    verdict = newest(project)
    pair = project.pairs.get(verdict.pair_id)
    chosen = pair.first if verdict.choice is Choice.FIRST else pair.second
    assert chosen.text == preferred
    assert verdict.strength is strength
    assert verdict.elapsed_s is not None
    assert verdict.elapsed_s >= 0


@pytest.mark.parametrize(
    ("key", "choice"),
    [(Qt.Key.Key_0, Choice.TIE), (Qt.Key.Key_B, Choice.BOTH_BAD), (Qt.Key.Key_S, Choice.SKIP)],
)
def test_keys_without_a_side(
    qtbot: QtBot, panel: LabelPanel, project: Project, key: Qt.Key, choice: Choice
) -> None:
    press(qtbot, panel, key)
    assert newest(project).choice is choice


def test_the_whole_queue_can_be_labelled_and_taken_back(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    for _ in range(PAIRS - 1):
        press(qtbot, panel, Qt.Key.Key_Right)
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    annotator = panel.session.settings.annotator
    assert project.labels.progress(annotator).decided == PAIRS
    done = [item.text() for item in panel.findChildren(QLabel) if item.isVisible()]
    assert "Every pair has a verdict" in done
    for left in range(PAIRS - 1, -1, -1):
        qtbot.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert project.labels.progress(annotator).decided == left
    assert shown_text(panel, "prompt") == "Question 0?"
    count = panel.findChild(QLabel, "label.count")
    assert count is not None
    assert count.text() == f"0 of {PAIRS}"


def test_sides_are_random_and_recorded(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    lefts = set()
    for _ in range(PAIRS - 1):
        left_text = shown_text(panel, "left")
        press(qtbot, panel, Qt.Key.Key_0)
        verdict = newest(project)
        pair = project.pairs.get(verdict.pair_id)
        on_left = pair.first if verdict.shown_left is Choice.FIRST else pair.second
        assert on_left.text == left_text
        lefts.add(verdict.shown_left)
    assert lefts == {Choice.FIRST, Choice.SECOND}


def test_a_key_typed_into_a_field_is_text_and_no_verdict(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    note = QLineEdit(panel)
    note.show()
    note.setFocus()
    qtbot.keyClicks(note, "bs0129")
    assert note.text() == "bs0129"
    assert project.labels.counts() == {}


def test_a_held_key_is_one_verdict(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    press(qtbot, panel, Qt.Key.Key_B)
    for _ in range(5):
        held = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, "b", True
        )
        QCoreApplication.sendEvent(panel, held)
    assert project.labels.counts() == {Choice.BOTH_BAD: 1}


def test_a_click_is_a_verdict_too(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    tie = panel.findChild(QPushButton, "label.verdict.tie")
    assert tie is not None
    qtbot.mouseClick(tie, Qt.MouseButton.LeftButton)
    assert project.labels.counts() == {Choice.TIE: 1}


def test_nothing_gives_the_model_away(panel: LabelPanel) -> None:
    said: list[str] = [panel.windowTitle()]
    for item in [panel, *panel.findChildren(QObject)]:
        said.append(item.objectName())
        if isinstance(item, QWidget):
            said += [item.toolTip(), item.accessibleName(), item.accessibleDescription()]
            said += [item.statusTip(), item.whatsThis(), item.windowTitle()]
        if isinstance(item, QLabel | QPushButton | QAction):
            said.append(item.text())
        if isinstance(item, QTextEdit):
            said.append(item.toHtml())
        for name in ("role", "kind", "card", "pill"):
            said.append(str(item.property(name)))
    assert "secret" not in " ".join(said).lower()


def test_without_pairs_it_says_what_to_do(qtbot: QtBot, session: Session) -> None:
    panel = shown_panel(qtbot, session)
    texts = [item.text() for item in panel.findChildren(QLabel) if item.isVisible()]
    assert "No pairs to label yet" in texts
    qtbot.keyClick(panel, Qt.Key.Key_Left)
    go = next(item for item in panel.findChildren(QPushButton) if item.text() == "Import pairs")
    qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("data", {})]  # type: ignore[attr-defined]


def test_right_to_left_and_long_texts_are_shown_whole(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    long, hebrew = "word " * 4000, "שלום עולם " * 50
    pair = NewPair(conversation.user("?"), long, hebrew, SECRET, SECRET)
    project.datasets.add_pairs("Long", [pair])
    panel = shown_panel(qtbot, session)
    assert {shown_text(panel, "left"), shown_text(panel, "right")} == {long, hebrew}


def test_the_stopwatch_stands_still_while_paused() -> None:
    now = 100.0
    watch = Stopwatch(clock=lambda: now)
    watch.restart()
    now = 103.0
    watch.pause()
    now = 200.0
    watch.resume()
    now = 201.5
    assert watch.elapsed_s == pytest.approx(4.5)


def test_the_panel_fits_a_small_window(panel: LabelPanel) -> None:
    assert panel.minimumSizeHint().width() <= 1100 - RAIL_WIDTH
