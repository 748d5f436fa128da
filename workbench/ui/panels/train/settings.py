"""The settings of the chosen method, and of the adapter that every method trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.recipes import METHODS, AdapterConfig, MethodConfig, OnlineConfig
from workbench.core.recipes.presets import preset_values
from workbench.core.rewards import BaseReward
from workbench.ui.bridge import Bridge
from workbench.ui.panels.train.preset_bar import PresetBar, preset_of
from workbench.ui.panels.train.rewards_editor import RewardsEditor
from workbench.ui.tokens import SPACE_16
from workbench.ui.widgets.recipe_form import RecipeForm

_OBJECT_NAME = "train.field"


class Settings(QWidget):
    """One form at a time; what was entered for another method comes back with it.

    The rewards are shared by all methods that learn from the model's own answers.
    """

    edited = Signal()

    def __init__(self, method: str, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._method = method
        self._entered: dict[str, dict[str, Any]] = {}
        self.presets = PresetBar()
        self.presets.chosen.connect(self._apply_preset)
        self.rewards = RewardsEditor(bridge)
        self.rewards.edited.connect(self.edited)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE_16)
        self._layout.addWidget(self.presets)
        self._layout.addWidget(self.rewards)
        self._form = self._make_form()
        self._show_state()

    @property
    def method(self) -> str:
        return self._method

    @property
    def form(self) -> RecipeForm:
        return self._form

    @property
    def is_online(self) -> bool:
        """Whether the method learns from the model's own answers, and so needs rewards."""
        return issubclass(METHODS[self._method].config, OnlineConfig)

    @property
    def problem(self) -> str:
        """The first field that is wrong, in a sentence; empty when none is."""
        for name, problem in self._form.problems.items():
            return f"{self._form.title_of(name)}: {problem}." if name else problem
        return (self._no_room() or self.rewards.problem) if self.is_online else ""

    def _no_room(self) -> str:
        """Whether answers alone would fill the length that prompts need too."""
        config = self._form.result(METHODS[self._method].config)
        if not isinstance(config, OnlineConfig) or config.max_completion_length < config.max_length:
            return ""
        return self.tr("{0}: must be below {1}, which holds the prompt too.").format(
            self._form.title_of("max_completion_length"), self._form.title_of("max_length")
        )

    def config(self) -> MethodConfig | None:
        """The method's settings as entered, or None while one is wrong."""
        config = self._form.result(METHODS[self._method].config)
        if config is None or not self.is_online:
            return config
        rewards = self.rewards.rewards()
        return None if rewards is None else config.model_copy(update={"rewards": rewards})

    def adapter(self) -> AdapterConfig | None:
        return self._form.result(AdapterConfig)

    def show_method(self, method: str) -> None:
        """Show the form of another method; a preset, or the adapter's settings, go with it."""
        if method == self._method:
            return
        leaving, preset = self._form, self.presets.current
        values = leaving.values()
        self._entered[self._method] = values
        self._method = method
        self._form = self._make_form()
        self._form.set_values(self._entered.get(method, {}))
        if preset and method not in self._entered:
            self._fill_in(preset)
        elif not (preset and preset_of(method, self._form)):
            self._form.set_values({name: values[name] for name in AdapterConfig.model_fields})
        self._layout.removeWidget(leaving)
        leaving.setParent(None)
        leaving.deleteLater()
        self._show_state()

    def show_values(self, values: Mapping[str, Any], rewards: tuple[BaseReward, ...] = ()) -> None:
        """Show settings by field name, such as another run's."""
        self._form.set_values(values)
        if rewards:
            self.rewards.show_rewards(rewards)
        self._show_state()

    def _apply_preset(self, preset: str) -> None:
        self._fill_in(preset)
        self._show_state()
        self.edited.emit()

    def _fill_in(self, preset: str) -> None:
        self._form.set_values({**self._form.defaults(), **preset_values(self._method, preset)})

    def _on_edited(self) -> None:
        self._show_state()
        self.edited.emit()

    def _show_state(self) -> None:
        self.rewards.setVisible(self.is_online)
        self.presets.show_values(self._method, self._form)

    def _make_form(self) -> RecipeForm:
        recipes = [METHODS[self._method].config, AdapterConfig]
        form = RecipeForm(recipes, object_name=_OBJECT_NAME, parent=self)
        form.edited.connect(self._on_edited)
        self._layout.addWidget(form)
        return form
