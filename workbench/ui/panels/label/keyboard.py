"""The keys of the panel: one action each, quiet while somebody types, replaced within a mode."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from workbench.ui.panels.label.actions import VERDICTS, Action, KeyMap

_REPEATING = (Action.SCROLL_DOWN, Action.SCROLL_UP)


class Mode(Enum):
    """What the keys mean now. In all but VERDICTS they answer a question on the strip."""

    VERDICTS = auto()
    ASPECTS = auto()
    TAGS = auto()
    EDIT_SIDE = auto()
    WORDS = auto()
    EDITING = auto()


class ModeKey(Enum):
    LEFT = "Left"
    RIGHT = "Right"
    UP = "Up"
    TIE = "Down"
    LONGER = "Shift+Right"
    SHORTER = "Shift+Left"
    OTHER = "Tab"
    BACK = "Backspace"
    DONE = "Return"
    CANCEL = "Esc"


_OF_WORDS = (ModeKey.UP, ModeKey.LONGER, ModeKey.SHORTER, ModeKey.OTHER)


class Keyboard(QObject):
    """Emits `pressed` with an Action, and within a mode `answered` with a ModeKey or a figure.

    Every key is a shortcut of `owner`, on only while the focus is on it and on no field.
    """

    pressed = Signal(object)
    answered = Signal(object)

    def __init__(self, owner: QWidget, keymap: KeyMap) -> None:
        super().__init__(owner)
        self._owner = owner
        self._mode = Mode.VERDICTS
        self._can_decide = False
        self._is_typing = False
        self._actions = {action: self._shortcut(action) for action in Action}
        self._answers = self._answer_shortcuts()
        self.use(keymap)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    @property
    def mode(self) -> Mode:
        return self._mode

    def use(self, keymap: KeyMap) -> None:
        """Listen to these keys from now on."""
        for action, shortcut in self._actions.items():
            shortcut.setKeys([QKeySequence(keys) for keys in keymap.keys(action)])
        self._update()

    def enter(self, mode: Mode) -> None:
        self._mode = mode
        self._update()

    def set_can_decide(self, can_decide: bool) -> None:
        """Whether there is a pair to decide on; undo and the like go on without."""
        if can_decide != self._can_decide:
            self._can_decide = can_decide
            self._update()

    def _focus_moved(self, _: QWidget | None, now: QWidget | None) -> None:
        is_typing = now is not None and _takes_text(now)
        if is_typing != self._is_typing:
            self._is_typing = is_typing
            self._update()

    def _update(self) -> None:
        for action, shortcut in self._actions.items():
            possible = self._can_decide or action not in VERDICTS
            listens = self._mode is Mode.VERDICTS and not self._is_typing
            shortcut.setEnabled(listens and possible)
        asks = self._mode not in (Mode.VERDICTS, Mode.EDITING) and not self._is_typing
        for shortcut in self._answers.values():
            shortcut.setEnabled(asks)
        is_choosing = asks and self._mode is Mode.WORDS
        for key in _OF_WORDS:  # elsewhere Tab goes on through the window
            self._answers[key.value].setEnabled(is_choosing)

    def _shortcut(self, action: Action) -> QShortcut:
        made = self._new_shortcut()
        made.setAutoRepeat(action in _REPEATING)
        made.activated.connect(lambda: self.pressed.emit(action))
        return made

    def _answer_shortcuts(self) -> dict[str, QShortcut]:
        answers: dict[str, ModeKey | int] = {key.value: key for key in ModeKey}
        answers |= {str(number): number for number in range(1, 10)}
        answers |= {"Enter": ModeKey.DONE, "0": ModeKey.TIE}
        made = {}
        for keys, answer in answers.items():
            shortcut = self._new_shortcut()
            shortcut.setKey(QKeySequence(keys))
            shortcut.activated.connect(lambda answer=answer: self.answered.emit(answer))
            made[keys] = shortcut
        return made

    def _new_shortcut(self) -> QShortcut:
        made = QShortcut(self._owner)
        made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        made.setAutoRepeat(False)
        return made


def _takes_text(widget: QWidget) -> bool:
    if isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QAbstractSpinBox)
