"""Generating candidates in the Data panel: real processes, a host that needs no model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import push, show_panel, tab_stops
from workbench.core.conversation import user
from workbench.core.events import RunState
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.store.project import Project
from workbench.store.rows import NewPrompt
from workbench.ui.context import Session
from workbench.ui.panels.data.browser import Place
from workbench.ui.panels.data.candidates_page import CandidatesPage
from workbench.ui.panels.data.panel import DataPanel


@pytest.fixture
def page(qtbot: QtBot, session: Session, project: Project, tmp_path: Path) -> CandidatesPage:
    model = tmp_path / "tiny"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")
    folder = project.runs_dir / "r1"
    for made in (folder / "adapter", folder / "checkpoints" / "step-00000004"):
        made.mkdir(parents=True)
        (made / "adapter_model.safetensors").touch()
    ref = ModelRef(name="tiny", path=str(model))
    spec = RunSpec(run_id="r1", name="dpo-1", config=DpoConfig(), model=ref)
    project.runs.add(spec, folder, RunState.FINISHED)
    project.datasets.add_prompts("P", [NewPrompt(user(f"Question {n}?")) for n in range(3)])
    panel: DataPanel = show_panel(qtbot, session)
    qtbot.waitUntil(lambda: panel.browser.rows.rowCount() == 3)
    panel.generate_candidates()
    shown = panel.current_tool
    assert isinstance(shown, CandidatesPage)
    shown.host_module = "tests.unit.runner.fake_host"
    qtbot.waitUntil(lambda: len(shown.writers.writers) == 1)
    return shown


def test_answers_of_two_checkpoints_become_pairs_to_label(
    page: CandidatesPage, project: Project, session: Session, qtbot: QtBot
) -> None:
    assert page.writers.writers[0].run_name == "dpo-1"
    push(qtbot, page, "data.candidates.add")
    page.first.setValue(2)
    assert page._plan.text() == "2 answers to each of up to 2 prompts: 4 in all."
    push(qtbot, page, "data.candidates.go")
    notices = session.window.notices
    qtbot.waitUntil(lambda: notices == ["2 pairs wait in Label."])
    first = project.pairs.waiting("ada", 10)[0]
    texts = (first.first.text, first.second.text)
    assert texts == ("writer-0: Question 0?", "writer-1: Question 0?")
    assert {first.first.origin.checkpoint_step, first.second.origin.checkpoint_step} == {None, 4}
    session.window.actions[-1]()
    assert session.window.visits[-1][0] == "label"


def test_the_same_answer_twice_makes_no_pair(
    page: CandidatesPage, session: Session, qtbot: QtBot
) -> None:
    push(qtbot, page, "data.candidates.go")
    notices = session.window.notices
    qtbot.waitUntil(lambda: bool(notices))
    assert "the answers to each prompt are the same" in notices[0]


def test_tab_goes_through_the_writers_before_the_button_that_adds_one(
    page: CandidatesPage, qtbot: QtBot
) -> None:
    push(qtbot, page, "data.candidates.add")
    qtbot.waitUntil(
        lambda: tab_stops(page.name, page._go).count("Model or checkpoint") == 2,
    )
    assert tab_stops(page.name, page._go)[-2:] == ["data.candidates.add", "data.candidates.go"]


def test_it_can_be_stopped(
    page: CandidatesPage, project: Project, session: Session, qtbot: QtBot
) -> None:
    project.datasets.add_prompts("Endless", [NewPrompt(user("hang"))])
    endless = project.datasets.all()[-1]
    page.offer(Place(endless.name, "prompt", (endless.id,)))
    qtbot.waitUntil(lambda: page.prompts.currentData() == endless.id)
    push(qtbot, page, "data.candidates.go")
    qtbot.waitUntil(lambda: "Writing" in page.progress.text or "Loading" in page.progress.text)
    push(qtbot, page, "data.cancel")
    notices = session.window.notices
    qtbot.waitUntil(lambda: bool(notices))
    assert notices == ["Stopped before the first pair was complete."]


def test_one_answer_is_too_few(page: CandidatesPage) -> None:
    page.writers._rows[0].answers.setValue(1)
    assert "needs two answers" in page._plan.text()
    assert not page._go.isEnabled()
