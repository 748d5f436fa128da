"""What the palette and the shortcuts do with the window itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from workbench.ui import theme
from workbench.ui.context import Window
from workbench.ui.settings import Settings


class Go:
    """Shows one panel: for shortcuts and the palette."""

    def __init__(self, window: Window, name: str) -> None:
        self._window = window
        self._name = name

    def __call__(self) -> None:
        self._window.navigate(self._name)


class Elsewhere:
    """Shows the panel that an action belongs to, then acts."""

    def __init__(self, window: Window, panel: str, act: Callable[[], object]) -> None:
        self._window = window
        self._panel = panel
        self._act = act

    def __call__(self) -> None:
        self._window.navigate(self._panel)
        self._act()


class Size:
    """Chooses how large everything is; Qt asks once, as it starts."""

    def __init__(self, window: Window, settings: Settings, percent: int) -> None:
        self._window = window
        self._settings = settings
        self._percent = percent

    def __call__(self) -> None:
        self._settings.size_percent = self._percent
        self._settings.save()
        said = QCoreApplication.translate(
            "Window", "Everything is shown at {0} % from the next start on."
        )
        self._window.show_notice(said.format(self._percent))


class Look:
    """Chooses light, dark or the system's look, and remembers it."""

    def __init__(self, settings: Settings, mode: str) -> None:
        self._settings = settings
        self._mode = mode

    def __call__(self) -> None:
        self._settings.theme = self._mode
        self._settings.save()
        theme.active().set_mode(self._mode)
