"""The verdicts as buttons, each with its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.preferences import Choice, Side, Strength
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12
from workbench.ui.widgets.texts import key_cap, label


@dataclass(frozen=True, slots=True)
class Given:
    """What was pressed: a side with a strength, or a choice without a side."""

    side: Side | None = None
    strength: Strength | None = None
    choice: Choice | None = None


class VerdictBar(QWidget):
    """Emits `verdict_given` and `undo_asked`, by mouse or by key.

    Keys are shortcuts of `keys_of`, so they never fire while somebody types into a field, and a
    key that is held down gives one verdict.
    """

    verdict_given = Signal(Given)
    undo_asked = Signal()

    def __init__(self, keys_of: QWidget) -> None:
        super().__init__()
        self._keys_of = keys_of
        self._buttons: list[QPushButton] = []
        self._shortcuts: list[QShortcut] = []
        graded = QHBoxLayout()
        graded.setSpacing(SPACE_8)
        for name, keys, title, given in self._graded():
            graded.addWidget(self._verdict(name, keys, title, given), 1)
        others = QHBoxLayout()
        others.setSpacing(SPACE_12)
        for name, keys, title, given in self._others():
            others.addWidget(self._verdict(name, keys, title, given))
        self._undo = self._button("undo", ("Ctrl+Z",), self.tr("Undo"), self.undo_asked.emit)
        others.addWidget(self._undo)
        others.addStretch(1)
        self.saved = label("", "small")
        self.saved.setObjectName("label.saved")
        others.addWidget(self.saved)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_8 + SPACE_4)
        column.addLayout(graded)
        column.addLayout(others)

    def set_can_decide(self, can_decide: bool) -> None:
        """Turn every verdict on or off; undo stays."""
        for made, shortcut in zip(self._buttons, self._shortcuts, strict=True):
            if made is not self._undo:
                made.setEnabled(can_decide)
                shortcut.setEnabled(can_decide)

    def _graded(self) -> list[tuple[str, tuple[str, ...], str, Given]]:
        left, right = Side.LEFT, Side.RIGHT
        return [
            ("left_much", ("1",), self.tr("Left much"), Given(left, Strength.MUCH)),
            ("left", ("Left", "2"), self.tr("Left better"), Given(left, Strength.CLEARLY)),
            ("left_slightly", ("3",), self.tr("Left slightly"), Given(left, Strength.SLIGHTLY)),
            ("tie", ("0", "Down"), self.tr("Tie"), Given(choice=Choice.TIE)),
            ("right_slightly", ("7",), self.tr("Right slightly"), Given(right, Strength.SLIGHTLY)),
            ("right", ("Right", "8"), self.tr("Right better"), Given(right, Strength.CLEARLY)),
            ("right_much", ("9",), self.tr("Right much"), Given(right, Strength.MUCH)),
        ]

    def _others(self) -> list[tuple[str, tuple[str, ...], str, Given]]:
        return [
            ("both_bad", ("B",), self.tr("Both bad"), Given(choice=Choice.BOTH_BAD)),
            ("skip", ("S",), self.tr("Skip"), Given(choice=Choice.SKIP)),
        ]

    def _verdict(self, name: str, keys: tuple[str, ...], title: str, given: Given) -> QPushButton:
        return self._button(name, keys, title, lambda: self.verdict_given.emit(given))

    def _button(
        self, name: str, keys: tuple[str, ...], title: str, act: Callable[[], object]
    ) -> QPushButton:
        made = QPushButton()
        made.setObjectName(f"label.verdict.{name}")
        made.setAccessibleName(title)
        # Tab must not end on a button that Space would press in the place of the keys.
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(made)
        row.setContentsMargins(SPACE_12, 0, SPACE_12, 0)
        row.setSpacing(SPACE_8)
        row.addStretch(1)
        for part in (key_cap(_shown(keys[0])), label(title)):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part)
        row.addStretch(1)
        made.setMinimumWidth(row.sizeHint().width())
        made.clicked.connect(lambda: act())
        shortcut = QShortcut(self._keys_of)
        shortcut.setKeys([QKeySequence(keys_text) for keys_text in keys])
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(lambda: act())
        self._buttons.append(made)
        self._shortcuts.append(shortcut)
        return made


def _shown(keys: str) -> str:
    return {"Left": "←", "Right": "→", "Ctrl+Z": "Ctrl Z"}.get(keys, keys)
