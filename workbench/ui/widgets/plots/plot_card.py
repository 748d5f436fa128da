"""A plot in a card: title, what is left out, legend, and the plot below."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot

from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.plots.curve import Curve
from workbench.ui.widgets.plots.legend import Legend
from workbench.ui.widgets.plots.redraw import RedrawClock
from workbench.ui.widgets.plots.run_plot import RunPlot
from workbench.ui.widgets.texts import pill
from workbench.ui.wording import figure

_LEAST_HEIGHT = 150


class PlotCard(Card):
    """`plot` is the plot itself; `set_curves` feeds it and the legend."""

    hovered = Signal(float)

    def __init__(
        self,
        title: str,
        clock: RedrawClock,
        *,
        note: str = "",
        fixed_range: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(title, note)
        self._heading = title
        self._plain_note = note
        self._left_out = pill("", "caution")
        self._left_out.hide()
        self._legend = Legend()
        self.header.insertWidget(2, self._left_out)
        self.header.setStretch(3, 0)
        self.header.addWidget(self._legend, 1)
        self.plot = RunPlot(title, clock, fixed_range=fixed_range)
        self.body.addWidget(self.plot, 1)
        self.body.setContentsMargins(SPACE_12, SPACE_8, SPACE_12, SPACE_8)
        self.body.setSpacing(0)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.plot.hovered.connect(self.hovered)
        self.plot.drawn.connect(self._show_left_out)

    def set_curves(
        self,
        curves: Sequence[Curve],
        *,
        x_end: float | None = None,
        named: Sequence[Curve] | None = None,
    ) -> None:
        """Show these lines; `named` are those that the legend has room for, else all."""
        self._legend.show_curves(curves if named is None else named)
        self.plot.set_curves(curves, x_end=x_end)

    @property
    def left_out_text(self) -> str:
        """What the badge says of points that are not on screen; empty without one."""
        return "" if self._left_out.isHidden() else self._left_out.text()

    @property
    def legend_texts(self) -> list[str]:
        """The names in the legend, with values while there is a crosshair."""
        return self._legend.texts()

    @Slot(float)
    def show_crosshair(self, x: float) -> None:
        """Show the crosshair and the values at `x`; NaN takes them away."""
        self.plot.show_crosshair(x)
        at = x if math.isfinite(x) else None
        self._legend.show_values_at(at)
        self.set_title(self._heading, self._plain_note if at is None else f"at {figure(round(at))}")

    @Slot()
    def _show_left_out(self) -> None:
        shown = self.plot.shown_range
        parts = []
        if shown.clipped:
            parts.append(self.tr("{0} clipped").format(shown.clipped))
        if shown.not_finite:
            parts.append(self.tr("{0} not a number").format(shown.not_finite))
        self._left_out.setText(" · ".join(parts))
        self._left_out.setToolTip(
            self.tr("Points outside the range on screen, which is the 1st to 99th percentile.")
            if shown.clipped
            else ""
        )
        self._left_out.setVisible(bool(parts))
