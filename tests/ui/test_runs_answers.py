"""Runs that learn from their own answers: their plots, the answers themselves, and their costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from pytestqt.qtbot import QtBot

from workbench.core.changes import Changed, Changes
from workbench.core.events import GroupSampled, RunState, Sample, SampledAnswer
from workbench.core.recipes import AdapterConfig, GrpoConfig, ModelRef, RunSpec
from workbench.core.rewards import LengthReward, NumericMatch, PythonReward
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.runs.answers import PAGE_EVENTS, Answers
from workbench.ui.panels.runs.answers_tab import AnswersTab
from workbench.ui.panels.runs.figures import METHOD_PLOTS
from workbench.ui.panels.runs.panel import RunsPanel
from workbench.ui.panels.runs.settings_table import settings_rows

from .run_samples import SampleRun, group, make_run, online_values


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> Iterator[RunsPanel]:
    made = RunsPanel(session)
    session.window.panels.append(made)
    qtbot.addWidget(made)
    made.resize(1300, 800)
    yield made
    made.close_down()


def online_run(project: Project, name: str, method: str = "grpo", steps: int = 12) -> SampleRun:
    run = make_run(project, name, method, total_steps=steps)
    run.write_steps(1, steps, online_values(critic=method == "ppo"))
    return run


def keys(panel: RunsPanel) -> list[str]:
    return panel.plots.keys()


def test_each_online_method_has_plots_of_its_rewards(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    online_run(project, "grpo-1").ingest()
    panel.show()
    qtbot.waitUntil(lambda: "rewards" in keys(panel))
    assert keys(panel)[:6] == ["reward", "rewards", "kl", "entropy", "lengths", "shares"]
    assert panel.plots.card("rewards").legend_texts == ["length", "numeric_match"]
    assert panel.plots.card("lengths").legend_texts == ["mean", "shortest", "longest"]


def test_plots_without_a_figure_are_left_out(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "grpo-1", "grpo")
    run.write_steps(1, 3, lambda step: {"loss": 0.0, "reward": float(step)})
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: "reward" in keys(panel))
    assert keys(panel)[:5] == ["reward", "lengths", "loss", "learning_rate", "grad_norm"]


def test_figures_that_come_once_in_several_steps_are_found(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = make_run(project, "ppo-1", "ppo")
    first, later = {"reward": 0.5, "rewards/length/mean": 0.5}, {"loss": 0.1}
    run.write_steps(1, 16, lambda step: later | (first if step % 8 == 1 else {}))
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: "rewards" in keys(panel))
    (curve,) = panel.plots.card("rewards").plot.curves
    assert list(curve.x) == [1, 9]


@pytest.mark.parametrize(
    ("method", "figures", "plot"),
    [
        ("kto", {"rewards/chosen": 0.4, "rewards/rejected": -0.2}, "rewards_by_mark"),
        ("reward", {"mean_reward": 0.1, "min_reward": -1.0, "max_reward": 1.0}, "scores"),
    ],
)
def test_other_methods_have_plots_of_their_own(
    qtbot: QtBot, panel: RunsPanel, project: Project, method: str, figures: dict[str, float],
    plot: str,
) -> None:  # fmt: skip
    run = make_run(project, f"{method}-1", method)
    run.write_steps(1, 3, lambda _: {"loss": 0.5, **figures})
    run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: plot in keys(panel))
    qtbot.waitUntil(lambda: len(panel.plots.card(plot).plot.curves) == len(figures))


def test_a_reward_that_failed_gives_way_last(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = online_run(project, "grpo-1", steps=1)
    wrong = SampledAnswer(
        "Hm.", 1, True, {"a": 1.0, "mine": None, "z": 0.0}, 1.0, 0.0, {"mine": "ValueError"}
    )
    run.write(GroupSampled(1, "Why?", (wrong,)), run.started_at + 1)
    run.ingest()
    panel.show()
    tab = panel.tabs.answers
    panel.tabs.open_tab(tab)
    qtbot.waitUntil(lambda: tab.model.rowCount() == 1)
    titles = [
        tab.model.headerData(column, Qt.Orientation.Horizontal)
        for column in tab.table.spare_columns
    ]
    assert titles == ["Right answer", "z", "a", "mine"]


def test_judged_answers_are_good_or_bad_in_every_plot() -> None:
    for spec in METHOD_PLOTS["kto"]:
        assert not {name for _, name in spec.metrics} & {"chosen", "rejected"}, spec.key


def first_page_of_seventy(qtbot: QtBot, panel: RunsPanel, project: Project) -> AnswersTab:
    """The tab with the newest of seventy groups of four answers."""
    run = online_run(project, "grpo-1", steps=1)
    for step in range(1, 71):
        run.write(group(step), run.started_at + step)
    run.ingest()
    panel.show()
    tab = panel.tabs.answers
    panel.tabs.open_tab(tab)
    qtbot.waitUntil(lambda: tab.model.rowCount() == 4 * PAGE_EVENTS)
    return tab


def test_answers_are_read_newest_first_and_older_ones_on_scrolling(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    tab = first_page_of_seventy(qtbot, panel, project)
    assert tab.model.row(0).step == 70
    tab.table.scrollToBottom()
    qtbot.waitUntil(lambda: tab.model.rowCount() == 4 * 70)
    assert tab.model.row(tab.model.rowCount() - 1).step == 1
    assert not tab.model.canFetchMore(QModelIndex())


def test_why_a_reward_has_no_value_is_the_first_thing_said(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = online_run(project, "grpo-1", steps=1)
    told = group(1, answers=1)
    answer = replace(told.answers[0], rewards={"python": None}, notes={"python": "no such name"})
    run.write(replace(told, answers=(answer,)), run.started_at + 1)
    run.ingest()
    panel.show()
    tab = panel.tabs.answers
    panel.tabs.open_tab(tab)
    qtbot.waitUntil(lambda: tab.model.rowCount() == 1)
    tab.table.selectRow(0)
    said = tab.text.toPlainText().splitlines()
    assert said[:2] == ["No value from the reward python", "no such name"]


def test_older_answers_asked_for_while_newer_ones_are_read_come_afterwards(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    tab = first_page_of_seventy(qtbot, panel, project)
    tab.show_run(tab.model.answers.run_id)
    tab.model.fetchMore(QModelIndex())
    qtbot.waitUntil(lambda: tab.model.rowCount() == 4 * 70)


def test_answers_written_while_others_are_read_come_afterwards(
    qtbot: QtBot, session: Session, panel: RunsPanel, project: Project
) -> None:
    run = online_run(project, "grpo-1", steps=1)
    run.write(group(1), run.started_at + 1)
    run.ingest()
    panel.show()
    tab = panel.tabs.answers
    panel.tabs.open_tab(tab)
    qtbot.waitUntil(lambda: tab.model.rowCount() == 4)
    session.bridge.hold(qtbot)
    tab.show_run(run.id)
    qtbot.waitUntil(lambda: session.bridge.is_idle)
    run.write(group(2), run.started_at + 2)
    run.ingest()
    tab.show_run(run.id)
    session.bridge.release()
    qtbot.waitUntil(lambda: tab.model.rowCount() == 8)


def test_an_answer_is_shown_with_each_reward_and_why(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = online_run(project, "grpo-1", steps=1)
    run.write(group(2), run.started_at + 2)
    run.write(Sample(2, "What is tea?", "A drink."), run.started_at + 3)
    run.ingest()
    panel.show()
    tab = panel.tabs.answers
    panel.tabs.open_tab(tab)
    qtbot.waitUntil(lambda: tab.model.rowCount() == 5)
    header = [tab.model.headerData(n, Qt.Orientation.Horizontal) for n in range(8)]
    assert header == [
        "Step", "Prompt", "Right answer", "Answer", "numeric_match", "length", "Reward", "Advantage"
    ]  # fmt: skip
    shown = [tab.model.index(2, column).data() for column in range(8)]
    assert shown[3:] == ["She has 2 apples. 2 + 3 = 6. Done.", "0", "0.75", "0.75", "0.3"]
    assert tab.model.index(2, 4).data(Qt.ItemDataRole.ToolTipRole) == "6 is not right"
    assert [tab.model.index(0, column).data() for column in (1, 3, 4)] == [
        "What is tea?", "A drink.", "",
    ]  # fmt: skip
    tab.table.selectRow(4)
    words = tab.text.toPlainText()
    assert "Anna has 2 apples" in words
    assert "15 tokens, cut off" in words
    assert "numeric_match 0: 8 is not right" in words


def test_new_answers_come_in_above_and_the_chosen_one_stays(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    run = online_run(project, "grpo-1", steps=1)
    run.write(group(1), run.started_at + 1)
    run.ingest()
    panel.show()
    tab = panel.tabs.answers
    panel.tabs.open_tab(tab)
    qtbot.waitUntil(lambda: tab.model.rowCount() == 4)
    tab.table.selectRow(0)
    words = tab.text.toPlainText()
    run.write(group(2), run.started_at + 2)
    run.ingest()
    panel.apply_changes(Changes(Changed.METRICS, frozenset({run.id})))
    qtbot.waitUntil(lambda: tab.model.rowCount() == 8)
    assert tab.model.row(0).step == 2
    assert tab.table.currentIndex().row() == 4
    assert tab.text.toPlainText() == words


def test_many_answers_at_once_leave_no_gap(project: Project) -> None:
    run = online_run(project, "grpo-1", steps=1)
    run.write(group(1), run.started_at + 1)
    run.ingest()
    before = Answers(run.id).with_newer(project)
    for step in range(2, PAGE_EVENTS + 10):
        run.write(group(step), run.started_at + step)
    run.ingest()
    answers = before.with_newer(project)
    while not answers.is_whole:
        answers = answers.with_older(project)
    steps = [row.step for row in answers.rows if row.is_first_of_group]
    assert steps == list(range(PAGE_EVENTS + 9, 0, -1))


def test_what_a_critic_costs_stands_beside_a_run_without_one(
    qtbot: QtBot, panel: RunsPanel, project: Project
) -> None:
    for name, method in (("grpo-1", "grpo"), ("ppo-1", "ppo")):
        run = online_run(project, name, method)
        run.write_readings(12)
        run.end(RunState.FINISHED, 12, "All steps done.")
        run.ingest()
    panel.show()
    qtbot.waitUntil(lambda: panel.list.view.model().rowCount() == 2)
    model = panel.list.view.model()
    for row in range(2):
        panel.list.view.selectionModel().select(
            model.index(row, 0), QItemSelectionModel.SelectionFlag.Select
        )
    table = panel.tabs.costs.table
    qtbot.waitUntil(lambda: table.columnCount() == 3)
    methods = {table.horizontalHeaderItem(n).text().split(" · ")[1]: n for n in (1, 2)}
    costs = {
        table.item(row, 0).text(): (
            table.item(row, methods["GRPO"]).text(), table.item(row, methods["PPO"]).text()
        )
        for row in range(table.rowCount())
    }  # fmt: skip
    assert costs["A step"] == ("6 s", "9 s")
    assert costs["Of all that, the critic"] == ("–", "2.5 s")
    assert costs["· everything else"] == ("2 s", "1 s")
    assert costs["Answers written in a step"] == ("16", "2")
    assert costs["Time for an answer"] == ("375 ms", "4.5 s")
    assert costs["Memory of the critic"] == ("–", "42.0 MB")
    assert costs["Most memory of the trainer"] == ("2.1 GB", "2.1 GB")


def test_the_settings_of_a_run_name_its_rewards_and_leave_out_what_had_no_effect() -> None:
    spec = RunSpec(
        run_id="r", name="r", model=ModelRef(name="m", path="/m"),
        config=GrpoConfig(
            rewards=(NumericMatch(), LengthReward(target_words=50, weight=-0.5), PythonReward())
        ),
        adapter=AdapterConfig(tuning="full"),
    )  # fmt: skip
    rows = dict(settings_rows(spec))
    assert rows["Rewards"] == "Right number × 1; Length (target_words 50) × −0.5; " + (
        "Your own function × 1"
    )
    assert "Rank" not in rows
    assert rows["Answers per prompt"] == "8"
