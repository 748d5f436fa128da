"""The Train panel: say what to learn from, and see what will happen before it starts."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from workbench.core.changes import Changed, Changes
from workbench.core.errors import KnownError
from workbench.core.recipes import METHODS, OnlineConfig, RunSpec
from workbench.runner.create import NO_ANSWERS
from workbench.ui import operations
from workbench.ui.bridge import Task
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.train.advice_card import AdviceCard
from workbench.ui.panels.train.example_card import ExampleCard
from workbench.ui.panels.train.material import (
    Material,
    load_material,
    suggested_rewards,
    why_no_four_bits,
)
from workbench.ui.panels.train.method_cards import MethodCards
from workbench.ui.panels.train.outcome_card import OutcomeCard
from workbench.ui.panels.train.settings import Settings
from workbench.ui.panels.train.start_from import StartFrom
from workbench.ui.tokens import SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, plain_area

_SIDE_WIDTH = 356
_FIRST_METHOD = "dpo"


class TrainPanel(Panel):
    interests: ClassVar[Changed] = (
        Changed.PROJECT | Changed.MODELS | Changed.DATASETS | Changed.PAIRS | Changed.VERDICTS
        | Changed.RUNS
    )  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Train"),
            self.tr("Say what to learn from, and see what will happen before you start."),
        )
        self.setObjectName("train")
        self._material: Material | None = None
        self._reading: Task | None = None
        self._copied: RunSpec | None = None
        self._wanted_data: tuple[str, ...] | None = None  # until it is shown
        self._is_starting = False
        self._is_awaited = False  # what was asked for is not on screen yet
        self._unread = ""  # why the last reading failed
        self._copy = button(self.tr("Copy from run…"), kind="quiet")
        self._copy.setObjectName("train.copy")
        self._copy.setMenu(QMenu(self._copy))
        self._copy.setProperty("menu", "true")
        self._copy.hide()
        self._start = button(self.tr("Start training"), self.start, kind="primary")
        self._start.setObjectName("train.start")
        self.add_action(self._copy)
        self.add_action(self._start)
        # From the outside in: what is put into another widget is styled with all that it holds.
        self._methods = MethodCards(tuple(METHODS), self)
        self._methods.chosen.connect(self.choose_method)
        self.body.addWidget(self._methods)
        columns = QHBoxLayout()
        columns.setSpacing(SPACE_16)
        self.body.addLayout(columns, 1)
        form = self._make_form(columns)
        self.start_from = StartFrom(session.project.name, form)
        self.start_from.edited.connect(self._show_plan)
        self.start_from.data_changed.connect(self._read_chosen)
        self.settings = Settings(_FIRST_METHOD, session.bridge, form)
        self.settings.edited.connect(self._show_plan)
        _fill(form, self.start_from, self.settings)
        side = self._make_side(columns)
        self.outcome = OutcomeCard()
        self.example = ExampleCard()
        self.advice = AdviceCard()
        _fill(side, self.outcome, self.example, self.advice)
        self._methods.show_chosen(self.method)
        self._show_plan()

    @property
    def method(self) -> str:
        return self.settings.method

    def refresh(self, changes: Changes) -> None:
        self._read()

    def show_item(self, **what: object) -> None:
        """`model_path` chooses a model, `method` a method, `copy_run_id` a run's settings."""
        if isinstance(path := what.get("model_path"), str):
            self.start_from.want_model(path)
            if self.start_from.waits_for_model:
                self._read_anew()
        if isinstance(method := what.get("method"), str) and method in METHODS:
            self.choose_method(method)
        if isinstance(run_id := what.get("copy_run_id"), str):
            self.copy_run(run_id)

    def commands(self) -> list[Command]:
        choices = [
            Command(
                self.tr("Train with {0}").format(METHODS[method].title),
                partial(self._show_in, method),
                "train",
            )
            for method in METHODS
        ]
        return [
            Command(
                self.tr("Start training"), self.start, "play", is_enabled=self._start.isEnabled
            ),
            *choices,
        ]

    def choose_method(self, method: str) -> None:
        """Show another method's settings; what was entered for this one is kept."""
        if method != self.method:
            self.settings.show_method(method)
            self._methods.show_chosen(method)
            self._form.verticalScrollBar().setValue(0)
            self._read()

    def copy_run(self, run_id: str) -> None:
        """Show the settings of a run, to start one like it."""
        self._copied = self.session.project.runs.get(run_id).spec
        spec = self._copied
        self.settings.show_method(spec.method)
        config = spec.config
        rewards = config.rewards if isinstance(config, OnlineConfig) else ()
        self.settings.show_values({**config.model_dump(), **spec.adapter.model_dump()}, rewards)
        self.start_from.want_model(spec.model.path)
        self._methods.show_chosen(self.method)
        self._wanted_data = spec.data.dataset_ids
        self.start_from.keep_data()
        self._read_anew()

    def start(self) -> None:
        """Start the run as it is shown, and go to it."""
        order = self._order()
        if order is None or self._is_starting or not self._start.isEnabled():
            return
        self._set_starting(True)
        self.session.bridge.run(
            partial(operations.start_run, self.session.project, order),
            self._on_started,
            self._on_start_failed,
            owner=self,
        )

    def _on_started(self, started: tuple[Changes, str]) -> None:
        changes, run_id = started
        self._is_awaited = True  # until it has another name: this one is taken now
        self._set_starting(False)
        self.start_from.begin_next()
        self.session.apply(changes)
        self.session.navigate("runs", run_id=run_id)

    def _on_start_failed(self, error: BaseException) -> None:
        self._set_starting(False)
        self.session.show_error(error)

    def _set_starting(self, is_starting: bool) -> None:
        self._is_starting = is_starting
        self._start.setText(self.tr("Starting…") if is_starting else self.tr("Start training"))
        self._show_plan()

    def _read_chosen(self) -> None:
        self._wanted_data = None
        self._read_anew()

    def _read_anew(self) -> None:
        """Read what was asked for; until it is on screen nothing can be started."""
        self._is_awaited = True
        self._show_plan()
        self._read()

    def _read(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        wanted = self.start_from.chosen_data if self._wanted_data is None else self._wanted_data
        self._unread = ""
        read = partial(load_material, self.session.project, self.method, wanted)
        self._reading = self.session.bridge.run(
            read, self._show_material, self._reading_failed, owner=self
        )

    def _reading_failed(self, error: BaseException) -> None:
        self._unread = str(error)
        if not isinstance(error, KnownError):
            self.session.show_error(error)
            self._unread = self.tr("The project could not be read: see above what went wrong.")
        self._show_plan()

    def _show_material(self, material: Material) -> None:
        self._material = material
        self._is_awaited = False
        self._wanted_data = None
        self.start_from.show_material(material)
        if self._copied is not None:
            self.start_from.want_device(self._copied.device)
            self._copied = None
        self.advice.show_material(material)
        self.settings.rewards.offer_models(material.reward_models)
        if self.settings.is_online:
            self.settings.rewards.suggest(suggested_rewards(material.learnable))
        self._fill_copy_menu(material)
        self._show_plan()

    def _show_plan(self) -> None:
        material = self._material
        if self._unread:
            self.outcome.show_unread(self._unread, self._read_anew)
            self._start.setEnabled(False)
            return
        if material is None or self._is_awaited or material.learnable.method != self.method:
            self.outcome.show_reading()
            self._start.setEnabled(False)
            return
        device = self.start_from.device
        names = {choice.name: choice.device.title for choice in material.devices}
        learnable = material.learnable
        config, adapter = self.settings.config(), self.settings.adapter()
        self.start_from.show_tuning(adapter is not None and adapter.tuning == "full")
        self.outcome.show_plan(learnable, config, names.get(device, device))
        shown = learnable.trained(config) if config else learnable.examples
        self.example.show_examples(shown, learnable.method)
        self._show_reason(material)
        can_start = not self.outcome.reason and not self._is_starting
        self._start.setEnabled(can_start)
        self._start.setToolTip(self.outcome.reason)

    def _show_reason(self, material: Material) -> None:
        """The first thing that must be put right before the run can start."""
        go = self.session.navigate
        if self.start_from.model is None:
            reason = self.tr("No model is ready: make the embedded one, or add a folder.")
            action, on_action = self.tr("Go to Models"), partial(go, "models")
        elif material.learnable.nothing:
            reason = material.learnable.nothing
            action, on_action = self.tr("Go to Data"), partial(go, "data")
        elif (problem := self._field_problem()) or (problem := self._tuning_problem(material)):
            reason, action, on_action = problem, "", partial(go, "train")
        elif not self._trained():
            reason = NO_ANSWERS
            action, on_action = self.tr("Go to Data"), partial(go, "data")
        else:
            reason, action, on_action = "", "", partial(go, "train")
        self.outcome.show_reason(reason, action=action, on_action=on_action)

    def _tuning_problem(self, material: Material) -> str:
        adapter = self.settings.adapter()
        devices = {choice.name: choice.device for choice in material.devices}
        device = devices.get(self.start_from.device)
        if adapter is None or adapter.tuning != "qlora" or device is None:
            return ""
        return why_no_four_bits(device)

    def _trained(self) -> bool:
        config = self.settings.config()
        return bool(config and self._material and self._material.learnable.trained(config))

    def _field_problem(self) -> str:
        if self.start_from.name_problem:
            return self.tr("Run name: {0}.").format(self.start_from.name_problem)
        return self.settings.problem

    def _order(self) -> operations.RunOrder | None:
        model, config, adapter = (
            self.start_from.model, self.settings.config(), self.settings.adapter(),
        )  # fmt: skip
        if model is None or config is None or adapter is None:
            return None
        return operations.RunOrder(
            name=self.start_from.name,
            model=model,
            config=config,
            adapter=adapter,
            device=self.start_from.device,
            dataset_ids=self.start_from.dataset_ids,
        )

    def _fill_copy_menu(self, material: Material) -> None:
        menu = self._copy.menu()
        menu.clear()
        for run in material.runs:
            action = menu.addAction(f"{run.name} · {METHODS[run.method].title}")
            action.triggered.connect(partial(self.copy_run, run.id))
        self._copy.setVisible(bool(material.runs))

    def _show_in(self, method: str) -> None:
        self.session.navigate("train", method=method)

    def _make_form(self, columns: QHBoxLayout) -> QWidget:
        card = Card()
        columns.addWidget(card, 1)
        self._form = _scrolling_area()
        card.body.addWidget(self._form)
        return _inside(self._form, SPACE_16, right=SPACE_12)

    def _make_side(self, columns: QHBoxLayout) -> QWidget:
        side = _scrolling_area()
        side.setFixedWidth(_SIDE_WIDTH)
        columns.addWidget(side)
        return _inside(side, SPACE_12)


def _scrolling_area() -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def _inside(area: QScrollArea, spacing: int, *, right: int = 0) -> QWidget:
    """What scrolls in `area`, still empty."""
    inside = QWidget()
    plain_area(inside)
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(0, 0, right, 0)
    layout.setSpacing(spacing)
    area.setWidget(inside)
    return inside


def _fill(inside: QWidget, *parts: QWidget) -> None:
    layout = inside.layout()
    assert isinstance(layout, QVBoxLayout)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch(1)
