"""The Runs panel: the list, live plots, what to look at, and the steering of a run."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.changes import Changed, Changes
from workbench.core.events import RunState
from workbench.runner.pair_scoring import METHODS_THAT_JUDGE
from workbench.store.rows import RunRow
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.runs.banner import Banner
from workbench.ui.panels.runs.figures import ShownRun
from workbench.ui.panels.runs.plot_choices import PlotChoices
from workbench.ui.panels.runs.plot_grid import PlotGrid
from workbench.ui.panels.runs.run_list import RunList
from workbench.ui.panels.runs.snapshot import Snapshot, read_snapshot
from workbench.ui.panels.runs.steering import Steering
from workbench.ui.panels.runs.steering_commands import WORKING, steering_commands
from workbench.ui.panels.runs.tabs import RunTabs
from workbench.ui.tokens import SPACE_12
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.texts import button, pill, set_kind

_LIST_WIDTH = 268
_TABS_HEIGHT = 240


class RunsPanel(Panel):
    """Everything that trained or waits to; `show_item(run_id=…)` selects a run."""

    interests: ClassVar[Changed] = Changed.RUNS | Changed.METRICS

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Runs"),
            self.tr(
                "Everything that trained or waits to. A run goes on when this window is closed."
            ),
        )
        self._snapshot = Snapshot()
        self._is_reading = False
        self._read_again = False
        self._wanted_run_id = ""
        self._steering = Steering(session, self)
        self._steering.changed.connect(self._show_actions)
        self.list = RunList()
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.selection_changed.connect(self._choose)
        self.banner = Banner()
        self.plots = PlotGrid()
        self.banner.show_where.connect(self.plots.point_at)
        self.banner.change_wanted.connect(self._set_up_another)
        self.tabs = RunTabs(session)
        self._add_actions()
        self._add_body()

    def refresh(self, changes: Changes) -> None:
        """Read on, off the GUI thread; what comes in meanwhile is read right after."""
        if self._is_reading:
            self._read_again = True
            return
        self._is_reading = True
        project, before = self.session.project, self._snapshot
        selected = [run.id for run, _ in self.list.selected()]
        current = selected[0] if selected else None
        self.session.bridge.run(
            lambda: read_snapshot(project, selected, current, before),
            self._make_ready,
            self._reading_failed,
            owner=self,
        )

    def show_item(self, **what: object) -> None:
        """Select the run `run_id`, as soon as it is in the list."""
        run_id = what.get("run_id")
        if isinstance(run_id, str) and not self.list.choose(run_id):
            self._wanted_run_id = run_id

    def commands(self) -> list[Command]:
        """Pause and stop of each run that is not over, and resume of the one chosen here.

        They name the run: the palette offers them whatever is on screen.
        """
        return steering_commands(
            self._steering,
            self.session.window.active_runs(),
            self.list.current,
            show=lambda run_id: self.show_item(run_id=run_id),
        )

    @property
    def is_reading(self) -> bool:
        """Whether a reading is on its way."""
        return self._is_reading

    @property
    def stage_text(self) -> str:
        """How far a request to pause, stop or resume has come; empty without one."""
        return "" if self._stage.isHidden() else self._stage.text()

    # Showing.

    def _make_ready(self, snapshot: Snapshot) -> None:
        """Make the plots that are wanted, one in each turn of the event loop; then show it all."""
        if self.plots.make_one(self._shown_of(snapshot)):
            QTimer.singleShot(0, self, partial(self._make_ready, snapshot))
        else:
            self._show_snapshot(snapshot)

    def _shown_of(self, snapshot: Snapshot) -> list[ShownRun]:
        measured = snapshot.measured
        selected = self.list.selected()
        return [
            ShownRun(run, color, measured[run.id]) for run, color in selected if run.id in measured
        ]

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        self._is_reading = False
        self._snapshot = snapshot
        self.list.show_runs(snapshot.runs)
        self._pages.setCurrentWidget(self._content if snapshot.runs else self._empty)
        self._choices.setVisible(bool(snapshot.runs))
        if self._wanted_run_id and self.list.choose(self._wanted_run_id):
            self._wanted_run_id = ""
        self._show_selected()
        self._read_on()

    def _read_on(self) -> None:
        """Read what came in during the reading that has ended."""
        if self._read_again:
            self._read_again = False
            self.refresh(Changes(self.interests))

    def _reading_failed(self, error: BaseException) -> None:
        self._is_reading = False
        self.session.show_error(error)
        self._read_on()

    @Slot()
    def _choose(self) -> None:
        self._show_selected()
        self.refresh(Changes(self.interests))

    def _show_selected(self) -> None:
        """Show what is known of the selected runs; the rest follows with the next reading."""
        shown = self._shown_of(self._snapshot)
        self.plots.show_runs(shown)
        self.tabs.costs.show_runs(shown)
        current, details = self.list.current, self._snapshot.details
        if current is not None and details is not None and details.run_id == current.id:
            self.tabs.show_run(current, details)
            self.banner.show_run(
                current, details.happenings, would_crash_again=details.would_crash_again
            )
        self._show_actions()

    @Slot()
    def _show_actions(self) -> None:
        run = self.list.current
        stage = self._steering.stage(run.id) if run else ""
        self._stage.setText(stage)
        self._stage.setVisible(bool(stage))
        state = run.state if run else None
        is_free = not stage and state is not None
        can_pause = is_free and state in WORKING
        can_stop = is_free and state is not None and state.is_active
        can_resume = is_free and state is not None and state.can_resume
        self._pause_button.setVisible(can_pause)
        self._stop_button.setVisible(can_stop)
        self._resume_button.setVisible(can_resume)
        self._show_what_resuming_does(run)
        writes = run is not None and run.method != "reward"
        is_finished = is_free and state is RunState.FINISHED
        self._compare_button.setVisible(is_finished and writes)
        judges = run is not None and run.method in METHODS_THAT_JUDGE
        self._score_button.setVisible(is_finished and judges)

    def _show_what_resuming_does(self, run: RunRow | None) -> None:
        """Resuming is not offered first where it leads to the same crash."""
        details = self._snapshot.details
        is_known = run is not None and details is not None and details.run_id == run.id
        in_vain = is_known and details is not None and details.would_crash_again
        set_kind(self._resume_button, "raised" if in_vain else "primary", "play")
        warning = self.tr("Goes on with the same settings, and may crash in the same way again")
        self._resume_button.setToolTip(warning if in_vain else "")

    # Asking.

    @Slot()
    def _pause(self) -> None:
        if (run := self.list.current) is not None:
            self._steering.pause(run)

    @Slot()
    def _stop(self) -> None:
        if (run := self.list.current) is not None:
            self._steering.stop(run)

    @Slot()
    def _resume(self) -> None:
        if (run := self.list.current) is not None:
            self._steering.resume(run)

    @Slot()
    def _compare(self) -> None:
        if (run := self.list.current) is not None:
            self.session.navigate("compare", run_id=run.id)

    @Slot()
    def _score(self) -> None:
        if (run := self.list.current) is not None:
            self.session.navigate("label", score_run_id=run.id)

    @Slot(str)
    def _set_up_another(self, run_id: str) -> None:
        self.session.navigate("train", copy_run_id=run_id)

    # Building.

    def _add_actions(self) -> None:
        self._choices = PlotChoices(self.session.settings)
        self._choices.axis_chosen.connect(self.plots.set_axis)
        self._choices.smoothing_chosen.connect(self.plots.set_smoothing)
        self.plots.set_axis(self.session.settings.plot_x)
        self.plots.set_smoothing(self.session.settings.smoothing)
        self._stage: QLabel = pill("", "caution")
        self._resume_button = button(self.tr("Resume"), self._resume, kind="primary", icon="play")
        self._compare_button = button(self.tr("Compare with base"), self._compare, kind="primary")
        self._score_button = button(self.tr("Score waiting pairs"), self._score)
        self._score_button.setToolTip(
            self.tr("Let this model say which pairs it is unsure about: Label asks those first.")
        )
        self._pause_button = button(self.tr("Pause"), self._pause, icon="pause")
        self._stop_button = button(self.tr("Stop"), self._stop, icon="stop")
        self.add_action(self._stage)
        self._choices.hide()
        self.add_action(self._choices)
        for name, made in (
            ("runs.pause", self._pause_button),
            ("runs.stop", self._stop_button),
            ("runs.resume", self._resume_button),
            ("runs.score", self._score_button),
            ("runs.compare", self._compare_button),
        ):
            made.setObjectName(name)
            self.add_action(made)
        self._show_actions()

    def _add_body(self) -> None:
        """From the outside in: what is put into another widget is styled with all it holds."""
        self._pages = QStackedLayout()
        self.body.addLayout(self._pages, 1)  # first: a page without a parent would be a window
        self._empty = EmptyState(
            "runs",
            self.tr("No run yet"),
            self.tr("Start one in Train. Its plots and its log show up here."),
            action=self.tr("Go to Train"),
            on_action=lambda: self.session.navigate("train"),
        )
        self._content = QWidget()
        blank = QWidget()  # until it is known whether there are runs
        for page in (blank, self._empty, self._content):
            self._pages.addWidget(page)
        columns = QHBoxLayout(self._content)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(SPACE_12)
        columns.addWidget(self.list)
        right = QVBoxLayout()
        right.setSpacing(SPACE_12)
        columns.addLayout(right, 1)
        right.addWidget(self.banner)
        lower = QSplitter(Qt.Orientation.Vertical)
        lower.setChildrenCollapsible(False)
        lower.setHandleWidth(SPACE_12)
        right.addWidget(lower, 1)
        lower.addWidget(self.plots)
        lower.addWidget(self.tabs)
        lower.setStretchFactor(0, 1)
        lower.setSizes([2 * _TABS_HEIGHT, _TABS_HEIGHT])
