"""Cutting a line of text to a width, without laying it out where that can be told without."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF

_ELLIPSIS = "…"
_LAST_SIMPLE = "\u024f"  # up to here letters stand side by side, whatever their neighbours are
_NARROWEST_LETTER = 2


class LineCutter:
    """Cuts texts of one font; an ellipsis says where. Widths of letters are kept."""

    def __init__(self, font: QFont) -> None:
        self._metrics = QFontMetricsF(font)
        self._widths: dict[str, float] = {}
        self._room_for_ellipsis = self._metrics.horizontalAdvance(_ELLIPSIS)

    def cut(self, text: str, width: int) -> str:
        """As much of `text` as fits into `width` pixels."""
        room = width - self._room_for_ellipsis
        widths = self._widths
        used = 0.0
        kept = 0  # so many letters leave room for the ellipsis
        for number, letter in enumerate(text):
            if letter not in widths:
                if letter > _LAST_SIMPLE:
                    return self._laid_out(text, width)
                widths[letter] = self._metrics.horizontalAdvance(letter)
            used += widths[letter]
            if used <= room:
                kept = number + 1
            elif used > width:
                return text[:kept].rstrip() + _ELLIPSIS
        return text

    def _laid_out(self, text: str, width: int) -> str:
        most = width // _NARROWEST_LETTER  # a long text takes long
        cut = text[:most] + _ELLIPSIS if len(text) > most else text
        return self._metrics.elidedText(cut, Qt.TextElideMode.ElideRight, width)
