"""The window's look: hands the tokens to Qt and switches between light and dark while it runs.

Style by role, and the sheet made in `stylesheet.py` does the rest:

    label:   setProperty("role", "title" | "purpose" | "secondary" | "small" | "strong" | "mono"
                                 | "card_title" | "figure" | "answer" | "good" | "caution" | "bad"
                                 | "key")
             setProperty("pill", "good" | "caution" | "bad" | "neutral" | "accent")
    button:  setProperty("kind", "primary" | "raised" | "quiet" | "danger" | "icon" | "link")
    frame:   setProperty("card", "plain" | "selected" | "good" | "caution" | "bad" | "inset")
    field:   setProperty("invalid", True)

Call `restyle(widget)` after changing such a property on a widget that is already shown.
What paints by itself asks `color(name)` and `font(style)` each time it paints.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from workbench.core.paths import resources_dir
from workbench.ui import stylesheet
from workbench.ui.tokens import DARK, LIGHT, TEXT_STYLES, Colors

MODES = ("system", "light", "dark")


class Theme(QObject):
    """The application's look. One exists, made by `install`."""

    changed = Signal()

    def __init__(self, app: QApplication, mode: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._mode = mode
        self._shown: Colors | None = None
        _load_fonts()
        app.setStyle("Fusion")
        app.setFont(font("body"))
        self._app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply_mode()

    @property
    def mode(self) -> str:
        """`system`, `light` or `dark`: what the person chose."""
        return self._mode

    @property
    def colors(self) -> Colors:
        return self._shown or DARK

    @property
    def is_dark(self) -> bool:
        return self.colors is DARK

    def set_mode(self, mode: str) -> None:
        """Choose `system`, `light` or `dark`; everything on screen follows at once."""
        if mode not in MODES:
            raise ValueError(f"unknown theme mode {mode!r}")
        self._mode = mode
        self._apply_mode()

    @Slot()
    def _follow_system(self) -> None:
        self._show(self._wanted())

    def _apply_mode(self) -> None:
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        # Tells the desktop as well, so that the title bar and native dialogs match.
        self._app.styleHints().setColorScheme(schemes.get(self._mode, Qt.ColorScheme.Unknown))
        self._show(self._wanted())

    def _wanted(self) -> Colors:
        if self._mode == "light":
            return LIGHT
        if self._mode == "dark":
            return DARK
        # A system that does not say gets dark.
        is_light = self._app.styleHints().colorScheme() is Qt.ColorScheme.Light
        return LIGHT if is_light else DARK

    def _show(self, colors: Colors) -> None:
        if colors is self._shown:
            return
        self._shown = colors
        self._app.setPalette(_palette(colors))
        self._app.setStyleSheet(stylesheet.build(colors))
        self.changed.emit()


_installed: list[Theme] = []


def install(app: QApplication, mode: str = "system") -> Theme:
    """Give `app` the look; calling it again changes the mode of the one that is there."""
    if _installed:
        _installed[0].set_mode(mode)
    else:
        _installed.append(Theme(app, mode))
    return _installed[0]


def active() -> Theme:
    """The installed theme; raises RuntimeError before `install`."""
    if not _installed:
        raise RuntimeError("theme.install was not called")
    return _installed[0]


def color(name: str) -> QColor:
    """The colour of a token (`card`, `text2`, `series0`, …) as it is now."""
    return QColor(active().colors.named(name))


def font(style: str) -> QFont:
    """A font of the type scale (`body`, `small`, `answer`, …), with figures of equal width."""
    chosen = TEXT_STYLES[style]
    made = QFont(chosen.family)
    made.setPixelSize(chosen.size)
    made.setWeight(QFont.Weight(chosen.weight))
    if chosen.mono:
        made.setFeature(QFont.Tag("calt"), 0)  # no ligatures: a token looks as it is written
    else:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def restyle(widget: QWidget) -> None:
    """Show a changed `role`, `kind`, `card`, `pill` or `invalid` property."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a styling property and show it, if it is not already so."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else it is still to come
            restyle(widget)


def _load_fonts() -> None:
    for file in sorted((resources_dir() / "fonts").glob("*.[ot]tf")):
        if QFontDatabase.addApplicationFont(str(file)) < 0:
            raise RuntimeError(f"the font {file.name} can't be read")


def _palette(colors: Colors) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: colors.window,
        QPalette.ColorRole.WindowText: colors.text1,
        QPalette.ColorRole.Base: colors.input,
        QPalette.ColorRole.AlternateBase: colors.card,
        QPalette.ColorRole.Text: colors.text1,
        QPalette.ColorRole.Button: colors.raised,
        QPalette.ColorRole.ButtonText: colors.text1,
        QPalette.ColorRole.BrightText: colors.bad,
        QPalette.ColorRole.Highlight: colors.accent,
        QPalette.ColorRole.HighlightedText: colors.on_accent,
        QPalette.ColorRole.PlaceholderText: colors.text3,
        QPalette.ColorRole.ToolTipBase: colors.raised,
        QPalette.ColorRole.ToolTipText: colors.text1,
        QPalette.ColorRole.Link: colors.accent,
        QPalette.ColorRole.LinkVisited: colors.accent,
        QPalette.ColorRole.Accent: colors.accent,
        QPalette.ColorRole.Light: colors.raised_hover,
        QPalette.ColorRole.Mid: colors.line,
        QPalette.ColorRole.Dark: colors.line,
        QPalette.ColorRole.Shadow: colors.window,
    }
    palette = QPalette()
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.disabled))
    return palette
