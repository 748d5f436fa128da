"""The navigation rail on the left: one button per panel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from workbench.ui import icons
from workbench.ui.tokens import RAIL_ICON_SIZE, RAIL_WIDTH, SPACE_4, SPACE_8, SPACE_12

_BUTTON_HEIGHT = 56


class Rail(QFrame):
    """Emits `chosen(name)` when a person picks a panel."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("area", "rail")
        self.setFixedWidth(RAIL_WIDTH)
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(SPACE_8, SPACE_12, SPACE_8, SPACE_12)
        self._layout.setSpacing(SPACE_4)
        self._layout.addStretch(1)

    def add(self, name: str, title: str, shortcut: str) -> None:
        """Append a panel's button; its icon is the one named like the panel."""
        made = QToolButton()
        made.setProperty("kind", "rail")
        made.setText(title)
        made.setIcon(icons.icon(name))
        made.setIconSize(QSize(RAIL_ICON_SIZE, RAIL_ICON_SIZE))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setFixedSize(RAIL_WIDTH - 2 * SPACE_8 - 1, _BUTTON_HEIGHT)
        made.setCheckable(True)
        made.setToolTip(f"{title} ({shortcut})")
        made.setAccessibleName(title)
        made.clicked.connect(lambda: self.chosen.emit(name))
        self._group.addButton(made)
        self._buttons[name] = made
        self._layout.insertWidget(self._layout.count() - 1, made)

    def show_chosen(self, name: str) -> None:
        self._buttons[name].setChecked(True)

    def set_available(self, name: str, available: bool) -> None:
        self._buttons[name].setEnabled(available)
