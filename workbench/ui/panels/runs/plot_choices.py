"""How the plots are drawn: along steps or time, and how smooth."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from workbench.ui.settings import Settings
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.texts import button

_WEIGHTS = (0.0, 0.6, 0.9, 0.97, 0.99)


class PlotChoices(QWidget):
    """Two buttons with menus; what is chosen is remembered."""

    axis_chosen = Signal(str)
    smoothing_chosen = Signal(float)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._axes = {"step": self.tr("x: step"), "time": self.tr("x: time")}
        if settings.plot_x not in self._axes:
            settings.plot_x = "step"
        self._axis = _menu_button(self.tr("What the plots' x axis shows"))
        self._smoothing = _menu_button(self.tr("How strongly lines are averaged"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(self._axis)
        layout.addWidget(self._smoothing)
        self._fill_axis()
        self._fill_smoothing()

    def _fill_axis(self) -> None:
        menu = QMenu(self._axis)
        group = QActionGroup(menu)
        for axis, title in self._axes.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(axis == self._settings.plot_x)
            action.triggered.connect(partial(self._choose_axis, axis))
            group.addAction(action)
        self._axis.setMenu(menu)
        self._axis.setText(self._axes[self._settings.plot_x])

    def _fill_smoothing(self) -> None:
        menu = QMenu(self._smoothing)
        group = QActionGroup(menu)
        for weight in _WEIGHTS:
            action = menu.addAction(self._smoothing_title(weight))
            action.setCheckable(True)
            action.setChecked(weight == self._settings.smoothing)
            action.triggered.connect(partial(self._choose_smoothing, weight))
            group.addAction(action)
        self._smoothing.setMenu(menu)
        self._smoothing.setText(self._smoothing_title(self._settings.smoothing))

    def _smoothing_title(self, weight: float) -> str:
        return self.tr("Smoothing {0:g}").format(weight) if weight else self.tr("Not smoothed")

    def _choose_axis(self, axis: str, _checked: bool = True) -> None:
        self._settings.plot_x = axis
        self._settings.save()
        self._axis.setText(self._axes[self._settings.plot_x])
        self.axis_chosen.emit(self._settings.plot_x)

    def _choose_smoothing(self, weight: float, _checked: bool = True) -> None:
        self._settings.smoothing = weight
        self._settings.save()
        self._smoothing.setText(self._smoothing_title(weight))
        self.smoothing_chosen.emit(weight)


def _menu_button(tip: str) -> QPushButton:
    made = button("", kind="quiet", tip=tip)
    made.setProperty("menu", "true")
    made.setAccessibleName(tip)
    return made
