"""Label: one key a verdict, on disk before the next pair; nothing gives a model away."""

from collections import Counter

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.label_panels import (
    SECRET,
    add_pairs,
    count_text,
    decide,
    everything_said,
    newest,
    press,
    shown_panel,
    shown_text,
)
from workbench.core import conversation
from workbench.core.preferences import Choice, Strength
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.main_window import MainWindow
from workbench.ui.panels.label.panel import LabelPanel
from workbench.ui.panels.label.stopwatch import Stopwatch
from workbench.ui.tokens import RAIL_WIDTH

PAIRS = 30
NO, SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier,
)  # fmt: skip


@pytest.fixture
def panel(qtbot: QtBot, session: Session, project: Project) -> LabelPanel:
    add_pairs(project, PAIRS)
    return shown_panel(qtbot, session)


@pytest.mark.parametrize(
    ("key", "modifiers", "side", "strength"),
    [
        (Qt.Key.Key_Left, NO, "left", Strength.CLEARLY),
        (Qt.Key.Key_Right, NO, "right", Strength.CLEARLY),
        (Qt.Key.Key_Left, SHIFT, "left", Strength.MUCH),
        (Qt.Key.Key_Right, SHIFT, "right", Strength.MUCH),
        (Qt.Key.Key_Left, ALT, "left", Strength.SLIGHTLY),
        (Qt.Key.Key_Right, ALT, "right", Strength.SLIGHTLY),
        (Qt.Key.Key_1, NO, "left", Strength.MUCH),
        (Qt.Key.Key_3, NO, "left", Strength.SLIGHTLY),
        (Qt.Key.Key_7, NO, "right", Strength.SLIGHTLY),
        (Qt.Key.Key_9, NO, "right", Strength.MUCH),
    ],
)
def test_a_key_prefers_the_answer_on_its_side(
    qtbot: QtBot,
    panel: LabelPanel,
    project: Project,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    side: str,
    strength: Strength,
) -> None:
    preferred = shown_text(panel, side)
    press(qtbot, panel, key, modifiers)
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
    decide(qtbot, panel, key)
    assert newest(project).choice is choice


def test_a_verdict_that_the_disk_has_no_room_for_leaves_all_as_it_was(
    qtbot: QtBot, panel: LabelPanel, session: Session, project: Project
) -> None:
    decide(qtbot, panel, Qt.Key.Key_Right)

    def shown() -> list[str]:
        return [
            *(shown_text(panel, name) for name in ("prompt", "left", "right")),
            count_text(panel),
        ]

    note = "Long enough for pages of its own. " * 500
    panel.findChild(QPlainTextEdit, "label.note").setPlainText(note)
    before = shown()
    project.database.read(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    press(qtbot, panel, Qt.Key.Key_Left)
    assert shown() == before
    (error,) = session.window.errors
    session.window.errors.clear()
    assert "see that the disk has room and works" in str(error)
    project.database.read(lambda db: db.execute("PRAGMA max_page_count = 4294967294").fetchone())
    decide(qtbot, panel, Qt.Key.Key_Left)
    verdict = newest(project)
    assert verdict.details is not None
    assert verdict.details.note == note.strip()
    assert count_text(panel) == f"2 of {PAIRS}"


def test_the_whole_queue_can_be_labelled_and_taken_back(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    for _ in range(PAIRS - 1):
        decide(qtbot, panel, Qt.Key.Key_Right)
    press(qtbot, panel, Qt.Key.Key_Right)
    annotator = panel.session.settings.annotator
    assert project.labels.progress(annotator).decided == PAIRS
    qtbot.waitUntil(lambda: "Every pair has a verdict" in visible_texts(panel))
    for left in range(PAIRS - 1, -1, -1):
        press(qtbot, panel, Qt.Key.Key_Z, CTRL)
        assert project.labels.progress(annotator).decided == left
    assert shown_text(panel, "prompt") == "Question 0?"
    assert count_text(panel) == f"0 of {PAIRS}"
    for done in range(1, PAIRS + 1):
        press(qtbot, panel, Qt.Key.Key_Z, CTRL | SHIFT)
        assert project.labels.progress(annotator).decided == done
    press(qtbot, panel, Qt.Key.Key_Y, CTRL)
    assert project.labels.progress(annotator).decided == PAIRS


def test_a_pair_comes_back_on_the_sides_that_it_had(qtbot: QtBot, panel: LabelPanel) -> None:
    seen: list[tuple[str, str]] = []

    def shown() -> tuple[str, str]:
        return shown_text(panel, "left"), shown_text(panel, "right")

    for _ in range(PAIRS - 1):
        seen.append(shown())
        decide(qtbot, panel, Qt.Key.Key_Left)
    seen.append(shown())
    for before in reversed(seen[:-1]):
        press(qtbot, panel, Qt.Key.Key_Z, CTRL)
        assert shown() == before
    for after in seen[1:]:  # those that an undo put back, too
        press(qtbot, panel, Qt.Key.Key_Y, CTRL)
        assert shown() == after


def visible_texts(panel: LabelPanel) -> Counter[str]:
    return Counter(item.text() for item in panel.findChildren(QLabel) if item.isVisible())


def test_sides_are_random_and_recorded(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    lefts = set()
    for _ in range(PAIRS - 1):
        left_text = shown_text(panel, "left")
        decide(qtbot, panel, Qt.Key.Key_0)
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
    decide(qtbot, panel, Qt.Key.Key_B)
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


def test_nothing_gives_the_model_away(qtbot: QtBot, window: MainWindow, project: Project) -> None:
    """The whole window: texts, tooltips, titles, names, properties, menus, hidden pages."""
    add_pairs(project, 3)
    window.navigate("label")
    panel = window.current_panel
    assert isinstance(panel, LabelPanel)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") == "Question 0?")
    window.open_palette()
    panel.setFocus()
    for key in (Qt.Key.Key_M, Qt.Key.Key_D, Qt.Key.Key_W, Qt.Key.Key_E, Qt.Key.Key_Left):
        press(qtbot, panel, key)
        said = everything_said(window)
        assert "First 0." in said
        assert "secret" not in said.lower()


def test_without_pairs_it_says_what_to_do(qtbot: QtBot, session: Session) -> None:
    panel = shown_panel(qtbot, session, has_pairs=False)
    qtbot.waitUntil(lambda: "No pairs to label yet" in visible_texts(panel))
    press(qtbot, panel, Qt.Key.Key_Left)
    go = next(item for item in panel.findChildren(QPushButton) if item.text() == "Import pairs")
    qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("data", {})]


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


def test_time_in_a_dialog_is_not_the_pair_s(qtbot: QtBot, panel: LabelPanel) -> None:
    watch = panel._stopwatch
    asked = QDialog(panel)
    with qtbot.waitActive(asked):
        asked.open()
        asked.activateWindow()
    qtbot.waitUntil(lambda: watch._started_at is None)
    asked.reject()
    panel.window().activateWindow()
    qtbot.waitUntil(lambda: watch._started_at is not None)
    panel.hide()
    assert watch._started_at is None


def test_the_panel_fits_a_small_window(panel: LabelPanel) -> None:
    assert panel.minimumSizeHint().width() <= 1100 - RAIL_WIDTH


def test_no_key_is_cut_off_where_there_is_little_room(qtbot: QtBot, panel: LabelPanel) -> None:
    panel.resize(800, 560)  # a small screen with enlarged text leaves no more
    bar = panel._verdicts
    bar.saved.show_text("Saved 22:22:22")
    qtbot.waitUntil(lambda: panel.width() == 800)
    keys = bar.findChildren(QPushButton)

    def cut_off() -> list[str]:
        """Keys that reach beyond the row, the panel or each other."""
        inside = [item for key in keys for item in (key, *key.findChildren(QLabel))]
        return [
            item.objectName()
            for item in inside
            if item.visibleRegion().boundingRect() != item.rect()
            or item.width() < item.sizeHint().width()
        ]

    qtbot.waitUntil(lambda: cut_off() == [])
    qtbot.waitUntil(lambda: bar.saved.text() == "Saved 22:22:22")
