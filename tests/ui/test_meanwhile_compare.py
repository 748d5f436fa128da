"""Compare: prompts and votes that change while answers are in view."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from workbench.core import conversation
from workbench.core.preferences import Choice, Origin, OriginKind, Prompt, Split
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.compare.panel import ComparePanel
from workbench.ui.panels.compare.prompt_bar import PromptBar


def prompt(words: str) -> Prompt:
    return Prompt(words, conversation.user(words), Split.HELD_OUT)


def test_the_prompt_in_view_stays_when_others_come_before_it(qtbot: QtBot) -> None:
    bar = PromptBar()
    qtbot.addWidget(bar)
    first, second, third = prompt("One?"), prompt("Two?"), prompt("Three?")
    bar.show_prompts({Split.HELD_OUT: [first, second], Split.TRAIN: []})
    bar.step(1)
    with qtbot.assertNotEmitted(bar.changed):
        bar.show_prompts({Split.HELD_OUT: [third, first, second], Split.TRAIN: []})
    assert bar.prompt == second.messages


def test_answers_to_a_prompt_that_is_gone_are_not_in_view(qtbot: QtBot) -> None:
    bar = PromptBar()
    qtbot.addWidget(bar)
    first, second = prompt("One?"), prompt("Two?")
    bar.show_prompts({Split.HELD_OUT: [first, second], Split.TRAIN: []})
    with qtbot.waitSignal(bar.changed):
        bar.show_prompts({Split.HELD_OUT: [second], Split.TRAIN: []})
    assert bar.prompt == second.messages


def test_pairs_are_made_of_votes_once(qtbot: QtBot, session: Session, project: Project) -> None:
    answers = [(text, Origin(OriginKind.SAMPLED, model="m")) for text in ("So.", "No.")]
    project.votes.record(
        conversation.user("Why?"), *answers, choice=Choice.SECOND,
        shown_left=Choice.FIRST, blind=True, reviewer="Ada",
    )  # fmt: skip
    panel = ComparePanel(session)
    qtbot.addWidget(panel)
    panel._make_pairs()
    panel._make_pairs()
    assert len(session.window.notices) == 1
    panel.close_down()
