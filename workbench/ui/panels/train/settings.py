"""The settings of the chosen method, and of the adapter that every method trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.recipes import METHODS, AdapterConfig, MethodConfig
from workbench.ui.widgets.recipe_form import RecipeForm

_OBJECT_NAME = "train.field"


class Settings(QWidget):
    """One form at a time; what was entered for another method comes back with it."""

    edited = Signal()

    def __init__(self, method: str) -> None:
        super().__init__()
        self._method = method
        self._entered: dict[str, dict[str, Any]] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._form = self._make_form()

    @property
    def method(self) -> str:
        return self._method

    @property
    def form(self) -> RecipeForm:
        return self._form

    @property
    def problem(self) -> str:
        """The first field that is wrong, in a sentence; empty when none is."""
        for name, problem in self._form.problems.items():
            return f"{self._form.title_of(name)}: {problem}." if name else problem
        return ""

    def config(self) -> MethodConfig | None:
        """The method's settings as entered, or None while one is wrong."""
        return self._form.result(METHODS[self._method].config)

    def adapter(self) -> AdapterConfig | None:
        return self._form.result(AdapterConfig)

    def show_method(self, method: str) -> None:
        """Show the form of another method; the adapter's settings stay as they are."""
        if method == self._method:
            return
        leaving = self._form
        values = leaving.values()
        self._entered[self._method] = values
        self._method = method
        self._form = self._make_form()
        self._form.set_values(self._entered.get(method, {}))
        self._form.set_values({name: values[name] for name in AdapterConfig.model_fields})
        self._layout.removeWidget(leaving)
        leaving.setParent(None)
        leaving.deleteLater()

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show settings by field name, such as another run's."""
        self._form.set_values(values)

    def _make_form(self) -> RecipeForm:
        recipes = [METHODS[self._method].config, AdapterConfig]
        form = RecipeForm(recipes, object_name=_OBJECT_NAME)
        form.edited.connect(self.edited)
        self._layout.addWidget(form)
        return form
