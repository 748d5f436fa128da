"""Compare: prompts and votes that change while answers are in view."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.test_compare_hosts import FAKE_HOST, add_run
from workbench.core import conversation
from workbench.core.preferences import Choice, Origin, OriginKind, Prompt, Split
from workbench.core.recipes import DpoConfig
from workbench.runner.generation_client import GenerationClient
from workbench.store.project import Project
from workbench.store.rows import NewPrompt
from workbench.ui.context import Session
from workbench.ui.panels.compare import host as host_module
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


def test_finished_answers_outlive_the_process_that_wrote_them(
    qtbot: QtBot, session: Session, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = partial(GenerationClient, host_module=FAKE_HOST)
    monkeypatch.setattr(host_module, "GenerationClient", client)
    add_run(project, "dpo-1", DpoConfig(), "adapter/adapter_model.safetensors")
    project.datasets.add_prompts("Ours", [NewPrompt(conversation.user("Hello"), Split.HELD_OUT)])
    panel = ComparePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    write = panel.findChild(QPushButton, "compare.write")
    tie = panel.findChild(QPushButton, "compare.tie")
    qtbot.waitUntil(write.isEnabled)
    write.click()
    qtbot.waitUntil(lambda: tie.isEnabled() and not panel._host.is_busy)
    (host,) = panel._host._hosts.values()
    os.kill(host.client.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(session.window.errors))
    session.window.errors.clear()
    tie.click()
    assert [vote.choice for vote in project.votes.all()] == [Choice.TIE]
    field = panel.findChild(QLineEdit, "compare.prompt")
    field.setText("Hello again")
    write.click()
    qtbot.waitUntil(tie.isEnabled)
    panel.close_down()


def test_the_first_prompt_without_a_vote_is_in_view(qtbot: QtBot) -> None:
    prompts = [prompt("One?"), prompt("Two?"), prompt("Three?")]
    offered = {Split.HELD_OUT: prompts, Split.TRAIN: []}
    for reviewed, shown in (
        (("One?",), "Two?"),
        ((), "One?"),
        (("One?", "Two?", "Three?"), "One?"),
    ):
        bar = PromptBar()
        qtbot.addWidget(bar)
        bar.show_prompts(offered, reviewed)
        assert bar.prompt == conversation.user(shown)
        bar.show_prompts(offered, [one.id for one in prompts])  # a vote moves nothing
        assert bar.prompt == conversation.user(shown)
