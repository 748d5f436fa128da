"""The legend in a plot card's title row: a dot and a name for each line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from workbench.ui.tokens import SPACE_4, SPACE_12
from workbench.ui.widgets.dot import Dot
from workbench.ui.widgets.plots.curve import Curve
from workbench.ui.widgets.texts import label
from workbench.ui.wording import figure

_MOST = 5


class Legend(QWidget):
    """Shows names, and their values while the crosshair stands somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE_4)
        self._curves: tuple[Curve, ...] = ()
        self._names: list[QLabel] = []

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Name these lines; beyond five it says how many more there are."""
        before = [(curve.key, curve.label, curve.color) for curve in self._curves]
        self._curves = tuple(curves)
        if before != [(curve.key, curve.label, curve.color) for curve in curves]:
            self._rebuild()

    def show_values_at(self, x: float | None) -> None:
        """Put each line's value at `x` beside its name; None shows the names alone."""
        for name, curve in zip(self._names, self._curves, strict=False):
            value = None if x is None else curve.value_at(x)
            name.setText(curve.label if value is None else f"{curve.label} {figure(value)}")

    def _rebuild(self) -> None:
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._names = []
        for position, curve in enumerate(self._curves[:_MOST]):
            if position:
                self._layout.addSpacing(SPACE_12 - SPACE_4)
            name = label(curve.label, "small")
            self._layout.addWidget(Dot(curve.color))
            self._layout.addWidget(name)
            self._names.append(name)
        if len(self._curves) > _MOST:
            more = self.tr("and {0} more").format(len(self._curves) - _MOST)
            self._layout.addWidget(label(more, "small"))
