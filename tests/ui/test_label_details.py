"""Label: aspects, reasons, notes, flags, marked words and edits go with the verdict."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
)
from pytestqt.qtbot import QtBot

from tests.ui.label_panels import (
    PLAIN,
    SECRET,
    add_pairs,
    decide,
    label_text,
    newest,
    press,
    shown_panel,
    shown_text,
)
from workbench.core import conversation
from workbench.core.preferences import Choice, OriginKind, Span, VerdictDetails
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.panels.label.panel import LabelPanel
from workbench.ui.widgets.rich_answer import RichAnswer

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def panel(qtbot: QtBot, session: Session, project: Project) -> LabelPanel:
    add_pairs(project, 4)
    return shown_panel(qtbot, session)


def details(project: Project) -> VerdictDetails:
    found = newest(project).details
    assert found is not None
    return found


def on_left(project: Project) -> Choice:
    return newest(project).shown_left


def test_each_aspect_has_its_own_verdict(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    left = panel.findChild(QPushButton, "label.verdict.left")
    press(qtbot, panel, Qt.Key.Key_A)
    assert "Helpful" in label_text(panel, "question")
    assert not left.isEnabled(), "a click decides the pair as little as a key does"
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Backspace):
        press(qtbot, panel, key)
    assert "✓ right" in label_text(panel, "question"), "what was answered before is seen"
    press(qtbot, panel, Qt.Key.Key_Down)
    assert "Honest" in label_text(panel, "question")
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert left.isEnabled()
    assert project.labels.counts() == {}
    decide(qtbot, panel, Qt.Key.Key_Right)
    assert details(project).aspects == {"helpful": on_left(project), "correct": Choice.TIE}
    assert details(project).picked_by == "in_order"


def test_a_question_leaves_what_is_above_it_where_it_is(qtbot: QtBot, panel: LabelPanel) -> None:
    panel.resize(920, 650)
    left, skip, undo = (
        panel.findChild(QPushButton, f"label.verdict.{name}") for name in ("left", "skip", "undo")
    )
    strip = undo.parentWidget()
    qtbot.waitUntil(  # on two lines, all of them in sight
        lambda: skip.y() < undo.y() and undo.geometry().bottom() <= strip.height()
    )
    before = left.mapTo(panel, QPoint())
    press(qtbot, panel, Qt.Key.Key_R)
    for _ in range(5):
        QApplication.processEvents()
    assert left.mapTo(panel, QPoint()) == before
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert panel._verdicts._pages.minimumHeight() == 0


def test_after_the_last_aspect_the_keys_are_verdicts_again(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    press(qtbot, panel, Qt.Key.Key_A)
    for _ in PLAIN.aspects:
        press(qtbot, panel, Qt.Key.Key_Left)
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert set(details(project).aspects.values()) == {on_left(project)}
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert details(project).aspects == {}


def test_reasons_are_given_by_number(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    press(qtbot, panel, Qt.Key.Key_R)
    for key in (Qt.Key.Key_2, Qt.Key.Key_4, Qt.Key.Key_2, Qt.Key.Key_Return):
        press(qtbot, panel, key)
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert details(project).tags == ("too long",)


def test_what_went_with_a_verdict_comes_back_with_its_pair(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    for key in (Qt.Key.Key_R, Qt.Key.Key_2, Qt.Key.Key_Escape):
        press(qtbot, panel, key)
    for key in (Qt.Key.Key_A, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Escape, Qt.Key.Key_N):
        press(qtbot, panel, key)
    note = panel.findChild(QPlainTextEdit, "label.note")
    assert note is not None
    qtbot.keyClicks(note, "odd")
    press(qtbot, panel, Qt.Key.Key_Escape)
    shown = panel._queue.in_view()
    span = Span(shown.left.id, 0, 5, shown.left.text[:5], is_good=True)
    panel._queue.pending.add_span(span)
    decide(qtbot, panel, Qt.Key.Key_Left)
    before = details(project)
    assert note.toPlainText() == ""
    press(qtbot, panel, Qt.Key.Key_Z, CTRL)
    said = panel._verdicts.attached.accessibleName()
    assert said == "note · reasons 1 · aspects 2 · marks 1"
    assert note.toPlainText() == "odd"
    views = [panel.findChild(RichAnswer, f"label.{side}") for side in ("left", "right")]
    assert sum(len(view.extraSelections()) for view in views if view is not None) == 1
    decide(qtbot, panel, Qt.Key.Key_Right)
    assert details(project) == before


def test_what_was_said_of_a_pair_waits_while_another_is_taken_back(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    decide(qtbot, panel, Qt.Key.Key_Left)
    for key in (Qt.Key.Key_R, Qt.Key.Key_2, Qt.Key.Key_Return):
        press(qtbot, panel, key)
    prompt = shown_text(panel, "prompt")
    press(qtbot, panel, Qt.Key.Key_Z, CTRL)
    assert shown_text(panel, "prompt") != prompt
    assert panel._queue.pending.is_empty
    decide(qtbot, panel, Qt.Key.Key_Right)
    assert shown_text(panel, "prompt") == prompt
    assert panel._verdicts.attached.accessibleName() == "reasons 1"
    decide(qtbot, panel, Qt.Key.Key_Right)
    assert details(project).tags == ("off topic",)


def test_a_field_that_is_asked_for_comes_into_view(qtbot: QtBot, panel: LabelPanel) -> None:
    panel.resize(1000, 480)
    press(qtbot, panel, Qt.Key.Key_F)
    flag = panel.findChild(QLineEdit, "label.flag")
    assert flag is not None
    qtbot.waitUntil(lambda: flag.visibleRegion().boundingRect() == flag.rect())


def test_notes_and_flags_are_typed_and_their_letters_decide_nothing(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    press(qtbot, panel, Qt.Key.Key_N)
    note = panel.findChild(QPlainTextEdit, "label.note")
    assert note is not None
    assert note.hasFocus()
    qtbot.keyClicks(note, "best of 2, s0 b")
    press(qtbot, panel, Qt.Key.Key_Escape)
    press(qtbot, panel, Qt.Key.Key_F)
    flag = panel.findChild(QLineEdit, "label.flag")
    assert flag is not None
    qtbot.keyClicks(flag, "names a person")
    press(qtbot, panel, Qt.Key.Key_Return)
    assert project.labels.counts() == {}
    assert label_text(panel, "attached") == "flagged · note"
    decide(qtbot, panel, Qt.Key.Key_S)
    assert (details(project).note, details(project).flag) == ("best of 2, s0 b", "names a person")
    assert project.queue.flagged() == [newest(project).pair_id]
    assert note.toPlainText() == flag.text() == ""


def test_marked_words_keep_their_place_in_the_stored_text(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    text = "Some **bold words** and `code` here."
    pair = NewPair(conversation.user("?"), text, text + " More.", SECRET, SECRET)
    project.datasets.add_pairs("Rich", [pair])
    project.queue.change_settings(PLAIN)
    panel = shown_panel(qtbot, session)
    left = panel.findChild(RichAnswer, "label.left")
    assert left is not None
    assert left.toPlainText().startswith("Some bold words and code here.")
    for words, key in (("words and", Qt.Key.Key_G), ("code", Qt.Key.Key_X)):
        start = left.toPlainText().index(words)
        cursor = left.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(start + len(words), QTextCursor.MoveMode.KeepAnchor)
        left.setTextCursor(cursor)
        press(qtbot, panel, key)
    assert label_text(panel, "attached") == "marks 2"
    press(qtbot, panel, Qt.Key.Key_Left)
    verdict = newest(project)
    stored = project.pairs.get(verdict.pair_id)
    shown = stored.first if verdict.shown_left is Choice.FIRST else stored.second
    good, bad = details(project).spans
    assert (good.is_good, good.text, good.response_id) == (True, "words** and", shown.id)
    assert (bad.is_good, bad.text) == (False, "code")
    for span in (good, bad):
        assert shown.text[span.start : span.end] == span.text


def test_words_are_chosen_and_marked_by_keys_alone(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    texts = ("One **bold word** here.\n\nA second line.", "The other one.")
    pair = NewPair(conversation.user("?"), *texts, SECRET, SECRET)
    project.datasets.add_pairs("Rich", [pair])
    project.queue.change_settings(PLAIN)
    panel = shown_panel(qtbot, session)
    more, fewer = Qt.Key.Key_Right, Qt.Key.Key_Left

    def chosen() -> list[str]:
        views = [panel.findChild(RichAnswer, f"label.{side}") for side in ("left", "right")]
        return [view.textCursor().selectedText() for view in views if view is not None]

    is_first_left = shown_text(panel, "left").startswith("One")
    here = 0 if is_first_left else 1
    press(qtbot, panel, Qt.Key.Key_G)
    assert "Enter marks as good" in label_text(panel, "question")
    if not is_first_left:
        press(qtbot, panel, Qt.Key.Key_Tab)
    assert chosen()[here] == "One"
    press(qtbot, panel, Qt.Key.Key_Right)
    assert chosen()[here] == "bold"
    for key in (more, more, fewer):
        press(qtbot, panel, key, Qt.KeyboardModifier.ShiftModifier)
    assert chosen()[here] == "bold word"
    press(qtbot, panel, Qt.Key.Key_Return)
    assert label_text(panel, "attached") == "marks 1"
    assert chosen() == ["", ""]
    press(qtbot, panel, Qt.Key.Key_X)
    press(qtbot, panel, Qt.Key.Key_Tab)
    assert chosen()[1] in ("The", "One")
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert chosen() == ["", ""]
    assert project.labels.counts() == {}, "no arrow was a verdict"
    press(qtbot, panel, Qt.Key.Key_Down)
    (span,) = details(project).spans
    assert (span.is_good, span.text) == (True, "bold word")


def test_the_word_difference_is_shown_on_demand(qtbot: QtBot, panel: LabelPanel) -> None:
    left = panel.findChild(RichAnswer, "label.left")
    assert left is not None
    press(qtbot, panel, Qt.Key.Key_D)
    (changed,) = left.extraSelections()
    assert changed.cursor.selectedText() in {"First", "Second"}
    press(qtbot, panel, Qt.Key.Key_D)
    assert left.extraSelections() == []


def test_long_answers_scroll_together_or_apart(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    first, second = "One line.\n" * 400, "A line.\n" * 200
    project.datasets.add_pairs(
        "Long", [NewPair(conversation.user("?"), first, second, SECRET, SECRET)]
    )
    project.queue.change_settings(PLAIN)
    panel = shown_panel(qtbot, session)
    views = [panel.findChild(RichAnswer, f"label.{side}") for side in ("left", "right")]
    left, right = [view.verticalScrollBar() for view in views if view is not None]
    press(qtbot, panel, Qt.Key.Key_Space)
    assert left.value() > 0
    assert right.value() / right.maximum() == pytest.approx(left.value() / left.maximum(), abs=0.01)
    press(qtbot, panel, Qt.Key.Key_L)
    before = right.value()
    left.setValue(left.maximum())
    assert right.value() == before


def edit(qtbot: QtBot, panel: LabelPanel) -> QTextEdit:
    press(qtbot, panel, Qt.Key.Key_E)
    press(qtbot, panel, Qt.Key.Key_Left)
    editor = panel.findChild(QTextEdit, "label.edit.text")
    assert editor is not None
    qtbot.waitUntil(editor.hasFocus)
    return editor


def test_an_edited_answer_becomes_the_chosen_one(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    original, prompt = shown_text(panel, "left"), shown_text(panel, "prompt")
    editor = edit(qtbot, panel)
    assert editor.toPlainText() == original
    qtbot.keyClicks(editor, "Better 1. ")
    qtbot.waitUntil(lambda: len(editor.extraSelections()) == 1)
    press(qtbot, panel, Qt.Key.Key_Return, CTRL)
    (labelled,) = project.pairs.labelled()
    assert labelled.example.chosen == f"Better 1. {original}"
    assert labelled.example.rejected == original
    assert labelled.chosen_origin.kind is OriginKind.EDITED
    assert shown_text(panel, "prompt") == prompt
    assert "Edit saved" in label_text(panel, "saved")
    decide(qtbot, panel, Qt.Key.Key_Left)
    assert len(project.pairs.labelled()) == 2


def test_an_edit_that_is_left_goes_on_from_its_draft(
    qtbot: QtBot, session: Session, panel: LabelPanel, project: Project
) -> None:
    left_text = shown_text(panel, "left")
    editor = edit(qtbot, panel)
    qtbot.keyClicks(editor, "Half a th")
    panel.hide()
    again = shown_panel(qtbot, session)
    press(qtbot, again, Qt.Key.Key_E)
    same_side = Qt.Key.Key_Left if shown_text(again, "left") == left_text else Qt.Key.Key_Right
    press(qtbot, again, same_side)
    resumed = again.findChild(QTextEdit, "label.edit.text")
    assert resumed is not None
    assert resumed.toPlainText() == f"Half a th{left_text}"
    discard = again.findChild(QPushButton, "label.edit.discard")
    assert discard is not None
    qtbot.mouseClick(discard, Qt.MouseButton.LeftButton)
    drafts = project.database.read(lambda db: db["drafts"].count)
    assert drafts == 0


def test_a_draft_that_comes_to_be_written_late_replaces_none(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    editor = edit(qtbot, panel)
    editing = panel._editing
    qtbot.keyClicks(editor, "Half")
    late = editing._draft_operation()  # as a thread writes it that was slow
    qtbot.keyClicks(editor, " a th")
    panel.hide()
    late()
    texts = project.database.read(lambda db: [row["text"] for row in db["drafts"].rows])
    assert [text[:9] for text in texts] == ["Half a th"]
    panel.show()
    late = editing._draft_operation()
    discard = panel.findChild(QPushButton, "label.edit.discard")
    assert discard is not None
    qtbot.mouseClick(discard, Qt.MouseButton.LeftButton)
    late()
    assert project.database.read(lambda db: db["drafts"].count) == 0


def test_a_draft_is_on_disk_while_typing(qtbot: QtBot, panel: LabelPanel, project: Project) -> None:
    qtbot.keyClicks(edit(qtbot, panel), "Nearly")
    qtbot.waitUntil(lambda: project.database.read(lambda db: db["drafts"].count) == 1)


def test_an_edit_that_changes_nothing_is_refused_in_place(
    qtbot: QtBot, panel: LabelPanel, project: Project
) -> None:
    edit(qtbot, panel)
    press(qtbot, panel, Qt.Key.Key_Return, CTRL)
    problem = panel.findChild(QLabel, "label.edit.problem")
    assert problem is not None
    assert "as it was" in problem.text()
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert project.labels.counts() == {}
    decide(qtbot, panel, Qt.Key.Key_Left)


def test_what_was_done_is_never_cut_off_without_a_sign(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    add_pairs(project, 2)
    panel = shown_panel(qtbot, session)
    panel.resize(1000, 640)
    qtbot.waitUntil(lambda: panel.width() == 1000)
    bar = panel._verdicts
    words = "Edit saved as a pair of its own, and these two answers still wait for a verdict"
    bar.saved.show_text(words)
    qtbot.waitUntil(lambda: bar.saved.text().endswith("…"))
    assert bar.saved.toolTip() == words
    assert bar.saved.geometry().right() <= bar._strip.width()
