"""The legend in a plot card's title row: a dot and a name for each line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui import theme
from workbench.ui.tokens import DOT_SIZE, SPACE_4, SPACE_12
from workbench.ui.widgets.plots.curve import Curve
from workbench.ui.wording import figure

_HEIGHT = 20
_NARROWEST = 24


class Legend(QWidget):
    """Paints the names, and their values while the crosshair stands somewhere.

    What is measured now and then has a hollow dot. Names that find no room are shortened, so that
    a legend never makes its card wider; the tooltip has them all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._curves: tuple[Curve, ...] = ()
        self._x: float | None = None
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.active().changed.connect(self.update)

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Name these lines."""
        self._curves = tuple(curves)
        self._changed()

    def show_values_at(self, x: float | None) -> None:
        """Put each line's value at `x` beside its name; None shows the names alone."""
        self._x = x
        self._changed()

    def texts(self) -> list[str]:
        """What stands beside each dot."""
        return [self._text(curve) for curve in self._curves]

    def sizeHint(self) -> QSize:
        return QSize(max(0, sum(self._widths()) - SPACE_12), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("small"))
        widths = self._widths()
        room = (self.width() + SPACE_12) / max(1, sum(widths))
        x = max(0.0, self.width() + SPACE_12 - float(sum(widths)))
        for curve, width in zip(self._curves, widths, strict=True):
            taken = width * min(1.0, room)
            self._paint_entry(painter, curve, QRectF(x, 0, taken, _HEIGHT))
            x += taken

    def _paint_entry(self, painter: QPainter, curve: Curve, place: QRectF) -> None:
        color = theme.color(curve.color)
        dot = QRectF(place.x() + 1, (_HEIGHT - DOT_SIZE) / 2 + 1, DOT_SIZE - 2, DOT_SIZE - 2)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if curve.measured else color)
        painter.drawEllipse(dot)
        words = place.adjusted(DOT_SIZE + SPACE_4, 0, -SPACE_12, 0)
        if words.width() < _NARROWEST:
            return
        painter.setPen(theme.color("text2"))
        metrics = QFontMetrics(theme.font("small"))
        value = self._value(curve)
        room = int(words.width()) + 2 - metrics.horizontalAdvance(value)
        name = metrics.elidedText(curve.label, Qt.TextElideMode.ElideRight, room)
        text = f"{name}{value}"
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _text(self, curve: Curve) -> str:
        return f"{curve.label}{self._value(curve)}"

    def _value(self, curve: Curve) -> str:
        value = None if self._x is None else curve.value_at(self._x)
        return "" if value is None else f" {figure(value)}"

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(theme.font("small"))
        return [
            DOT_SIZE + SPACE_4 + metrics.horizontalAdvance(text) + SPACE_12 + 1
            for text in self.texts()
        ]

    def _changed(self) -> None:
        text = ", ".join(self.texts())
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()
