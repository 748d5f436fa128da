"""The Runs panel on real run folders: plots that fill, warnings, the log, steering."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.changes import Changed, Changes
from workbench.core.control import Command, read_control
from workbench.core.events import (
    Ack,
    Bye,
    Event,
    Failed,
    Hello,
    Metric,
    RunState,
    StateChanged,
    Warned,
)
from workbench.runner.exit_report import ExitKind, ExitReport, write_report
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.main_window import MainWindow
from workbench.ui.panels.runs.figures import ShownRun, machine_curves, machine_plots
from workbench.ui.panels.runs.happenings import happening, story
from workbench.ui.panels.runs.measurements import Measurements, merge
from workbench.ui.panels.runs.panel import RunsPanel
from workbench.ui.run_progress import seconds_left
from workbench.ui.widgets.plots.curve import Curve

from .run_samples import SampleRun, dpo_values, make_run, sft_values


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> Iterator[RunsPanel]:
    made = RunsPanel(session)
    session.window.panels.append(made)
    qtbot.addWidget(made)
    made.resize(1300, 800)
    yield made
    made.close_down()


def shown_steps(panel: RunsPanel, key: str = "loss") -> list[float]:
    """The steps of the first line that a plot was given."""
    found = lines(panel, key)
    return list(found[0].x) if found else []


def lines(panel: RunsPanel, key: str) -> tuple[Curve, ...]:
    """The lines of a plot; none while it is not there yet."""
    return panel.plots.card(key).plot.curves if key in panel.plots.keys() else ()  # noqa: SIM118


def visible_actions(panel: RunsPanel) -> set[str]:
    buttons = panel.findChildren(QPushButton)
    return {
        item.objectName()
        for item in buttons
        if item.objectName().startswith("runs.") and not item.isHidden()
    }


def named(panel: RunsPanel, name: str) -> QPushButton:
    made = panel.findChild(QPushButton, name)
    assert made is not None
    return made


def press(qtbot: QtBot, panel: RunsPanel, name: str) -> None:
    qtbot.mouseClick(named(panel, name), Qt.MouseButton.LeftButton)


def finished(project: Project, name: str, method: str = "dpo", steps: int = 12) -> SampleRun:
    run = make_run(project, name, method, total_steps=steps)
    run.write_steps(1, steps, dpo_values() if method == "dpo" else sft_values())
    run.end(RunState.FINISHED, steps, "All steps done.")
    run.ingest()
    return run


def test_an_empty_project_says_what_to_do_first(
    qtbot: QtBot, panel: RunsPanel, session: Session
) -> None:
    panel.show()
    go = next(item for item in panel.findChildren(QPushButton) if item.text() == "Go to Train")
    qtbot.waitUntil(go.isVisible)
    qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("train", {})]


def test_plots_fill_with_what_the_run_measured(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    finished(project, "dpo-1")
    panel.show()
    qtbot.waitUntil(lambda: shown_steps(panel) == list(range(1, 13)))
    assert panel.plots.keys()[:6] == [
        "loss",
        "margins",
        "accuracies",
        "logps",
        "learning_rate",
        "grad_norm",
    ]
    loss = panel.plots.card("loss").plot.curves
    assert [curve.measured for curve in loss] == [False, True]
    assert list(loss[1].x) == [4, 8, 12]
    assert panel.plots.card("loss").legend_texts == ["training", "held out"]


def test_sft_has_its_own_plots(qtbot: QtBot, panel: RunsPanel, project: Project) -> None:
    finished(project, "sft-1", "sft")
    panel.show()
    qtbot.waitUntil(lambda: len(shown_steps(panel, "token_accuracy")) == 12)
    assert "margins" not in panel.plots.keys()  # noqa: SIM118


def test_new_points_come_while_it_watches(qtbot: QtBot, panel: RunsPanel, project: Project) -> None:
    run = make_run(project, "dpo-1", alive=True)
    values = dpo_values()
    run.write_steps(1, 5, values)
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: len(shown_steps(panel)) == 5)
    run.write_steps(6, 9, values)
    run.ingest()
    panel.apply_changes(Changes(Changed.METRICS, frozenset({run.id})))
    qtbot.waitUntil(lambda: shown_steps(panel) == list(range(1, 10)))


def test_a_resumed_run_has_no_gap_and_no_double_step(project: Project) -> None:
    run = make_run(project, "dpo-1")
    run.write_steps(1, 8, lambda step: {"loss": float(step)})
    run.ingest()
    before = Measurements(run.id, ("loss",)).updated(project)
    run.attempt = run.folder.next_attempt()
    run._seq = 0
    run.write(Hello(1, 1.0, "cpu", {}, 40, resumed_from_step=5), run.started_at + 100)
    run.write_steps(6, 10, lambda step: {"loss": 100.0 + step})
    run.ingest()
    after = before.updated(project)
    whole = Measurements(run.id, ("loss",)).updated(project)
    expected = [1.0, 2.0, 3.0, 4.0, 5.0, 106.0, 107.0, 108.0, 109.0, 110.0]
    assert list(after.series["loss"].value) == expected
    assert list(whole.series["loss"].value) == expected
    assert after.updated(project) is after


def test_merging_keeps_the_newest_value_of_a_step(project: Project) -> None:
    run = make_run(project, "dpo-1")
    run.write_steps(1, 3, lambda step: {"loss": float(step)})
    run.ingest()
    series = project.runs.series(run.id)["loss"]
    assert merge(series, series).step.tolist() == series.step.tolist()


def test_figures_of_the_machine_stand_at_their_step(project: Project) -> None:
    run = make_run(project, "dpo-1", ago_s=100)
    run.write_steps(1, 60, dpo_values())
    run.write_readings(60)
    run.ingest()
    measured = Measurements(run.id, ("loss",)).updated(project)
    steps = measured.step_at(measured.machine.t)
    assert np.isnan(steps[0])
    assert steps[30] == pytest.approx(30, abs=0.01)
    assert "gpu 0 busy" not in measured.machine.values
    shown = ShownRun(project.runs.get(run.id), "series0", measured)
    curves = [line for plot in machine_plots(shown) for line in machine_curves(plot, shown, "time")]
    assert all(np.isfinite(line.y).all() for line in curves), "what is not known is left out"
    assert {len(line.y) for line in curves} == {59, 60}


def test_without_a_gpu_it_says_so(qtbot: QtBot, panel: RunsPanel, project: Project) -> None:
    run = make_run(project, "dpo-1")
    run.write_steps(1, 9, dpo_values())
    run.write_readings(9)
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: "cpu" in panel.plots.keys())  # noqa: SIM118
    assert panel.plots.no_gpu_text == "No NVIDIA GPU here"
    assert not [key for key in panel.plots.keys() if key.startswith("gpu")]  # noqa: SIM118


def test_with_a_gpu_its_parts_are_named_for_what_they_are(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "dpo-1")
    run.write_steps(1, 9, dpo_values())
    run.write_readings(9, gpus=True)
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: "gpu 0" in panel.plots.keys())  # noqa: SIM118
    assert panel.plots.card("gpu 0").legend_texts == ["busy", "tensor", "FP32 cores", "DRAM"]
    assert panel.plots.no_gpu_text == ""


def test_several_runs_lie_over_each_other(qtbot: QtBot, panel: RunsPanel, project: Project) -> None:
    finished(project, "dpo-1")
    finished(project, "dpo-2")
    panel.show()
    qtbot.waitUntil(lambda: panel.list.view.model().rowCount() == 2)
    model = panel.list.view.model()
    flag = QItemSelectionModel.SelectionFlag.Select
    panel.list.view.selectionModel().select(model.index(0, 0), flag)
    panel.list.view.selectionModel().select(model.index(1, 0), flag)
    qtbot.waitUntil(lambda: len(lines(panel, "margins")) == 4)
    names = panel.plots.card("margins").legend_texts
    assert set(names) == {"dpo-1", "dpo-2"}
    colors = {curve.color for curve in panel.plots.card("margins").plot.curves}
    assert len(colors) == 2


def test_a_warning_is_shown_until_it_is_hidden(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "dpo-1", alive=True, ago_s=9)
    run.write_steps(1, 9, dpo_values())
    run.write(Warned("drift", "Chosen answers are losing probability too.", step=6), run.started_at)
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: panel.banner.text == "Chosen answers are losing probability too.")
    where, hide = (
        next(item for item in panel.banner.findChildren(QPushButton) if item.text() == text)
        for text in ("Show where", "Hide")
    )
    qtbot.mouseClick(where, Qt.MouseButton.LeftButton)
    assert panel.plots.card("learning_rate").legend_texts[0].startswith("training 4.95e−5")
    qtbot.mouseClick(hide, Qt.MouseButton.LeftButton)
    panel.apply_changes(Changes(Changed.RUNS))
    qtbot.waitUntil(lambda: not panel.is_reading)
    assert panel.banner.text == ""


def test_a_crash_says_why_and_can_be_resumed(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "dpo-1")
    run.write_steps(1, 9, dpo_values())
    run.end(RunState.CRASHED, 9, "The disk is full. Free some space or keep fewer checkpoints.")
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: panel.banner.text.startswith("The disk is full."))
    assert visible_actions(panel) == {"runs.resume"}
    press(qtbot, panel, "banner.change")
    assert panel.session.window.visits == [("train", {"copy_run_id": run.id})]


def test_other_settings_are_offered_first_where_resuming_leads_to_the_same_crash(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    killed = make_run(project, "dpo-1", ago_s=90)
    killed.end(RunState.CRASHED, 0, "The trainer was ended from outside (SIGKILL).")
    broken = make_run(project, "dpo-2")
    broken.write_steps(1, 9, dpo_values())
    words = "At step 10 the loss was not a number any more."
    report = ExitReport(RunState.CRASHED, ExitKind.KNOWN_ERROR, words)
    write_report(broken.attempt.exit, report)
    for run in (killed, broken):
        run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: panel.banner.text.startswith("At step 10"))
    kinds = {name: named(panel, name).property("kind") for name in ("runs.resume", "banner.change")}
    assert kinds == {"runs.resume": "raised", "banner.change": "primary"}
    assert "same way" in named(panel, "runs.resume").toolTip()
    panel.show_item(run_id=killed.id)
    qtbot.waitUntil(lambda: panel.banner.text.startswith("The trainer was ended"))
    assert named(panel, "runs.resume").property("kind") == "primary"
    assert named(panel, "runs.resume").toolTip() == ""


def test_the_log_tells_what_happened_in_words(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "dpo-1", alive=True)
    run.write_steps(1, 9, dpo_values())
    run.save_checkpoint(8)
    run.attempt.output_log.write_text("Loading the model\n")
    run.ingest()
    panel.show()
    log = panel.tabs.log
    qtbot.waitUntil(lambda: "Checkpoint saved at step 8" in log.happenings.toPlainText())
    assert "Attempt 1: started on cpu" in log.happenings.toPlainText()
    assert log.output.toPlainText() == "Loading the model\n"
    assert panel.tabs.checkpoints.rowCount() == 1
    assert panel.tabs.checkpoints.item(0, 3).text() == "yes"


def test_why_a_run_ended_is_said_once() -> None:
    ends = (Failed("The disk is full.", known=True), Bye(RunState.CRASHED, 71, "The disk is full."))
    said = [happening(Event("r", 1, 1, 0.0, payload))[10:] for payload in ends]
    assert said == ["Error: The disk is full.", "Crashed at step 71"]
    why = "Stopped in time at step 8."
    told = (Warned("drift", why), StateChanged(RunState.FINISHED, why))
    lines = story(Event("r", 1, 1, 0.0, payload) for payload in told).splitlines()
    assert [line[10:] for line in lines] == [f"Look: {why}"]


def test_stopping_shows_its_stage_until_the_run_has_ended(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "dpo-1", alive=True, ago_s=5)
    run.write(Metric(1, {"loss": 0.7}), run.started_at + 4.9)
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: visible_actions(panel) == {"runs.pause", "runs.stop"})
    press(qtbot, panel, "runs.stop")
    assert visible_actions(panel) == set()
    qtbot.waitUntil(lambda: read_control(run.attempt.control) is not None)
    control = read_control(run.attempt.control)
    assert control is not None
    assert control.command is Command.STOP
    qtbot.waitUntil(lambda: panel.stage_text == "Asked, waiting for an answer")
    run.write(Ack(control.id, "stop"), run.started_at + 5)
    qtbot.waitUntil(lambda: panel.stage_text == "Saving a checkpoint")
    write_report(run.attempt.exit, ExitReport(RunState.STOPPED, ExitKind.STOPPED, "Stopped."))
    run.ingest()
    qtbot.waitUntil(lambda: panel.stage_text == "")
    qtbot.waitUntil(lambda: visible_actions(panel) == {"runs.resume"})


def test_a_request_goes_on_after_a_look_that_failed(
    qtbot: QtBot, panel: RunsPanel, project: Project, session: Session
) -> None:
    run = make_run(project, "dpo-1", alive=True, ago_s=5)
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: "runs.stop" in visible_actions(panel))
    press(qtbot, panel, "runs.stop")
    qtbot.waitUntil(lambda: panel.stage_text == "Asked, waiting for an answer")
    away = run.attempt.events.with_suffix(".away")
    run.attempt.events.rename(away)
    run.attempt.events.mkdir()
    errors = session.window.errors
    qtbot.waitUntil(lambda: bool(errors))
    run.attempt.events.rmdir()
    away.rename(run.attempt.events)
    write_report(run.attempt.exit, ExitReport(RunState.STOPPED, ExitKind.STOPPED, "Stopped."))
    run.ingest()
    qtbot.waitUntil(lambda: panel.stage_text == "")
    errors.clear()


def test_a_run_that_was_asked_for_is_selected(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    older = finished(project, "dpo-1")
    finished(project, "dpo-2")
    panel.show_item(run_id=older.id)
    panel.show()
    qtbot.waitUntil(lambda: panel.list.current is not None and panel.list.current.name == "dpo-1")
    assert visible_actions(panel) == {"runs.compare", "runs.score"}


def test_a_finished_run_leads_to_scoring_the_pairs_that_wait(
    qtbot: QtBot, session: Session, panel: RunsPanel, project: Project
) -> None:
    run = finished(project, "dpo-1")
    panel.show()
    qtbot.waitUntil(lambda: "runs.score" in visible_actions(panel))
    score = panel.findChild(QPushButton, "runs.score")
    qtbot.mouseClick(score, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("label", {"score_run_id": run.id})]


def test_a_run_appears_in_the_window_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    window.navigate("runs")
    project = window.session.project
    run = make_run(project, "dpo-1", alive=True, ago_s=20)
    threading.Thread(target=run.write_steps, args=(1, 18, dpo_values())).start()
    panel = window.current_panel
    assert isinstance(panel, RunsPanel)
    qtbot.waitUntil(lambda: len(shown_steps(panel)) == 18)
    qtbot.waitUntil(lambda: "dpo-1" in window.strip.texts())
    # The panel may read what the watcher has not told the strip yet.
    qtbot.waitUntil(lambda: any(t.startswith("step 18 of 40") for t in window.strip.texts()))
    run.end(RunState.FINISHED, 18, "All steps done.")
    qtbot.waitUntil(lambda: "No run at work" in window.strip.texts())


def test_the_palette_names_the_run_that_it_stops(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    over = finished(project, "dpo-1")
    window.navigate("runs")
    panel = window.current_panel
    assert isinstance(panel, RunsPanel)
    qtbot.waitUntil(lambda: panel.list.current is not None and panel.list.current.id == over.id)
    window.navigate("home")
    at_work = make_run(project, "dpo-2", alive=True, ago_s=5)
    at_work.write(Metric(1, {"loss": 0.7}), at_work.started_at + 4.9)
    qtbot.waitUntil(lambda: "dpo-2" in window.strip.texts())
    palette = window.palette_popup
    window.open_palette()
    qtbot.keyClicks(palette.field, "stop run")
    assert palette.titles()[:1] == ["Stop run “dpo-2”"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.current_panel is panel
    qtbot.waitUntil(lambda: panel.list.current is not None and panel.list.current.name == "dpo-2")
    qtbot.waitUntil(lambda: read_control(at_work.attempt.control) is not None)
    control = read_control(at_work.attempt.control)
    assert control is not None
    assert control.command is Command.STOP
    assert not (over.attempt.control).exists()
    at_work.end(RunState.STOPPED, 1, "Stopped.")
    qtbot.waitUntil(lambda: panel.stage_text == "")


def test_the_palette_tells_runs_of_one_name_apart(
    window: MainWindow, qtbot: QtBot, project: Project
) -> None:
    runs = [make_run(project, "dpo-1", alive=True, ago_s=ago_s) for ago_s in (5, 4000)]
    qtbot.waitUntil(lambda: len(window.active_runs()) == 2)
    window.navigate("runs")
    palette = window.palette_popup
    window.open_palette()
    qtbot.keyClicks(palette.field, "stop run")
    titles = palette.titles()[:2]
    assert len(set(titles)) == 2
    assert all(title.startswith("Stop run “dpo-1”, made ") for title in titles)
    for run in runs:
        run.end(RunState.STOPPED, 1, "Stopped.")


def test_the_time_left_is_told_from_the_newest_attempt(project: Project) -> None:
    run = make_run(project, "dpo-1", total_steps=40)
    run.write_steps(1, 11, dpo_values())
    run.ingest()
    events = project.runs.events(run.id, ("metric",))
    assert seconds_left(events, 40) == pytest.approx(29)
    assert seconds_left(events[:1], 40) is None
    assert seconds_left(events, None) is None
