"""The bar above the panel that says what went wrong, in place, with a next step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui import theme
from workbench.ui.tokens import SPACE_8, SPACE_12, SPACE_16, SPACE_24
from workbench.ui.widgets.texts import IconView, button, icon_button, label

_ICONS = {"bad": "error", "caution": "caution", "plain": "info", "floating": "info"}
_COLORS = {"bad": "bad", "caution": "caution", "plain": "text2", "floating": "accent"}


class MessageBar(QWidget):
    """Hidden until `say`; stays until closed, replaced, or its action is taken."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on_action: Callable[[], object] | None = None
        self._icon = IconView("error", "bad")
        self._text = label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = button("", self._act, kind="quiet")
        self._close = icon_button("close", self.tr("Close this message"), self.hide)
        self._frame = QFrame()
        self._around = QVBoxLayout(self)
        self.set_margins(SPACE_24, SPACE_16)
        self._around.addWidget(self._frame)
        layout = QHBoxLayout(self._frame)
        layout.setContentsMargins(SPACE_16, SPACE_8, SPACE_8, SPACE_8)
        layout.setSpacing(SPACE_12)
        layout.addWidget(self._icon)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._action)
        layout.addWidget(self._close)
        self.hide()

    def set_margins(self, side: int, top: int) -> None:
        """The room around what is said, in pixels."""
        self._around.setContentsMargins(side, top, side, 0)

    def say(
        self,
        text: str,
        *,
        tone: str = "plain",
        action: str = "",
        on_action: Callable[[], object] | None = None,
    ) -> None:
        """Show `text` in the tone `bad`, `caution`, `plain` or `floating`, in place of another."""
        theme.set_property(self._frame, "card", tone)
        self._icon.show_icon(_ICONS[tone], _COLORS[tone])
        self._text.setText(text)
        self.setAccessibleName(text)
        self._on_action = on_action
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.show()

    @property
    def text(self) -> str:
        """What it says now; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    @property
    def action_text(self) -> str:
        return self._action.text()

    def _act(self) -> None:
        on_action = self._on_action
        self.hide()
        if on_action is not None:
            on_action()
