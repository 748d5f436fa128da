"""One reward of a recipe: what it is, its settings, and its place among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from workbench.core.rewards import REWARDS, BaseReward, PythonReward, RewardModelReward
from workbench.ui.bridge import Bridge
from workbench.ui.panels.train.material import RewardModel
from workbench.ui.panels.train.own_function import OwnFunction
from workbench.ui.tokens import CONTROL_HEIGHT, SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.recipe_form import RecipeForm
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.recipe_form_grid import FieldCell
from workbench.ui.widgets.texts import icon_button, label


class RewardCard(QFrame):
    """`edited` follows every change; `moved(-1 or 1)` and `removed` ask for what they say."""

    edited = Signal()
    moved = Signal(int)
    removed = Signal()

    def __init__(self, kind: str, bridge: Bridge, object_name: str) -> None:
        super().__init__()
        self.kind = kind
        self._info = REWARDS[kind]
        self.setProperty("card", "inset")
        self.setObjectName(object_name)
        title = QCoreApplication.translate("Recipe", self._info.title)
        self.setAccessibleName(title)
        self._models = _ModelChoice(object_name) if kind == "reward_model" else None
        leave_out = ["path"] if self._models else []
        self.form = RecipeForm(
            [self._info.config], object_name=object_name, leave_out=leave_out, has_titles=False
        )
        self.form.edited.connect(self._on_edited)
        self._own = OwnFunction(bridge, self._function, object_name) if kind == "python" else None
        self._up = icon_button("up", self.tr("Move up"), lambda: self.moved.emit(-1))
        self._down = icon_button("down", self.tr("Move down"), lambda: self.moved.emit(1))
        self._remove = icon_button("remove", self.tr("Remove"), self.removed.emit)
        for name, made in (("up", self._up), ("down", self._down), ("remove", self._remove)):
            made.setObjectName(f"{object_name}.{name}")
        header = QHBoxLayout()
        header.setSpacing(SPACE_8)
        header.addWidget(label(title, "strong"))
        purpose = QCoreApplication.translate("Recipe", self._info.purpose)
        header.addWidget(label(purpose, "small", wrap=True), 1)
        for made in (self._up, self._down, self._remove):
            header.addWidget(made)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_16, SPACE_12, SPACE_16, SPACE_12)
        layout.setSpacing(SPACE_8)
        layout.addLayout(header)
        if self._models is not None:
            self._models.chosen.connect(self.edited)
            layout.addWidget(self._models)
        layout.addWidget(self.form)
        if self._own is not None:
            layout.addWidget(self._own)

    @property
    def title(self) -> str:
        return self.accessibleName()

    def values(self) -> dict[str, Any]:
        """What was entered, unchecked."""
        path = {"path": self._models.path} if self._models else {}
        return {**self.form.values(), **path}

    def set_values(self, values: Mapping[str, Any]) -> None:
        self.form.set_values(values)
        if self._models is not None and "path" in values:
            self._models.want(str(values["path"]))

    def reward(self) -> BaseReward | None:
        """The reward as entered, or None while something is wrong with it."""
        if self._models is None:
            return self.form.result(self._info.config)
        if not self._models.path or self.form.problems.keys() - {"path"}:
            return None
        return RewardModelReward(**self.values())

    @property
    def problem(self) -> str:
        """What is wrong, with the name of the field; empty when nothing is."""
        if self._models is not None and not self._models.path:
            return self.tr("no reward model is chosen")
        for name, problem in self.form.problems.items():
            if name != "path":
                return f"{self.form.title_of(name).lower()}: {problem}" if name else problem
        return ""

    def offer_models(self, models: Sequence[RewardModel]) -> None:
        if self._models is not None:
            self._models.offer(models)

    def show_place(self, *, is_first: bool, is_last: bool) -> None:
        self._up.setEnabled(not is_first)
        self._down.setEnabled(not is_last)

    def _function(self) -> PythonReward | None:
        return self.form.result(PythonReward)

    def _on_edited(self) -> None:
        if self._own is not None:
            self._own.forget()
        self.edited.emit()


class _ModelChoice(FieldCell):
    """A choice among the reward models of the project."""

    chosen = Signal()

    def __init__(self, object_name: str) -> None:
        self._combo = CalmComboBox()
        super().__init__(QCoreApplication.translate("Recipe", "Reward model"), self._combo)
        self._combo.setObjectName(f"{object_name}.path")
        self._combo.setAccessibleName(QCoreApplication.translate("Recipe", "Reward model"))
        self._combo.setMinimumHeight(CONTROL_HEIGHT)
        self._combo.activated.connect(lambda: self.chosen.emit())
        self._wanted = ""
        self.offer(())

    @property
    def path(self) -> str:
        """The folder of the chosen model; empty without one."""
        return str(self._combo.currentData() or "")

    def want(self, path: str) -> None:
        """Choose the model in this folder, now or once it is known."""
        self._wanted = path
        place = self._combo.findData(path)
        if place >= 0:
            self._combo.setCurrentIndex(place)

    def offer(self, models: Sequence[RewardModel]) -> None:
        before = self.path or self._wanted
        self._combo.clear()
        for model in models:
            self._combo.addItem(model.run_name, str(model.folder))
        self._combo.setEnabled(bool(models))
        if before:
            self.want(before)
        self.set_help(
            self.tr("Trained in this project.")
            if models
            else self.tr("None yet: train one with the method Reward model first.")
        )
