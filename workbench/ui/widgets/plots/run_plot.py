"""A live plot of a few lines, made to stay fast and to hide nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPen, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.ui import theme
from workbench.ui.tokens import DOT_SIZE, SPACE_8, SPACE_16
from workbench.ui.widgets.plots.curve import Curve
from workbench.ui.widgets.plots.numerics import (
    Floats,
    ValueRange,
    decimate,
    lonely,
    value_range,
)
from workbench.ui.widgets.plots.redraw import RedrawClock
from workbench.ui.widgets.plots.ticks import tick_spacing, tick_texts, tick_values

_RAW_OPACITY = 0.35
_GRID_OPACITY = 255
_LEFT_AXIS_WIDTH = 56
_HOVER_RATE = 30
_FEWEST_PIXELS = 50
_BEHIND = -10
_PIXELS_A_ROW = 27
_PIXELS_A_COLUMN = 56
_FIXED_MARGIN = 0.08
_MEASURED_DOT_SIZE = 4
_MOST_JOINED_DOTS = 60

pg.setConfigOptions(antialias=False, useOpenGL=False)


class _Line:
    """The items of one curve: the raw line behind, the smoothed one, dots for lonely points."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._raw = pg.PlotCurveItem()
        self._smooth = pg.PlotCurveItem()
        self._dots = pg.ScatterPlotItem(pen=None)
        for height, item in enumerate(self._items):
            item.setZValue(height)  # every raw line lies behind every smoothed one
            plot.addItem(item)

    @property
    def _items(self) -> tuple[Any, ...]:
        return (self._raw, self._smooth, self._dots)

    def draw(self, curve: Curve, smoothing: float, low: float, high: float, pixels: int) -> None:
        color = theme.color(curve.color)
        pen = pg.mkPen(color, width=1)
        if curve.measured:
            pen.setStyle(Qt.PenStyle.DashLine)
        is_smooth = smoothing > 0 and not curve.measured
        self._raw.setVisible(is_smooth)
        if is_smooth:
            faint = pg.mkPen(_faint(color), width=1)
            _set_line(self._raw, curve.x, curve.finite, faint, low, high, pixels)
        _set_line(self._smooth, curve.x, curve.smoothed(smoothing), pen, low, high, pixels)
        self._smooth.setVisible(not curve.measured or len(curve.x) <= _MOST_JOINED_DOTS)
        places = np.arange(len(curve.x)) if curve.measured else lonely(curve.y)
        size = _MEASURED_DOT_SIZE if curve.measured else DOT_SIZE - 2
        self._dots.setData(curve.x[places], curve.finite[places], brush=color, size=size)

    def remove(self) -> None:
        for item in self._items:
            self._plot.removeItem(item)


def _faint(color: QColor) -> QColor:
    """A colour mixed into the card's: looks like a thin veil, and paints faster than one."""
    card, share = theme.color("card"), _RAW_OPACITY
    return QColor.fromRgbF(
        share * color.redF() + (1 - share) * card.redF(),
        share * color.greenF() + (1 - share) * card.greenF(),
        share * color.blueF() + (1 - share) * card.blueF(),
    )


def _set_line(
    item: Any, x: Floats, y: Floats, pen: QPen, low: float, high: float, pixels: int
) -> None:
    kept = decimate(x, y, low, high, pixels)
    shown = y[kept]
    whole = bool(np.isfinite(shown).all())
    item.setData(
        x[kept],
        shown,
        pen=pen,
        connect="all" if whole else "finite",
        skipFiniteCheck=whole,
    )


def _set_ticks(axis: Any, most_at: float, *, whole: bool = False) -> None:
    """Give an axis round ticks, one for each `most_at` pixels; whole numbers where wanted."""

    def values(low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        most = max(2, int(size / most_at))
        spacing = tick_spacing(low, high, most, whole=whole)
        return [(spacing, tick_values(low, high, most, whole=whole))]

    def texts(shown: Sequence[float], _scale: float, spacing: float) -> list[str]:
        return tick_texts(shown, spacing)

    axis.tickValues, axis.tickStrings = values, texts


class RunPlot(QWidget):
    """Draws what `set_curves` was given at the next tick of the clock.

    `hovered` tells where the mouse is on the x axis (NaN when it left), so that a grid of plots
    shares one crosshair; `drawn` tells that `shown_range` is new.
    """

    hovered = Signal(float)
    drawn = Signal()

    def __init__(
        self,
        name: str,
        clock: RedrawClock,
        *,
        fixed_range: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._fixed_range = fixed_range
        self._curves: tuple[Curve, ...] = ()
        self._lines: dict[str, _Line] = {}
        self._smoothing = 0.0
        self._x_end: float | None = None
        self._shown = ValueRange(0.0, 1.0)
        self.setAccessibleName(name)
        self._view = pg.PlotWidget(enableMenu=False)  # a menu is dozens of widgets
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys do nothing in it
        self._view.viewport().installEventFilter(self)
        self._plot = self._view.getPlotItem()
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.hide()
        self._build()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self._view.hide()  # until its first drawing, or a grid would paint all of them at once
        # Not more often than the eye follows: the mouse moves hundreds of times a second.
        self._hover = pg.SignalProxy(
            self._view.scene().sigMouseMoved, rateLimit=_HOVER_RATE, slot=self._mouse_moved
        )
        theme.active().changed.connect(self._restyle)
        self._restyle()

    def set_curves(self, curves: Sequence[Curve], *, x_end: float | None = None) -> None:
        """Show these lines; `x_end` keeps room up to there, such as a run's last step."""
        self._curves = tuple(curves)
        self._x_end = x_end
        self._clock.mark(self)

    def set_smoothing(self, weight: float) -> None:
        """0 draws what was recorded; up to 0.999 draws an average, with the record behind."""
        self._smoothing = weight
        self._clock.mark(self)

    def show_crosshair(self, x: float) -> None:
        """Stand the dashed line at `x`; NaN takes it away."""
        self._crosshair.setVisible(math.isfinite(x))
        if math.isfinite(x):
            self._crosshair.setValue(x)

    @property
    def curves(self) -> tuple[Curve, ...]:
        return self._curves

    @property
    def shown_range(self) -> ValueRange:
        """The y range on screen and what it leaves out."""
        return self._shown

    def drawn_points(self, key: str) -> tuple[Floats, Floats]:
        """The points of a curve's line as handed to the painter."""
        x, y = self._lines[key]._smooth.getData()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    def redraw(self) -> None:
        """Draw now. The clock calls this; nobody else needs to."""
        if self._view.isHidden():
            self._view.show()
        low, high = self._x_range()
        pixels = max(_FEWEST_PIXELS, int(self._plot.getViewBox().width()))
        for key in set(self._lines) - {curve.key for curve in self._curves}:
            self._lines.pop(key).remove()
        for curve in self._curves:
            if curve.key not in self._lines:
                self._lines[curve.key] = _Line(self._plot)
            self._lines[curve.key].draw(curve, self._smoothing, low, high, pixels)
        self._shown = self._value_range()
        # Without a point there is no scale to read.
        has_points = any(len(curve.x) for curve in self._curves)
        self._plot.getAxis("left").setStyle(showValues=has_points)
        self._plot.setXRange(low, high, padding=0)
        # A fixed range has points on its very ends: room for them and for the ticks' texts.
        self._plot.setYRange(
            self._shown.low,
            self._shown.high,
            padding=_FIXED_MARGIN if self._fixed_range else 0,
        )
        self.drawn.emit()

    def _x_range(self) -> tuple[float, float]:
        starts = [float(curve.x[0]) for curve in self._curves if len(curve.x)]
        ends = [float(curve.x[-1]) for curve in self._curves if len(curve.x)]
        low = min(0.0, *starts) if starts else 0.0
        high = max([*ends, self._x_end or 0.0, low + 1.0])
        return low, high

    def _value_range(self) -> ValueRange:
        found = value_range([curve.y for curve in self._curves])
        if self._fixed_range is None:
            return found
        low, high = self._fixed_range
        outside = sum(
            int(np.count_nonzero((curve.y < low) | (curve.y > high))) for curve in self._curves
        )
        return ValueRange(low, high, outside, found.not_finite)

    def _build(self) -> None:
        view_box = self._plot.getViewBox()
        view_box.setMouseEnabled(x=False, y=False)
        view_box.enableAutoRange(x=False, y=False)
        view_box.setMenuEnabled(False)
        view_box.setDefaultPadding(0)
        self._plot.hideButtons()
        self._plot.setContentsMargins(0, SPACE_8, SPACE_16, 0)
        self._plot.addItem(self._crosshair, ignoreBounds=True)
        left, bottom = self._plot.getAxis("left"), self._plot.getAxis("bottom")
        left.setWidth(_LEFT_AXIS_WIDTH)
        for axis in (left, bottom):
            axis.setStyle(tickLength=0, tickTextOffset=SPACE_8, hideOverlappingLabels=False)
            axis.enableAutoSIPrefix(False)
            axis.setZValue(_BEHIND)
        _set_ticks(left, _PIXELS_A_ROW)
        _set_ticks(bottom, _PIXELS_A_COLUMN, whole=True)

    @Slot()
    def _restyle(self) -> None:
        left, bottom = self._plot.getAxis("left"), self._plot.getAxis("bottom")
        line = pg.mkPen(theme.color("line"))
        self._view.setBackground(theme.color("card"))
        for axis in (left, bottom):
            axis.setTextPen(theme.color("text3"))
            axis.setStyle(tickFont=theme.font("small"))
            axis.setPen(pg.mkPen(None))
            axis.setTickPen(line)
        left.setGrid(_GRID_OPACITY)
        dashed = pg.mkPen(theme.color("text2"), width=1)
        dashed.setStyle(Qt.PenStyle.DashLine)
        self._crosshair.setPen(dashed)
        self._clock.mark(self)

    def _mouse_moved(self, arguments: tuple[QPointF]) -> None:
        view_box = self._plot.getViewBox()
        inside = view_box.sceneBoundingRect().contains(arguments[0])
        self.hovered.emit(view_box.mapSceneToView(arguments[0]).x() if inside else math.nan)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self.hovered.emit(math.nan)
        elif event.type() is QEvent.Type.Resize:
            self._clock.mark(self)
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.mark(self)
