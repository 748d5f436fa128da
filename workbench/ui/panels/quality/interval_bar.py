"""An estimate on its scale, painted: the track, what it is compared with, the whisker, the dot."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui import theme
from workbench.ui.panels.quality.finding import Bar, Mark
from workbench.ui.tokens import DOT_SIZE, SPACE_4, SPACE_8

_BAR_HEIGHT = 16
_TRACK_HEIGHT = 4
_CAP_HEIGHT = 8
_WHISKER_WIDTH = 2
_LABEL_HEIGHT = 16


class IntervalBar(QWidget):
    """`with_labels` writes below what the marks are."""

    def __init__(self, *, with_labels: bool = True) -> None:
        super().__init__()
        self._bar: Bar | None = None
        self._tone = "accent"
        self._with_labels = with_labels
        height = _BAR_HEIGHT + (_LABEL_HEIGHT if with_labels else 0)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.active().changed.connect(self.update)

    def show_bar(self, bar: Bar, spoken: str, *, tone: str = "accent") -> None:
        """Show an estimate; `spoken` is what a screen reader says of it."""
        self._bar, self._tone = bar, tone
        self.setAccessibleName(spoken)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._bar is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_track(painter)
        for mark in self._bar.marks:
            self._paint_mark(painter, mark)
        if self._with_labels:
            self._paint_labels(painter, self._bar.marks)
        self._paint_estimate(painter)

    def _paint_track(self, painter: QPainter) -> None:
        middle = _BAR_HEIGHT / 2
        track = QRectF(0, middle - _TRACK_HEIGHT / 2, self.width(), _TRACK_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(track, _TRACK_HEIGHT / 2, _TRACK_HEIGHT / 2)

    def _paint_mark(self, painter: QPainter, mark: Mark) -> None:
        pen = QPen(theme.color("text3"), 1)
        if mark.is_expected:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        x = round(self._x(mark.at)) + 0.5
        painter.drawLine(QPointF(x, 1), QPointF(x, _BAR_HEIGHT - 1))

    def _paint_labels(self, painter: QPainter, marks: tuple[Mark, ...]) -> None:
        """Left to right; one that would run into the one before is left out."""
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text3"))
        metrics = QFontMetricsF(theme.font("small"))
        end = -float(SPACE_8)
        for mark in sorted(marks, key=lambda mark: mark.at):
            width = metrics.horizontalAdvance(mark.text) + 1
            left = min(max(self._x(mark.at) - width / 2, 0.0), self.width() - width)
            if not mark.text or left < end + SPACE_8:
                continue
            place = QRectF(left, _BAR_HEIGHT, width, _LABEL_HEIGHT)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, mark.text)
            end = left + width

    def _paint_estimate(self, painter: QPainter) -> None:
        assert self._bar is not None
        estimate = self._bar.estimate
        if estimate.value is None or estimate.low is None or estimate.high is None:
            return
        middle = _BAR_HEIGHT / 2
        low, high = self._x(estimate.low), self._x(estimate.high)
        color = theme.color(self._tone)
        whisker = QPen(color, _WHISKER_WIDTH)
        whisker.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(whisker)
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        # Of an interval that the dot hides, the ends would only fray the dot.
        for x in (low, high) if high - low > 2 * DOT_SIZE else ():
            top, bottom = middle - _CAP_HEIGHT / 2, middle + _CAP_HEIGHT / 2
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
        painter.setPen(QPen(theme.color("card"), 1))
        painter.setBrush(color)
        radius = DOT_SIZE / 2 + 0.5
        painter.drawEllipse(QPointF(self._x(estimate.value), middle), radius, radius)

    def _x(self, value: float) -> float:
        """Where a value stands, kept inside so that no dot is cut off."""
        assert self._bar is not None
        share = (value - self._bar.start) / (self._bar.end - self._bar.start)
        room = self.width() - 2 * SPACE_4
        return SPACE_4 + min(max(share, 0.0), 1.0) * room
