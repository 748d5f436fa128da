"""Pairs an hour over time, a line per person, painted."""

from __future__ import annotations

import datetime

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.stats.pace import PaceOverTime
from workbench.ui import theme
from workbench.ui.tokens import DOT_SIZE, SPACE_4, SPACE_8, SPACE_12
from workbench.ui.widgets.plots.ticks import tick_spacing, tick_texts, tick_values

_HEIGHT = 150
_ROW_HEIGHT = 16
_ROWS_MOST = 4
_DOT = 5
_REACH = 16
_DAY_S = 86400.0

Line = tuple[str, PaceOverTime]


class PaceChart(QWidget):
    """Hovering a dot tells whose it is, when and how fast."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self._low_t = self._high_t = 0.0
        self._top = 1.0
        self.setMinimumHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.active().changed.connect(self.update)

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Show these lines, each with one point at least."""
        self._lines = lines
        if lines:
            stretch_s = lines[0][1].stretch_s
            starts = np.concatenate([pace.starts for _, pace in lines])
            self._low_t, self._high_t = float(starts.min()), float(starts.max())
            if self._high_t == self._low_t:
                self._low_t, self._high_t = self._low_t - stretch_s, self._high_t + stretch_s
            self._top = max(float(pace.pairs_an_hour.max()) for _, pace in lines) * 1.08
        self.setAccessibleName(self.tr("Pairs an hour over time: {0}").format(self._spoken()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def text_at(self, place: QPointF) -> str:
        """What the dot nearest to `place` stands for; empty where there is none."""
        found, nearest = "", float(_REACH)
        for name, pace in self._lines:
            for start, value in zip(pace.starts, pace.pairs_an_hour, strict=True):
                apart = self._point(float(start), float(value)) - place
                distance = float(np.hypot(apart.x(), apart.y()))
                if distance < nearest:
                    when = _moment(float(start), pace.stretch_s)
                    found = self.tr("{0} · {1} · {2:,.0f} an hour").format(name, when, value)
                    nearest = distance
        return found

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._lines:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        self._paint_grid(painter)
        self._paint_times(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (_, pace) in enumerate(self._lines):
            self._paint_line(painter, pace, f"series{number}")
        self._paint_names(painter)

    def _paint_grid(self, painter: QPainter) -> None:
        area = self._area()
        values = tick_values(0.0, self._top, _ROWS_MOST)
        spacing = tick_spacing(0.0, self._top, _ROWS_MOST)
        for value, text in zip(values, tick_texts(values, spacing), strict=True):
            y = round(self._point(self._low_t, value).y()) + 0.5
            painter.setPen(theme.color("line"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("text3"))
            place = QRectF(0, y - _ROW_HEIGHT / 2, area.left() - SPACE_8, _ROW_HEIGHT)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, right, text)

    def _paint_times(self, painter: QPainter) -> None:
        painter.setPen(theme.color("text3"))
        area, stretch_s = self._area(), self._lines[0][1].stretch_s
        moments = sorted({float(start) for _, pace in self._lines for start in pace.starts})
        end = -float(SPACE_12)
        for moment in moments:
            text = _moment(moment, stretch_s)
            width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 1
            left = self._point(moment, 0.0).x() - width / 2
            left = min(max(left, area.left()), area.right() - width)
            if left < end + SPACE_12:
                continue
            place = QRectF(left, area.bottom() + SPACE_4, width, _ROW_HEIGHT)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            end = left + width

    def _paint_line(self, painter: QPainter, pace: PaceOverTime, color: str) -> None:
        points = [
            self._point(float(start), float(value))
            for start, value in zip(pace.starts, pace.pairs_an_hour, strict=True)
        ]
        painter.setPen(QPen(theme.color(color), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(color))
        for point in points:
            painter.drawEllipse(point, _DOT / 2, _DOT / 2)

    def _paint_names(self, painter: QPainter) -> None:
        """The legend, above the plot; names without room are left to the tooltips."""
        metrics = QFontMetricsF(painter.font())
        x = self._area().left()
        for number, (name, _) in enumerate(self._lines):
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self.width() / 3)
            width = DOT_SIZE + SPACE_4 + metrics.horizontalAdvance(shown) + 1
            if x + width > self.width():
                return
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(f"series{number}"))
            painter.drawEllipse(QRectF(x, 5, DOT_SIZE - 2, DOT_SIZE - 2))
            painter.setPen(theme.color("text2"))
            place = QRectF(x + DOT_SIZE + SPACE_4, 0, width, _ROW_HEIGHT)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, left, shown)
            x += width + SPACE_12

    def _area(self) -> QRectF:
        metrics = QFontMetricsF(theme.font("small"))
        left = metrics.horizontalAdvance(f"{self._top:,.0f}") + SPACE_12
        top, bottom = _ROW_HEIGHT + SPACE_8, self.height() - _ROW_HEIGHT - SPACE_4
        return QRectF(left, top, self.width() - left - SPACE_8, bottom - top)

    def _point(self, t: float, value: float) -> QPointF:
        area = self._area()
        across = (t - self._low_t) / (self._high_t - self._low_t)
        return QPointF(
            area.left() + SPACE_8 + across * (area.width() - 2 * SPACE_8),
            area.bottom() - value / self._top * area.height(),
        )

    def _spoken(self) -> str:
        return ", ".join(f"{name} {pace.pairs_an_hour[-1]:,.0f}" for name, pace in self._lines)


def _moment(t: float, stretch_s: float) -> str:
    """A day for stretches of a day or more, else a time of day."""
    when = datetime.datetime.fromtimestamp(t).astimezone()
    return f"{when.day} {when:%b}" if stretch_s >= _DAY_S else f"{when:%H:%M}"
