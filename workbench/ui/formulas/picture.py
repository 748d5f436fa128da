"""An outline drawn once and shown often: filling its curves takes a millisecond, an image none."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from workbench.ui.formulas.outline import Outline

_MARGIN_PX = 2  # letters lean out of the room they take
_LARGEST_PIXELS = 4_000_000


class Picture:
    """Keeps the image for one size, colour and screen; others are drawn anew."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._drawn_for: tuple[float, int, float] | None = None
        self._image = QImage()

    def draw(self, painter: QPainter, at: QPointF, em_px: float, color: QColor) -> None:
        """With the left end of the baseline `at` a place, an em being `em_px` wide."""
        ratio = painter.device().devicePixelRatio()
        wanted = (em_px, color.rgba(), ratio)
        if self._drawn_for != wanted:
            self._image = self._drawn(em_px, color, ratio)
            self._drawn_for = wanted
        if self._image.isNull():
            self._outline.draw(painter, at, em_px, color)
            return
        corner = at - self._start(em_px)
        on_screen = painter.worldTransform().map(corner) * ratio
        whole = QPointF(round(on_screen.x()), round(on_screen.y()))  # else it would be blurred
        painter.drawImage(corner + (whole - on_screen) / ratio, self._image)

    def _start(self, em_px: float) -> QPointF:
        return QPointF(_MARGIN_PX, self._outline.ascent * em_px / 1000 + _MARGIN_PX)

    def _drawn(self, em_px: float, color: QColor, ratio: float) -> QImage:
        outline = self._outline
        width_px = outline.width * em_px / 1000 + 2 * _MARGIN_PX
        height_px = (outline.ascent + outline.descent) * em_px / 1000 + 2 * _MARGIN_PX
        size = ceil(width_px * ratio), ceil(height_px * ratio)
        if size[0] * size[1] > _LARGEST_PIXELS:
            return QImage()
        image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(0)
        painter = QPainter(image)
        outline.draw(painter, self._start(em_px), em_px, color)
        painter.end()
        return image
