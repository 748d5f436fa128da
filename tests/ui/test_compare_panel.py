"""Compare: base and adapter stream side by side from one process, and the vote is stored."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from workbench.core import conversation
from workbench.core.changes import Changed, Changes
from workbench.core.events import RunState
from workbench.core.generation import Done, Row, Sampling, Token
from workbench.core.preferences import Choice, Side, Split
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.store.project import Project
from workbench.store.rows import NewPrompt
from workbench.ui.context import Session
from workbench.ui.panels.compare.column_card import ColumnCard
from workbench.ui.panels.compare.comparison import Column, Comparison
from workbench.ui.panels.compare.panel import ComparePanel
from workbench.ui.panels.compare.subjects import Subject
from workbench.ui.widgets.rich_answer import RichAnswer

from .run_samples import make_run

ANSWER_TIME_MS = 120_000


@pytest.fixture(scope="session")
def adapter_dir(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of the tiny model that changes what it says."""
    import torch

    from workbench.core.recipes import AdapterConfig
    from workbench.engine.modeling import attach_adapter, load_base

    base = load_base(tiny_model_dir, torch.device("cpu"))
    model = attach_adapter(base, AdapterConfig(r=4))
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    folder = tmp_path_factory.mktemp("adapter")
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, project: Project, tiny_model_dir: Path, adapter_dir: Path
) -> Iterator[ComparePanel]:
    spec = RunSpec(
        run_id="r1", name="dpo-1", config=DpoConfig(), device="cpu", created_at=time.time(),
        model=ModelRef(name="tiny", path=str(tiny_model_dir)),
    )  # fmt: skip
    folder = project.runs_dir / "r1"
    folder.mkdir()
    (folder / "adapter").symlink_to(adapter_dir)
    project.runs.add(spec, folder, RunState.FINISHED)
    held_out = [NewPrompt(conversation.user(f"Question {n}?"), Split.HELD_OUT) for n in range(3)]
    project.datasets.add_prompts("Held out", held_out)
    made = ComparePanel(session)
    session.window.panels.append(made)
    qtbot.addWidget(made)
    made.resize(1300, 850)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: find(made, QComboBox, "subject").count() == 1)
    # Prompts are read beside the subjects: a test that clears the field must not be overtaken.
    qtbot.waitUntil(lambda: find(made, QLineEdit, "prompt").text() == "Question 0?")
    set_up_short_answers(made)
    yield made
    made.close_down()


W = TypeVar("W", bound=QObject)


def find(panel: ComparePanel, kind: type[W], name: str) -> W:
    found = panel.findChild(kind, f"compare.{name}")
    assert found is not None, name
    return found


def set_up_short_answers(panel: ComparePanel) -> None:
    field = panel.findChild(QLineEdit, "compare.sampling.max_new_tokens")
    assert field is not None
    field.setText("12")


def text(panel: ComparePanel, side: str) -> str:
    return find(panel, RichAnswer, side).source


def write(qtbot: QtBot, panel: ComparePanel) -> None:
    """Ask for answers and wait until they can be voted on."""
    button = find(panel, QPushButton, "write")
    qtbot.waitUntil(lambda: button.text() == "Write answers" and button.isEnabled())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait_for_both(qtbot, panel)


def wait_for_both(qtbot: QtBot, panel: ComparePanel) -> None:
    tie = find(panel, QPushButton, "tie")
    qtbot.waitUntil(tie.isEnabled, timeout=ANSWER_TIME_MS)


def visible_texts(panel: ComparePanel) -> list[str]:
    return [item.text() for item in panel.findChildren(QLabel) if item.isVisible()]


def test_a_review_from_blind_vote_to_new_pair(
    qtbot: QtBot, panel: ComparePanel, project: Project
) -> None:
    """One test, since starting a host takes seconds."""
    write(qtbot, panel)
    check_blind_vote(qtbot, panel, project)
    check_next_prompt(qtbot, panel, project)
    check_open_comparison(qtbot, panel)
    check_own_prompt_becomes_a_pair(qtbot, panel, project)


def check_blind_vote(qtbot: QtBot, panel: ComparePanel, project: Project) -> None:
    assert text(panel, "left")
    assert text(panel, "right")
    assert text(panel, "left") != text(panel, "right")
    assert "Base" not in visible_texts(panel)
    left = text(panel, "left")
    qtbot.keyClick(panel, Qt.Key.Key_Left)
    (vote,) = project.votes.all()
    winner = vote.first if vote.choice is Choice.FIRST else vote.second
    assert winner.text == left
    assert vote.blind
    assert (vote.first.origin.run_id, vote.second.origin.run_id) == (None, "r1")
    assert vote.second.origin.max_new_tokens == 12
    assert "Base" in visible_texts(panel)
    assert "dpo-1" in visible_texts(panel)
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    assert len(project.votes.all()) == 1, "one vote a showing"


def check_next_prompt(qtbot: QtBot, panel: ComparePanel, project: Project) -> None:
    qtbot.keyClick(panel, Qt.Key.Key_N)
    assert find(panel, QLineEdit, "prompt").text() == "Question 1?"
    assert "Base" not in visible_texts(panel)
    wait_for_both(qtbot, panel)
    qtbot.keyClick(panel, Qt.Key.Key_B)
    assert [vote.choice for vote in project.votes.all()][1:] == [Choice.BOTH_BAD]


def check_open_comparison(qtbot: QtBot, panel: ComparePanel) -> None:
    find(panel, QCheckBox, "blind").setChecked(False)
    write(qtbot, panel)
    assert "Base" in visible_texts(panel)


def check_own_prompt_becomes_a_pair(qtbot: QtBot, panel: ComparePanel, project: Project) -> None:
    prompt = find(panel, QLineEdit, "prompt")
    prompt.selectAll()
    qtbot.keyClicks(prompt, "How are bees 0 b n?")
    qtbot.keyClick(prompt, Qt.Key.Key_Return)
    wait_for_both(qtbot, panel)
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    make = find(panel, QPushButton, "make_pairs")
    qtbot.waitUntil(make.isVisible)
    qtbot.mouseClick(make, Qt.MouseButton.LeftButton)
    (labelled,) = project.pairs.labelled()
    assert labelled.example.prompt == conversation.user("How are bees 0 b n?")
    qtbot.waitUntil(lambda: not make.isVisible())


def test_a_model_that_is_gone_is_one_sentence(
    qtbot: QtBot, panel: ComparePanel, project: Project
) -> None:
    folder = project.runs_dir / "r1"
    (folder / "adapter").unlink()
    (folder / "adapter").mkdir()
    write_button = find(panel, QPushButton, "write")
    qtbot.waitUntil(write_button.isEnabled)
    qtbot.mouseClick(write_button, Qt.MouseButton.LeftButton)
    errors = panel.session.window.errors
    qtbot.waitUntil(lambda: len(errors) == 1, timeout=ANSWER_TIME_MS)
    assert "\n" not in str(errors.pop())
    assert write_button.text() == "Write answers"


def test_without_a_trained_model_it_says_what_to_do(qtbot: QtBot, session: Session) -> None:
    empty = ComparePanel(session)
    qtbot.addWidget(empty)
    empty.show()
    assert any(item.text() == "Nothing to compare yet" for item in empty.findChildren(QLabel))


def test_while_the_first_run_is_at_work_it_says_so(
    qtbot: QtBot, session: Session, project: Project
) -> None:
    make_run(project, "dpo-1")
    empty = ComparePanel(session)
    qtbot.addWidget(empty)
    empty.show()
    watch = next(item for item in empty.findChildren(QPushButton) if item.text() == "Watch it")
    qtbot.waitUntil(watch.isVisible)
    qtbot.mouseClick(watch, Qt.MouseButton.LeftButton)
    assert session.window.visits[-1][0] == "runs"
    assert not find(empty, QPushButton, "write").isVisible()  # nothing to write with


def test_prompts_on_which_votes_become_pairs_are_one_click_away(
    qtbot: QtBot, panel: ComparePanel, project: Project
) -> None:
    project.datasets.add_prompts("Ours", [NewPrompt(conversation.user("Which tea?"), Split.TRAIN)])
    panel.apply_changes(Changes(Changed.DATASETS))
    qtbot.waitUntil(lambda: bool(panel._prompts._by_split[Split.TRAIN]))
    switch = find(panel, QPushButton, "training_prompts")
    assert switch.isVisible()
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert find(panel, QLineEdit, "prompt").text() == "Which tea?"
    assert not switch.isVisible()


def test_answers_can_be_asked_for_once_there_is_something_to_ask(
    qtbot: QtBot, panel: ComparePanel
) -> None:
    write_button = find(panel, QPushButton, "write")
    panel._show_prompts(dict.fromkeys(Split, ()))
    prompt = find(panel, QLineEdit, "prompt")
    prompt.selectAll()
    qtbot.keyClick(prompt, Qt.Key.Key_Delete)
    assert not write_button.isEnabled()
    qtbot.keyClicks(prompt, "Why?")
    assert write_button.isEnabled()


def test_an_emptied_field_asks_nothing(qtbot: QtBot, panel: ComparePanel) -> None:
    prompt, write_button = find(panel, QLineEdit, "prompt"), find(panel, QPushButton, "write")
    prompt.setFocus()
    prompt.selectAll()
    qtbot.keyClick(prompt, Qt.Key.Key_Delete)
    assert not write_button.isEnabled()
    panel._show_prompts(panel._prompts._by_split)
    assert prompt.text() == "", "nothing comes between what somebody writes"
    qtbot.keyClick(prompt, Qt.Key.Key_Return)
    assert write_button.text() == "Write answers"
    assert panel._comparison is None
    assert prompt.text() == "Question 0?"
    assert write_button.isEnabled()
    qtbot.keyClicks(prompt, "Why?")
    assert prompt.text() == "Why?"


def test_once_a_typed_prompt_is_asked_the_keys_are_votes(
    qtbot: QtBot, panel: ComparePanel, project: Project
) -> None:
    prompt = find(panel, QLineEdit, "prompt")
    prompt.setFocus()
    prompt.selectAll()
    qtbot.keyClicks(prompt, "What is 0?")
    qtbot.keyClick(prompt, Qt.Key.Key_Return)
    wait_for_both(qtbot, panel)
    at = QApplication.focusWidget()
    assert at is not None
    qtbot.keyClick(at, Qt.Key.Key_0)
    qtbot.waitUntil(lambda: [vote.choice for vote in project.votes.all()] == [Choice.TIE])
    assert prompt.text() == "What is 0?"
    me = panel.session.settings.annotator
    assert len(project.votes.reviewed_prompts(me)) == 1
    assert not project.votes.reviewed_prompts("nobody")


def comparison(*, blind: bool) -> Comparison:
    subject = Subject("r1", "dpo-1", ModelRef(name="m", path="/m"), Path("/a"))
    return Comparison(subject, conversation.user("Why?"), Sampling(), blind=blind)


def test_blind_sides_are_random_and_open_ones_fixed() -> None:
    blind = {comparison(blind=True).column(Side.LEFT) for _ in range(60)}
    assert blind == {Column.BASE, Column.TRAINED}
    assert {comparison(blind=False).column(Side.LEFT) for _ in range(20)} == {Column.BASE}


def test_answers_grow_token_by_token() -> None:
    one = comparison(blind=False)
    for piece in ("Be", "cause"):
        one.take(Token("q", "base", piece))
    assert one.answers[Column.BASE].text == "Because"
    assert not one.can_vote
    for row in one.rows():
        assert isinstance(row, Row)
        one.take(Done("q", row.row_id, "Because.", 2, 0.1, 0.05, "end"))
    assert one.can_vote


def test_answers_are_laid_out_while_they_are_written(qtbot: QtBot) -> None:
    card = ColumnCard(Side.LEFT, "←")
    qtbot.addWidget(card)
    card.append("**Fast** an")
    card.append("d `simple`")
    qtbot.waitUntil(lambda: card.view.toPlainText() == "Fast and simple")
    written = "**Fast** and `simple`:\n\n- one\n- two"
    card.append(" and more that never")
    card.show_done(Done("q", "base", written, 9, 0.1, 0.05, "end"))
    assert card.view.source == written
    shown = card.view.toPlainText()
    assert not {"*", "`"} & set(shown)
    card.clear()
    assert card.view.source == ""
