"""What was done, said over the panel's heading: nothing moves, and nothing to press is covered."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, QTimer
from PySide6.QtWidgets import QWidget

from workbench.ui import theme
from workbench.ui.tokens import NOTICE_WIDTH, SPACE_4
from workbench.ui.widgets.message_bar import MessageBar

_SHOWN_FOR_MS = 8_000
_WITH_ACTION_FOR_MS = 30_000


class Notice(MessageBar):
    """Stands in `over` where `room` says; goes after a while, unless the mouse is on it."""

    def __init__(self, over: QWidget, room: Callable[[], QRect]) -> None:
        super().__init__(over)
        self._over = over
        self._room = room
        self.setObjectName("notice")
        self.set_margins(0, 0)
        theme.set_property(self._action, "kind", "primary")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._end)
        over.installEventFilter(self)

    def say(
        self,
        text: str,
        *,
        tone: str = "floating",
        action: str = "",
        on_action: Callable[[], object] | None = None,
    ) -> None:
        super().say(text, tone=tone, action=action, on_action=on_action)
        self._place()
        QTimer.singleShot(0, self, self._place)  # what it tells of may change the panel's buttons
        self.raise_()
        self._timer.start(_WITH_ACTION_FOR_MS if action else _SHOWN_FOR_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self._room()
        width = min(NOTICE_WIDTH, room.width())
        height = self._around.totalHeightForWidth(width)
        top = max(SPACE_4, room.center().y() - height // 2)
        self.setGeometry(room.left(), top, width, height)

    def _end(self) -> None:
        if self.underMouse():
            self._timer.start(_SHOWN_FOR_MS)
        else:
            self.hide()
