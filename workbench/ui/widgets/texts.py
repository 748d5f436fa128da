"""Labels, buttons and other small pieces, styled by role."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QWidget

from workbench.ui import icons, theme
from workbench.ui.tokens import ICON_SIZE

_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


def label(text: str = "", role: str = "body", *, wrap: bool = False) -> QLabel:
    """A label of plain text in a role of `theme.py`; `wrap` lets it take several lines."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def pill(text: str = "", tone: str = "neutral") -> QLabel:
    """A small rounded word: `good`, `caution`, `bad`, `accent` or `neutral`."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("pill", tone)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    return made


def set_pill(shown: QLabel, text: str, tone: str) -> None:
    """Change a pill's word and tone."""
    shown.setText(text)
    theme.set_property(shown, "pill", tone)


def key_cap(keys: str) -> QLabel:
    """A key as it stands on the keyboard, such as `Ctrl Z`."""
    made = label(keys, "key")
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


class _Button(QPushButton):
    """Enter presses it where it has the keyboard, as Space does; Qt does so in dialogs alone.

    There it would press the dialog's own button instead of this one.
    """

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & _HELD:
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)


def button(
    text: str,
    on_click: Callable[[], object] | None = None,
    *,
    kind: str = "raised",
    icon: str = "",
    tip: str = "",
) -> QPushButton:
    """A button with a text: `primary`, `raised`, `quiet`, `danger` or `link`."""
    made = _Button(text)
    made.setAutoDefault(False)
    made.setIconSize(QSize(ICON_SIZE - 2, ICON_SIZE - 2))
    set_kind(made, kind, icon)
    if tip:
        made.setToolTip(tip)
    if on_click is not None:
        made.clicked.connect(lambda: on_click())
    return made


def set_kind(shown: QPushButton, kind: str, icon: str = "") -> None:
    """Make a button of another kind; `icon` is the one it bears, in the colour of that kind."""
    if shown.property("kind") == kind:
        return
    theme.set_property(shown, "kind", kind)
    if icon:
        shown.setIcon(icons.icon(icon, "on_accent" if kind == "primary" else "text2"))


def icon_button(icon: str, name: str, on_click: Callable[[], object]) -> QPushButton:
    """A button that is only an icon; `name` is its tooltip and its accessible name."""
    made = _Button()
    made.setProperty("kind", "icon")
    made.setIcon(icons.icon(icon))
    made.setIconSize(QSize(ICON_SIZE - 2, ICON_SIZE - 2))
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setAutoDefault(False)
    made.clicked.connect(lambda: on_click())
    return made


def line() -> QFrame:
    """A thin horizontal line between rows."""
    made = QFrame()
    made.setProperty("line", "true")
    made.setFixedHeight(1)
    return made


def plain_area(widget: QWidget) -> QWidget:
    """Make a container show what is behind it, as inside a scroll area."""
    widget.setProperty("plain", "true")
    return widget


class IconView(QWidget):
    """An icon that is only looked at; it follows the theme."""

    def __init__(self, icon: str, color: str = "text2", size: int = ICON_SIZE) -> None:
        super().__init__()
        self.setFixedSize(size, size)
        self.show_icon(icon, color)

    def show_icon(self, icon: str, color: str = "text2") -> None:
        self._icon = icons.icon(icon, color)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._icon.paint(QPainter(self), self.rect())
