"""Icons by what they mean, drawn from the Phosphor font in the theme's colours.

An icon asks for its colour when it is painted, so that it follows a change of theme by itself.
The font is read from the qtawesome package's folder: importing the package itself would load
eleven fonts and cost a third of a second of every start.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from workbench.core.paths import resources_dir
from workbench.ui import theme

NAMES: dict[str, str] = {
    "home": "house",
    "models": "cube",
    "data": "database",
    "label": "cards",
    "quality": "scales",
    "train": "trend-up",
    "runs": "activity",
    "compare": "columns",
    "add": "plus",
    "remove": "trash",
    "close": "x",
    "check": "check",
    "open": "folder-open",
    "new_project": "folder-plus",
    "file": "file-text",
    "import": "download-simple",
    "export": "upload-simple",
    "copy": "copy",
    "search": "magnifying-glass",
    "settings": "gear-six",
    "theme": "sun",
    "next": "arrow-right",
    "left": "arrow-left",
    "up": "arrow-up",
    "down": "arrow-down",
    "undo": "arrow-counter-clockwise",
    "skip": "skip-forward",
    "note": "note-pencil",
    "play": "play",
    "pause": "pause",
    "stop": "stop",
    "checkpoint": "flag",
    "send": "paper-plane-tilt",
    "vote": "thumbs-up",
    "info": "info",
    "caution": "warning",
    "error": "warning-circle",
    "done": "check-circle",
    "waiting": "clock",
    "device": "cpu",
    "expand": "caret-right",
    "collapse": "caret-down",
    "external": "arrow-square-out",
}


def icon(name: str, color: str = "text2", *, checked: str = "accent") -> QIcon:
    """The icon that means `name`, in the colour of a token; `checked` is for pressed-in buttons.

    Raises KeyError for a name that is not in `NAMES`.
    """
    return QIcon(_GlyphEngine(_glyphs()[NAMES[name]], color, checked))


def app_icon() -> QIcon:
    """The application's own icon, for the window and the task bar."""
    return QIcon(str(resources_dir() / "icons" / "workbench.svg"))


class _GlyphEngine(QIconEngine):
    """Paints one character of the icon font."""

    def __init__(self, glyph: str, color: str, checked: str) -> None:
        super().__init__()
        self._glyph = glyph
        self._color = color
        self._checked = checked

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._glyph, self._color, self._checked)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        name = self._checked if state is QIcon.State.On else self._color
        if mode is QIcon.Mode.Disabled:
            name = "disabled"
        painter.save()
        font = QFont(_family())
        font.setPixelSize(max(1, min(rect.width(), rect.height())))
        painter.setFont(font)
        painter.setPen(theme.color(name))
        painter.drawText(QRectF(rect), Qt.AlignmentFlag.AlignCenter, self._glyph)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap


def _fonts_folder() -> Path:
    package = find_spec("qtawesome")
    if package is None or package.origin is None:
        raise RuntimeError("the package qtawesome, which holds the icons, is not installed")
    return Path(package.origin).parent / "fonts"


@cache
def _glyphs() -> dict[str, str]:
    (charmap,) = _fonts_folder().glob("phosphor-charmap-*.json")
    codes: dict[str, str] = json.loads(charmap.read_text(encoding="utf-8"))
    return {name: chr(int(code, 16)) for name, code in codes.items()}


@cache
def _family() -> str:
    (file,) = (path for path in _fonts_folder().glob("phosphor-*.ttf"))
    return QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))[0]
