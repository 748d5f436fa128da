"""Two plain plots: how many of each, and how lengths are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workbench.ui import theme
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.plots.ticks import tick_values

_BAR_HEIGHT = 0.56
_MOST_NAME_WIDTH = 168
_GRID_OPACITY = 255
_BINS = 40
_LEAST_HEIGHT = 150
_FEWEST_ROWS = 5  # so that a single bar is no thicker than others


@dataclass(frozen=True, slots=True)
class Spread:
    """One line of a histogram: how many texts (`counts[words]`), in a colour of the theme."""

    name: str
    counts: Mapping[int, int]
    color: str


class _Chart(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._view = pg.PlotWidget(enableMenu=False)  # a menu is dozens of widgets
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys do nothing in it
        self._view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._view.setMinimumHeight(_LEAST_HEIGHT)
        self._plot = self._view.getPlotItem()
        box = self._plot.getViewBox()
        box.setMouseEnabled(x=False, y=False)
        box.setMenuEnabled(False)
        box.enableAutoRange(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setContentsMargins(0, SPACE_8, SPACE_16, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setStyle(tickLength=0, tickTextOffset=SPACE_8)
            axis.enableAutoSIPrefix(False)
            axis.setZValue(-1)
        theme.active().changed.connect(self._restyle)
        self._restyle()

    @Slot()
    def _restyle(self) -> None:
        self._view.setBackground(theme.color("card"))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setTextPen(theme.color("text2"))
            axis.setStyle(tickFont=theme.font("small"))
            axis.setPen(pg.mkPen(None))
            axis.setTickPen(pg.mkPen(theme.color("line")))
        self._draw()

    def _draw(self) -> None:
        """Draw again, in the theme's colours. To override."""


class BarChart(_Chart):
    """A bar for each name, the largest on top, with its number at the end."""

    def __init__(self, name: str, color: str) -> None:
        self._color = color
        self._values: list[tuple[str, int]] = []
        super().__init__(name)

    @property
    def values(self) -> Sequence[tuple[str, int]]:
        return self._values

    def show_values(self, values: Mapping[str, int]) -> None:
        """Draw these, in this order from the top."""
        self._values = list(values.items())
        words = ", ".join(f"{name}: {value:,}" for name, value in self._values)
        self.setAccessibleDescription(words)
        self._draw()

    def _draw(self) -> None:
        self._plot.clear()
        rows = np.arange(len(self._values))[::-1]
        widths = np.array([value for _, value in self._values], dtype=float)
        most = float(widths.max()) if len(widths) else 1.0
        bars = pg.BarGraphItem(
            x0=0, y=rows, height=_BAR_HEIGHT, width=widths,
            brush=theme.color(self._color), pen=pg.mkPen(None),
        )  # fmt: skip
        self._plot.addItem(bars)
        metrics = QFontMetrics(theme.font("small"))
        ticks = []
        for row, (name, value) in zip(rows.tolist(), self._values, strict=True):
            shown = metrics.elidedText(name, pg.QtCore.Qt.TextElideMode.ElideMiddle, 150)
            ticks.append((row, shown))
            number = pg.TextItem(f"{value:,}", color=theme.color("text2"), anchor=(0, 0.5))
            number.setFont(theme.font("small"))
            number.setPos(value, row)
            self._plot.addItem(number)
        left = self._plot.getAxis("left")
        left.setTicks([ticks])
        names = [metrics.horizontalAdvance(text) for _, text in ticks]
        left.setWidth(min(_MOST_NAME_WIDTH, max(names, default=0) + SPACE_16))
        self._plot.getAxis("bottom").setStyle(showValues=False)
        self._plot.setXRange(0, most * 1.25, padding=0)
        top = len(self._values) - 0.4
        self._plot.setYRange(top - max(len(self._values), _FEWEST_ROWS), top, padding=0)


class Histogram(_Chart):
    """What share of the texts has how many words; the longest hundredth is left out and told."""

    def __init__(self, name: str) -> None:
        self._spreads: Sequence[Spread] = ()
        self.left_out_above = 0
        super().__init__(name)
        self._plot.getAxis("left").setWidth(48)
        self._plot.getAxis("left").setGrid(_GRID_OPACITY)

    def show_spreads(self, spreads: Sequence[Spread]) -> None:
        """Draw these lines, one over the other."""
        self._spreads = [spread for spread in spreads if spread.counts]
        self._draw()

    def _draw(self) -> None:
        self._plot.clear()
        if not self._spreads:
            return
        end = max(_length_within(spread.counts, 0.99) for spread in self._spreads)
        self.left_out_above = end
        edges = np.unique(np.linspace(0, end + 1, min(_BINS, end + 1) + 1).round())
        highest = 0.0
        for spread in self._spreads:
            shares = _shares(spread.counts, edges)
            highest = max(highest, float(shares.max()))
            self._add_line(edges, shares, spread)
        self._plot.setXRange(0, float(edges[-1]), padding=0)
        self._plot.setYRange(0, highest * 1.05, padding=0)
        ticks = tick_values(0, highest, 5)
        self._plot.getAxis("left").setTicks([[(value, f"{value:.0%}") for value in ticks]])

    def _add_line(self, edges: Any, shares: Any, spread: Spread) -> None:
        color = theme.color(spread.color)
        faint = theme.color(spread.color)
        faint.setAlphaF(0.12)
        line = pg.PlotCurveItem(
            edges, shares, stepMode="center", pen=pg.mkPen(color, width=1),
            fillLevel=0, brush=faint,
        )  # fmt: skip
        self._plot.addItem(line)


def _length_within(counts: Mapping[int, int], share: float) -> int:
    wanted, seen = share * sum(counts.values()), 0
    for words in sorted(counts):
        seen += counts[words]
        if seen >= wanted:
            return words
    return 0


def _shares(counts: Mapping[int, int], edges: Any) -> Any:
    words = np.fromiter(counts.keys(), dtype=float)
    weights = np.fromiter(counts.values(), dtype=float)
    found, _ = np.histogram(words, bins=edges, weights=weights)
    return found / weights.sum()
