from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.unit.modelfiles.model_folders import write_model
from tests.unit.runner.conftest import FAKE_TRAINER
from workbench.core import paths
from workbench.core.changes import Changed, Changes
from workbench.core.conversation import user
from workbench.core.preferences import Choice
from workbench.core.recipes import (
    METHODS,
    AdapterConfig,
    DpoConfig,
    GrpoConfig,
    ModelRef,
    SftConfig,
)
from workbench.core.rewards import LengthReward, NumericMatch
from workbench.exchange.import_data import ImportOptions, import_source
from workbench.runner import start
from workbench.runner.create import create_run
from workbench.runner.exit_report import read_report
from workbench.store.project import Project
from workbench.store.rows import NewPrompt
from workbench.ui import operations
from workbench.ui.context import Session
from workbench.ui.panels.train.material import suggested_name
from workbench.ui.panels.train.panel import TrainPanel
from workbench.ui.widgets.card import ChoiceCard

Show = Callable[[], TrainPanel]


def add_pairs(project: Project, folder: Path, number: int, *, ask_again: bool = False) -> None:
    rows = [{"prompt": f"Question {n}?", "chosen": "Yes.", "rejected": "Well…"}
            for n in range(number)]  # fmt: skip
    path = folder / f"pairs-{number}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    import_source(project, path, ImportOptions(name="Concise", ask_again=ask_again))


def add_examples(project: Project, folder: Path, number: int) -> None:
    rows = [{"prompt": f"Task {n}?", "completion": f"Answer {n}."} for n in range(number)]
    path = folder / "examples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    import_source(project, path)


@pytest.fixture
def model() -> Path:
    """The embedded model's place holds a small real model folder."""
    return write_model(paths.embedded_model_dir())


@pytest.fixture
def show(qtbot: QtBot, session: Session) -> Show:
    def make() -> TrainPanel:
        panel = TrainPanel(session)
        session.window.panels.append(panel)
        qtbot.addWidget(panel)
        panel.resize(1200, 800)
        panel.show()
        qtbot.waitUntil(lambda: panel._material is not None)
        return panel

    return make


def line(panel: TrainPanel, name: str) -> QLineEdit:
    found = panel.findChild(QLineEdit, name)
    assert found is not None
    return found


def text(panel: TrainPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert found is not None
    return str(found.text())


def start_button(panel: TrainPanel) -> QPushButton:
    found = panel.findChild(QPushButton, "train.start")
    assert found is not None
    return found


def write(qtbot: QtBot, field: QLineEdit, words: str) -> None:
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, words)


def choose(qtbot: QtBot, panel: TrainPanel, method: str) -> None:
    card = panel.findChild(ChoiceCard, f"train.method.{method}")
    assert card is not None
    qtbot.keyClick(card, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(text(panel, "train.summary.used")))
    qtbot.waitUntil(
        lambda: panel._material is not None and panel._material.learnable.method == method
    )


def combo(panel: TrainPanel, name: str) -> QComboBox:
    found = panel.findChild(QComboBox, name)
    assert found is not None
    return found


def pick(qtbot: QtBot, control: QComboBox, key: Qt.Key) -> None:
    control.setFocus()
    qtbot.keyClick(control, key)


@pytest.mark.usefixtures("model")
def test_what_will_happen_follows_from_data_and_settings(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 25)
    panel = show()
    assert text(panel, "train.summary.used") == "22"
    assert text(panel, "train.summary.measured") == "3"
    assert text(panel, "train.summary.steps") == "11"
    write(qtbot, line(panel, "train.field.per_device_train_batch_size"), "8")
    assert text(panel, "train.summary.steps") == "6"
    write(qtbot, line(panel, "train.field.num_train_epochs"), "1")
    assert text(panel, "train.summary.steps") == "3"
    assert "when this window is closed" in text(panel, "train.summary.sentence")
    panel.settings.form.focus("eval_steps")
    write(qtbot, line(panel, "train.field.eval_steps"), "0")
    assert text(panel, "train.summary.used") == "25"
    assert start_button(panel).isEnabled()


@pytest.mark.usefixtures("model")
def test_the_plan_is_what_a_run_is_then_made_of(
    show: Show, project: Project, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 30)
    panel = show()
    order = panel._order()
    assert order is not None
    run_id = create_run(project, name="r", model=order.model, config=order.config)
    data = project.runs.get(run_id).spec.data
    assert text(panel, "train.summary.used") == str(data.train_examples)
    assert text(panel, "train.summary.measured") == str(data.eval_examples)


@pytest.mark.usefixtures("model")
def test_a_bad_value_stops_the_start_and_says_why_until_it_is_mended(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    panel = show()
    write(qtbot, line(panel, "train.field.learning_rate"), "0")
    assert not start_button(panel).isEnabled()
    assert panel.outcome.reason == "Learning rate: must be above 0."
    assert start_button(panel).toolTip() == panel.outcome.reason
    assert text(panel, "train.summary.steps") == "–"
    write(qtbot, line(panel, "train.field.learning_rate"), "1e-5")
    assert start_button(panel).isEnabled()
    assert panel.outcome.reason == ""


def test_a_run_name_must_be_new(
    show: Show, project: Project, model: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    ref = ModelRef(name="m", path=str(model))
    create_run(project, name="dpo-concise-answers-1", model=ref, config=DpoConfig())
    panel = show()
    assert line(panel, "train.name").text() == "dpo-concise-answers-2"
    write(qtbot, line(panel, "train.name"), "dpo-concise-answers-1")
    assert panel.outcome.reason == "Run name: another run has this name."
    assert line(panel, "train.name").property("invalid") is True
    write(qtbot, line(panel, "train.name"), "mine")
    assert start_button(panel).isEnabled()


def test_without_a_model_the_way_to_one_is_shown(
    show: Show, project: Project, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    panel = show()
    assert "No model is ready" in panel.outcome.reason
    assert not start_button(panel).isEnabled()
    go = panel.findChild(QPushButton, "train.next")
    assert go is not None
    qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("models", {})]


@pytest.mark.usefixtures("model")
def test_without_data_the_next_step_is_told_for_each_method(show: Show, qtbot: QtBot) -> None:
    panel = show()
    assert "No pairs yet" in panel.outcome.reason
    assert "nothing to learn from" in text(panel, "train.advice")
    choose(qtbot, panel, "sft")
    assert "No examples to imitate yet" in panel.outcome.reason


@pytest.mark.usefixtures("model")
def test_pairs_that_do_not_count_are_named(show: Show, project: Project, tmp_path: Path) -> None:
    add_pairs(project, tmp_path, 8, ask_again=True)
    showing = operations.Showing("ann", Choice.FIRST, 1.0)
    choices = [Choice.FIRST] * 4 + [Choice.TIE] * 2 + [Choice.BOTH_BAD, Choice.SKIP]
    for pair, choice in zip(project.pairs.waiting("ann", 8), choices, strict=True):
        operations.record_verdict(project, pair.id, choice, showing)
    panel = show()
    note = panel.start_from._data_cell.note
    assert note == "4 pairs; 2 ties, 1 both-bad and 1 skipped left out"


@pytest.mark.usefixtures("model")
def test_the_method_changes_the_form_and_keeps_what_was_entered(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    add_examples(project, tmp_path, 10)
    panel = show()
    write(qtbot, line(panel, "train.field.beta"), "0.3")
    write(qtbot, line(panel, "train.field.r"), "8")
    choose(qtbot, panel, "sft")
    assert panel.findChild(QLineEdit, "train.field.beta") is None
    assert line(panel, "train.field.learning_rate").text() == "2e-4"
    assert line(panel, "train.field.r").text() == "8"
    assert text(panel, "train.summary.used") == "9"
    assert line(panel, "train.name").text().startswith("sft-")
    choose(qtbot, panel, "dpo")
    assert line(panel, "train.field.beta").text() == "0.3"
    assert line(panel, "train.field.learning_rate").text() == "5e-5"


@pytest.mark.usefixtures("model")
def test_what_it_learns_from_can_be_leafed_through(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 3)
    panel = show()
    assert panel.example.isVisible()
    first = panel.example._prompt._text.text()
    assert panel.example._first._text.text() == "Yes."
    assert panel.example._second._text.text() == "Well…"
    after = panel.findChild(QPushButton, "train.example.next")
    assert after is not None
    qtbot.mouseClick(after, Qt.MouseButton.LeftButton)
    assert panel.example._prompt._text.text() != first
    assert panel.example._position.text() == "Row 2 of 3"
    assert panel.example._first.title.text() == "Chosen: made more likely"
    choose(qtbot, panel, "reward")
    qtbot.waitUntil(lambda: panel.example._first.title.text() == "Chosen: scored higher")


@pytest.mark.usefixtures("model")
def test_one_data_set_can_be_chosen(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    add_pairs(project, tmp_path, 3)
    panel = show()
    counted = [int(text(panel, f"train.summary.{name}")) for name in ("used", "measured")]
    assert sum(counted) == 11
    pick(qtbot, combo(panel, "train.data"), Qt.Key.Key_End)
    qtbot.waitUntil(lambda: text(panel, "train.summary.used") == "3")
    assert len(panel.start_from.dataset_ids) == 1


@pytest.mark.usefixtures("model")
def test_new_verdicts_are_counted_at_once_without_losing_what_was_entered(
    show: Show, project: Project, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8, ask_again=True)
    panel = show()
    write(qtbot, line(panel, "train.field.beta"), "0.7")
    write(qtbot, line(panel, "train.name"), "mine")
    pair = project.pairs.waiting("ann", 1)[0]
    showing = operations.Showing("ann", Choice.FIRST, 1.0)
    session.change(lambda: operations.record_verdict(project, pair.id, Choice.SECOND, showing))
    qtbot.waitUntil(lambda: text(panel, "train.summary.used") == "1")
    assert line(panel, "train.field.beta").text() == "0.7"
    assert line(panel, "train.name").text() == "mine"


@pytest.mark.usefixtures("model")
def test_another_runs_settings_can_be_copied(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_examples(project, tmp_path, 6)
    other = write_model(tmp_path / "other")
    project.models.add("other", "folder", other, {})
    config = SftConfig(learning_rate=3e-6, max_steps=7, completion_only_loss=False)
    run_id = create_run(
        project, name="earlier", model=ModelRef(name="other", path=str(other)), config=config,
        adapter=AdapterConfig(r=4), device="cpu",
    )  # fmt: skip
    panel = show()
    panel.show_item(copy_run_id=run_id)
    qtbot.waitUntil(lambda: text(panel, "train.summary.steps") == "7")
    order = panel._order()
    assert order is not None
    assert (order.config, order.adapter.r, order.device) == (config, 4, "cpu")
    assert order.model.path == str(other)
    assert order.name != "earlier"


@pytest.mark.usefixtures("model")
def test_a_copied_run_keeps_its_data_set_when_data_change_meanwhile(
    show: Show, project: Project, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    add_pairs(project, tmp_path, 3)
    (chosen,) = [dataset.id for dataset in project.datasets.all() if dataset.row_count == 3]
    ref = ModelRef(name="m", path=str(paths.embedded_model_dir()))
    run_id = create_run(
        project, name="earlier", model=ref, config=DpoConfig(), dataset_ids=[chosen]
    )
    panel = show()
    panel.show_item(copy_run_id=run_id)
    session.apply(Changes(Changed.DATASETS))
    qtbot.waitUntil(lambda: panel.start_from.dataset_ids == (chosen,))


@pytest.mark.usefixtures("model")
def test_a_model_can_be_asked_for_before_it_is_known(
    show: Show, project: Project, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    folder = write_model(tmp_path / "late")
    panel.show_item(model_path=str(folder))
    session.change(lambda: operations.add_model(project, "late", "folder", folder, {}))
    qtbot.waitUntil(lambda: combo(panel, "train.model").currentText() == "late")


def test_start_makes_the_run_as_it_is_shown_and_goes_to_it(
    show: Show, project: Project, session: Session, model: Path, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # A real supervisor, whose trainer needs no model.
    fake = partial(start.start_run, trainer_module=FAKE_TRAINER)
    monkeypatch.setattr(start, "start_run", fake)
    add_pairs(project, tmp_path, 8)
    panel = show()
    write(qtbot, line(panel, "train.field.beta"), "0.2")
    write(qtbot, line(panel, "train.name"), "my run")
    qtbot.mouseClick(start_button(panel), Qt.MouseButton.LeftButton)
    assert not start_button(panel).isEnabled()
    visits = session.window.visits
    qtbot.waitUntil(lambda: bool(visits))
    (run,) = project.runs.all()
    assert visits == [("runs", {"run_id": run.id})]
    assert run.name == "my run"
    assert isinstance(run.spec.config, DpoConfig)
    assert run.spec.config.beta == 0.2
    assert run.spec.model.path == str(model)
    assert len(run.folder.train_data.read_text(encoding="utf-8").splitlines()) == 7
    qtbot.waitUntil(lambda: line(panel, "train.name").text() == "dpo-concise-answers-1")
    (attempt,) = run.folder.attempts()
    qtbot.waitUntil(lambda: read_report(attempt.exit) is not None)


def test_names_are_suggested_from_what_is_learnt() -> None:
    taken = {"dpo-short-answers-1"}
    assert suggested_name("dpo", "Short answers!", taken) == "dpo-short-answers-2"
    assert suggested_name("sft", "Short answers!", taken) == "sft-short-answers-1"
    assert suggested_name("sft", "Demo: short and direct", taken) == "sft-demo-short-1"
    assert suggested_name("sft", "SFT", set()) == "sft-1"


@pytest.mark.usefixtures("model")
def test_training_can_go_on_from_a_whole_model_that_a_run_made(
    show: Show, project: Project, model: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    run_id = create_run(
        project, name="whole-1", model=ModelRef(name="m", path=str(model)), config=DpoConfig(),
        adapter=AdapterConfig(tuning="full"),
    )  # fmt: skip
    folder = write_model(project.runs.get(run_id).folder.model)
    panel = show()
    choices = combo(panel, "train.model")
    assert [choices.itemText(place) for place in range(choices.count())][1:] == ["whole-1"]
    pick(qtbot, choices, Qt.Key.Key_End)
    assert panel.start_from.model == ModelRef(name="whole-1", path=str(folder))


def add_prompts(project: Project, answers: Sequence[str | None]) -> None:
    prompts = (
        NewPrompt(user(f"Sum number {n}?"), answer=answer) for n, answer in enumerate(answers)
    )
    project.datasets.add_prompts("Sums", prompts)


@pytest.mark.usefixtures("model")
def test_a_method_of_own_answers_begins_with_the_right_answer_as_reward(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_prompts(project, ["3", "4", "5", None])
    panel = show()
    choose(qtbot, panel, "grpo")
    assert text(panel, "train.summary.used") == "3"
    assert text(panel, "train.summary.steps") == "2"
    assert "2 prompts and 16 answers" in text(panel, "train.summary.sentence")
    assert "3 prompts with a right answer" in text(panel, "train.advice")
    order = panel._order()
    assert order is not None
    assert order.config == GrpoConfig(rewards=(NumericMatch(),))
    run_id = create_run(project, name="r", model=order.model, config=order.config)
    assert project.runs.get(run_id).spec.data.train_examples == 3


@pytest.mark.usefixtures("model")
def test_prompts_with_right_answers_are_what_a_method_begins_with_among_many_without(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_prompts(project, ["3", "4"])
    add_pairs(project, tmp_path, 8)
    panel = show()
    assert panel.start_from.dataset_ids == ()
    choose(qtbot, panel, "grpo")
    sums = next(item for item in project.datasets.all() if item.kind == "prompts")
    assert panel.start_from.dataset_ids == (sums.id,)
    assert panel.outcome.reason == ""
    choose(qtbot, panel, "dpo")
    assert panel.start_from.dataset_ids == ()
    choose(qtbot, panel, "grpo")
    pick(qtbot, combo(panel, "train.data"), Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: panel._material.learnable.dataset_ids == ())
    choose(qtbot, panel, "dpo")
    choose(qtbot, panel, "grpo")
    assert panel.start_from.dataset_ids == (), "what a person chose stays"


@pytest.mark.usefixtures("model")
def test_what_rewards_a_method_lacks_is_told(show: Show, project: Project, qtbot: QtBot) -> None:
    add_prompts(project, [None, None])
    panel = show()
    choose(qtbot, panel, "rloo")
    assert "add at least one" in panel.outcome.reason
    assert not start_button(panel).isEnabled()
    panel.settings.rewards.add("exact_match")
    assert "None of the prompts has a right answer" in panel.outcome.reason
    panel.settings.rewards.add("length")
    assert panel.outcome.reason == ""
    assert start_button(panel).isEnabled()


@pytest.mark.usefixtures("model")
def test_rewards_are_copied_with_a_run(show: Show, project: Project, qtbot: QtBot) -> None:
    add_prompts(project, ["3", "4"])
    ref = ModelRef(name="m", path=str(paths.embedded_model_dir()))
    config = GrpoConfig(rewards=(LengthReward(target_words=9), NumericMatch(weight=3)), beta=0.02)
    run_id = create_run(project, name="earlier", model=ref, config=config)
    panel = show()
    panel.show_item(copy_run_id=run_id)
    qtbot.waitUntil(lambda: panel.outcome.reason == "" and start_button(panel).isEnabled())
    order = panel._order()
    assert order is not None
    assert order.config == config


@pytest.mark.usefixtures("model")
def test_pairs_are_judged_answers_too(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    panel = show()
    choose(qtbot, panel, "kto")
    assert text(panel, "train.summary.used") == "14"
    assert panel.example._first.title.text().startswith("Good answer")
    assert panel.example._second.isHidden()


@pytest.mark.usefixtures("model")
def test_four_bits_are_refused_where_they_are_not_to_be_had(
    show: Show, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    add_pairs(project, tmp_path, 8)
    panel = show()
    panel.start_from.want_device("cpu")
    tuning = combo(panel, "train.field.tuning")
    pick(qtbot, tuning, Qt.Key.Key_Q)
    assert tuning.currentText() == "QLoRA"
    assert panel.outcome.reason.startswith("QLoRA needs an NVIDIA GPU")
    pick(qtbot, tuning, Qt.Key.Key_Home)
    assert panel.outcome.reason == ""
    pick(qtbot, tuning, Qt.Key.Key_End)
    assert "whole new model" in panel.start_from._model_cell.note
    order = panel._order()
    assert order is not None
    assert order.adapter.tuning == "full"


@pytest.mark.usefixtures("model")
def test_every_method_can_be_chosen_and_is_found_by_the_palette(
    show: Show, project: Project, qtbot: QtBot
) -> None:
    add_prompts(project, ["3"])
    panel = show()
    for method in METHODS:
        choose(qtbot, panel, method)
        assert panel.method == method
        assert line(panel, "train.name").text().startswith(f"{method}-")
    titles = {command.title for command in panel.commands()}
    assert titles >= {f"Train with {info.title}" for info in METHODS.values()}
