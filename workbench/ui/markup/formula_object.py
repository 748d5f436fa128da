"""Formulas as objects within the lines of a document: the room they take, and their drawing."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)

from workbench.ui.formulas.outline import Outline
from workbench.ui.formulas.picture import Picture

OBJECT = "\ufffc"
_KIND = QTextFormat.ObjectTypes.UserObject.value + 1
_NUMBER = QTextFormat.Property.UserProperty.value + 1
_MATH_X_HEIGHT = 442  # of MathJax's letters, in thousandths of an em
_SMALLEST_SHARE = 0.7  # of its size, where it is wider than its column; then one scrolls
_AIR_PX = 2.0  # above and below what is higher than a line of text
_WAVE_PX = 2.0


@dataclass(frozen=True, slots=True)
class _Placed:
    outline: Outline
    em_px: float
    depth_px: float
    air_px: float
    picture: Picture


class FormulaObjects(QPyTextObject):
    """The formulas of one document. An x is as high in them as in the text around."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._placed: list[_Placed] = []
        document.documentLayout().registerHandler(_KIND, self)

    def format_for(self, outline: Outline, around: QTextCharFormat) -> QTextCharFormat:
        """The format of the letter `OBJECT` that stands for the formula in the text `around` it."""
        metrics = QFontMetricsF(around.font())
        em_px = metrics.xHeight() * 1000 / _MATH_X_HEIGHT
        is_high = (outline.ascent + outline.descent) * em_px / 1000 > metrics.height()
        air_px = _AIR_PX if is_high else 0.0
        made = QTextCharFormat(around)
        made.setFont(_font_as_deep(around.font(), outline.descent * em_px / 1000 + air_px))
        made.setObjectType(_KIND)
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        made.setProperty(_NUMBER, len(self._placed))
        depth_px = QFontMetricsF(made.font()).descent()
        self._placed.append(_Placed(outline, em_px, depth_px, air_px, Picture(outline)))
        return made

    def width_px(self, form: QTextFormat) -> float:
        """How wide the formula of a format is where there is room."""
        placed = self._placed[form.intProperty(_NUMBER)]
        return placed.outline.width * placed.em_px / 1000

    def intrinsicSize(self, doc: QTextDocument, position: int, form: QTextFormat) -> QSizeF:
        placed = self._placed[form.intProperty(_NUMBER)]
        em_px = placed.em_px * _share(placed, doc, position)
        height_px = placed.outline.ascent * em_px / 1000 + placed.depth_px + placed.air_px
        return QSizeF(placed.outline.width * em_px / 1000, height_px)

    def drawObject(
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        doc: QTextDocument,
        position: int,
        form: QTextFormat,
    ) -> None:
        placed = self._placed[form.intProperty(_NUMBER)]
        area = QRectF(rect)
        em_px = area.width() * 1000 / placed.outline.width
        baseline = area.bottom() - placed.depth_px
        shown = form.toCharFormat()
        color = shown.foreground().color()
        placed.picture.draw(painter, QPointF(area.left(), baseline), em_px, color)
        _underline(painter, area, shown)


def _share(placed: _Placed, document: QTextDocument, position: int) -> float:
    """How much smaller it is drawn to fit its column."""
    room_px = document.textWidth() - document.findBlock(position).blockFormat().leftMargin()
    needed_px = placed.outline.width * placed.em_px / 1000
    if document.textWidth() < 0 or needed_px <= room_px:
        return 1.0
    return max(room_px / needed_px, _SMALLEST_SHARE)


def _font_as_deep(font: QFont, depth_px: float) -> QFont:
    """Qt lets an object hang below the line as far as the letters of its font do, and no further.

    So the formula gets a font in which they hang as far as it does.
    """
    descent = QFontMetricsF(font).descent()
    if depth_px <= descent:
        return font
    made = QFont(font)
    made.setPixelSize(ceil(font.pixelSize() * depth_px / descent))
    return made


def _underline(painter: QPainter, rect: QRectF, shown: QTextCharFormat) -> None:
    """Qt underlines letters only: what sets off marked words does so for formulas too."""
    style = shown.underlineStyle()
    if style is QTextCharFormat.UnderlineStyle.NoUnderline:
        return
    painter.save()
    pen = QPen(shown.underlineColor())
    if style is QTextCharFormat.UnderlineStyle.DotLine:
        pen.setStyle(pen.style().DotLine)
    painter.setPen(pen)
    bottom = rect.bottom() - 0.5
    if style is QTextCharFormat.UnderlineStyle.WaveUnderline:
        count = max(int(rect.width() / _WAVE_PX), 1)
        painter.drawPolyline(
            [
                QPointF(rect.left() + step * _WAVE_PX, bottom - step % 2 * _WAVE_PX)
                for step in range(count + 1)
            ]
        )
    else:
        painter.drawLine(QPointF(rect.left(), bottom), QPointF(rect.right(), bottom))
    painter.restore()
