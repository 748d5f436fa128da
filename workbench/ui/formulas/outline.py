"""A formula that was set: its shape, ready to be filled with the colour of the text around it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QDataStream, QIODevice, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath


@dataclass(frozen=True, slots=True)
class Letters:
    """Text that MathJax has no shapes for, drawn in a font of the window."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Outline:
    """In thousandths of an em, y downwards, the baseline at 0; `descent` is what hangs below it."""

    width: float
    ascent: float
    descent: float
    path: QPainterPath
    letters: tuple[Letters, ...] = ()

    def draw(self, painter: QPainter, at: QPointF, em_px: float, color: QColor) -> None:
        """With the left end of its baseline `at` a place, an em being `em_px` wide."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(at)
        painter.scale(em_px / 1000, em_px / 1000)
        painter.fillPath(self.path, color)
        painter.setPen(color)
        for letters in self.letters:
            font = QFont(painter.font())
            font.setPixelSize(max(round(letters.size), 1))
            painter.setFont(font)
            painter.drawText(QPointF(letters.x, letters.y), letters.text)
        painter.restore()

    def to_base64(self) -> str:
        data = QByteArray()
        stream = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
        stream << self.path
        for number in (self.width, self.ascent, self.descent):
            stream.writeDouble(number)
        stream.writeInt32(len(self.letters))
        for letters in self.letters:
            stream.writeQString(letters.text)
            for number in (letters.x, letters.y, letters.size):
                stream.writeDouble(number)
        return data.toBase64().toStdString()

    @classmethod
    def from_base64(cls, text: str) -> Outline:
        stream = QDataStream(QByteArray.fromBase64(text.encode()))
        path = QPainterPath()
        stream >> path
        path.setFillRule(Qt.FillRule.WindingFill)
        width, ascent, descent = (stream.readDouble() for _ in range(3))
        letters = tuple(_read_letters(stream) for _ in range(stream.readInt32()))
        return cls(width, ascent, descent, path, letters)


def _read_letters(stream: QDataStream) -> Letters:
    text = stream.readQString()
    return Letters(text, stream.readDouble(), stream.readDouble(), stream.readDouble())
