"""Ctrl+K: every action and panel, found by a few letters."""

from __future__ import annotations

from collections.abc import Sequence

import shiboken6
from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.ui import icons, theme
from workbench.ui.commands import Command, matching
from workbench.ui.tokens import CONTROL_HEIGHT, ICON_SIZE, SPACE_4, SPACE_8
from workbench.ui.widgets.texts import key_cap, label

_WIDTH = 560
_ROWS = 9
_TOP = 96
_SCRIM_OPACITY = 0.6


class CommandPalette(QWidget):
    """Lies over the whole window; `open_with` shows it, Escape or a click elsewhere closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: Sequence[Command] = ()
        self._listed: list[Command] = []
        self._focus_before: QWidget | None = None
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("Find an action or a panel"))
        self._field.setAccessibleName(self.tr("Find an action or a panel"))
        self._field.textChanged.connect(self._filter)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName(self.tr("Actions"))
        self._list.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.clicked.connect(self._run_index)
        self._nothing = label(self.tr("Nothing is called that."), "secondary")
        self._ground = QFrame(self)
        self._ground.setProperty("area", "palette")
        inner = QVBoxLayout(self._ground)
        inner.setContentsMargins(SPACE_8, SPACE_8, SPACE_8, SPACE_8)
        inner.setSpacing(SPACE_8)
        for widget in (self._field, self._list, self._nothing):
            inner.addWidget(widget)
        window.installEventFilter(self)
        self.hide()

    def open_with(self, commands: Sequence[Command]) -> None:
        """Show over the window, with all of `commands` listed."""
        self._focus_before = self._window.focusWidget()
        self._commands = commands
        self._field.clear()
        self._filter("")
        self.setGeometry(self._window.rect())
        self._place()
        self.raise_()
        self.show()
        self._field.setFocus()

    def offer(self, commands: Sequence[Command]) -> None:
        """List these instead, as far as they fit what was typed; the chosen row stays chosen."""
        row = self._list.currentRow()
        title = self._listed[row].title if 0 <= row < len(self._listed) else ""
        self._commands = commands
        self._filter(self._field.text())
        titles = self.titles()
        if row > 0 and title in titles:
            self._list.setCurrentRow(titles.index(title))

    def close_palette(self) -> None:
        """Hide and give the focus back to where it was."""
        self.hide()
        if self._focus_before is not None and shiboken6.isValid(self._focus_before):
            self._focus_before.setFocus()

    @property
    def field(self) -> QLineEdit:
        return self._field

    def titles(self) -> list[str]:
        """The titles listed now, best first."""
        return [command.title for command in self._listed]

    def _place(self) -> None:
        width = min(_WIDTH, self.width() - 2 * SPACE_8)
        self._ground.setFixedWidth(width)
        self._ground.adjustSize()
        self._ground.move((self.width() - width) // 2, _TOP)

    def _filter(self, text: str) -> None:
        self._listed = matching(text, self._commands)
        self._list.clear()
        for command in self._listed:
            self._add_row(command)
        self._list.setCurrentRow(0)
        self._list.setVisible(bool(self._listed))
        self._nothing.setVisible(not self._listed)
        rows = max(1, min(len(self._listed), _ROWS))
        self._list.setFixedHeight(rows * CONTROL_HEIGHT + SPACE_4)
        self._place()

    def _add_row(self, command: Command) -> None:
        item = QListWidgetItem(icons.icon(command.icon), command.title)
        item.setSizeHint(QSize(0, CONTROL_HEIGHT))
        self._list.addItem(item)
        if not command.shortcut:
            return
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, SPACE_8, 0)
        layout.addStretch(1)
        layout.addWidget(key_cap(command.shortcut))
        self._list.setItemWidget(item, row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() is QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._window.rect())
            self._place()
        if watched is self._field and isinstance(event, QKeyEvent):
            return event.type() is QEvent.Type.KeyPress and self._takes(event)
        return False

    def _takes(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run_row(self._list.currentRow())
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self._listed:
            step = 1 if key == Qt.Key.Key_Down else -1
            self._list.setCurrentRow((self._list.currentRow() + step) % len(self._listed))
        else:
            return False
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._ground.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(_SCRIM_OPACITY)
        painter.fillRect(self.rect(), theme.color("window"))

    def _run_index(self, index: QModelIndex) -> None:
        self._run_row(index.row())

    def _run_row(self, row: int) -> None:
        if 0 <= row < len(self._listed):
            command = self._listed[row]
            self.close_palette()
            command.run()
