"""The verdicts as buttons, and the strip of keys below them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from workbench.ui.panels.label.actions import VERDICTS, Action, KeyMap, title
from workbench.ui.panels.label.pending import Pending
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.flow import FlowLayout
from workbench.ui.widgets.texts import key_cap, label

_GRADED = (
    Action.LEFT_MUCH, Action.LEFT, Action.LEFT_SLIGHTLY, Action.TIE,
    Action.RIGHT_SLIGHTLY, Action.RIGHT, Action.RIGHT_MUCH,
)  # fmt: skip
_STRIP = (
    Action.BOTH_BAD, Action.SKIP, Action.FLAG, Action.EDIT, Action.DIFFERENCE, Action.GOOD_SPAN,
    Action.BAD_SPAN, Action.ASPECTS, Action.TAGS, Action.NOTE, Action.DETAILS, Action.UNDO,
)  # fmt: skip
_ROOM_TO_SAY = "Saved 22:22:22"
_ROUNDING_PX = 1


class _KeyButton(QPushButton):
    """A key cap and a word; Tab never ends on it, so that Space keeps its own meaning."""

    def __init__(self, action: Action, text: str, *, is_wide: bool) -> None:
        super().__init__()
        self.action = action
        self._keymap_title = title(action)
        self.setObjectName(f"label.verdict.{action.value}")
        self.setAccessibleName(self._keymap_title)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cap = key_cap("")
        self._row = QHBoxLayout(self)
        side = SPACE_4 if is_wide else 0  # the stretches give more where there is room
        self._row.setContentsMargins(side, 0, side, 0)
        self._row.setSpacing(SPACE_8 if is_wide else SPACE_4)
        word = label(text, "body" if is_wide else "secondary")
        if is_wide:
            self._row.addStretch(1)
        for part in (self._cap, word):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._row.addWidget(part)
        self._row.addStretch(1)
        if not is_wide:
            self.setProperty("kind", "link")

    def show_key(self, keymap: KeyMap) -> None:
        """Show the action's first key; all of them are in the tooltip."""
        self._cap.setText(keymap.shown(self.action))
        self._cap.setVisible(bool(keymap.keys(self.action)))
        keys = "   ".join(keymap.keys(self.action))
        self.setToolTip(f"{self._keymap_title}: {keys}" if keys else self._keymap_title)
        self.setMinimumWidth(self._row.sizeHint().width())


class _Said(ElidedLabel):
    """Leaves its room to its neighbour while it says nothing."""

    def __init__(self, name: str) -> None:
        super().__init__("", "small")
        self.setObjectName(name)
        self.hide()

    def show_text(self, text: str) -> None:
        super().show_text(text)
        self.setVisible(bool(text))


class VerdictBar(QWidget):
    """Emits `chosen` with an Action. `ask` shows a question in place of the strip of keys."""

    chosen = Signal(object)

    def __init__(self, keymap: KeyMap) -> None:
        super().__init__()
        self._buttons: list[_KeyButton] = []
        self._can_decide = True
        self._is_asking = False
        graded = QHBoxLayout()
        graded.setSpacing(SPACE_8)
        for action in _GRADED:
            graded.addWidget(self._button(action, title(action), is_wide=True), 1)
        self.attached = _Said("label.attached")
        self.saved = _Said("label.saved")
        self.saved.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._strip = self._make_strip()
        self._question = ElidedLabel()
        self._question.setObjectName("label.question")
        self._pages = QStackedWidget()
        self._pages.addWidget(self._strip)
        self._pages.addWidget(self._question)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_8)
        column.addLayout(graded)
        column.addWidget(self._pages)
        self.show_keys(keymap)

    def show_keys(self, keymap: KeyMap) -> None:
        """Show what the keys are now."""
        for made in self._buttons:
            made.show_key(keymap)

    def set_can_decide(self, can_decide: bool) -> None:
        """Turn every verdict on or off; undo and the like stay."""
        self._can_decide = can_decide
        self._show_enabled()

    def ask(self, question: str) -> None:
        """Show a question in place of the strip; empty brings the strip and the verdicts back."""
        is_new = bool(question) and not self._is_asking
        if is_new or not question:  # what is above stays where it is
            self._pages.setMinimumHeight(self._pages.height() if is_new else 0)
        self._is_asking = bool(question)
        self._question.show_text(question)
        self._pages.setCurrentIndex(int(self._is_asking))
        self._show_enabled()

    def show_attached(self, pending: Pending) -> None:
        """What the verdict will carry, in a few words at the end of the strip."""
        parts = [
            self.tr("flagged") if pending.flag else "",
            self.tr("note") if pending.note.strip() else "",
            self.tr("reasons {count}").format(count=len(pending.tags)) if pending.tags else "",
            self.tr("aspects {count}").format(count=len(pending.aspects))
            if pending.aspects
            else "",
            self.tr("marks {count}").format(count=len(pending.spans)) if pending.spans else "",
        ]
        self.attached.show_text(" · ".join(part for part in parts if part))
        if not pending.is_empty:
            self.saved.show_text("")

    def _show_enabled(self) -> None:
        for made in self._buttons:
            if made.action in VERDICTS:
                made.setEnabled(self._can_decide and not self._is_asking)

    def _make_strip(self) -> QWidget:
        strip = QWidget()
        keys = FlowLayout(gap=SPACE_8, asks_for_one_line=True)
        row = QHBoxLayout(strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        words = {
            Action.BOTH_BAD: self.tr("both bad"),
            Action.SKIP: self.tr("skip"),
            Action.FLAG: self.tr("flag"),
            Action.EDIT: self.tr("edit"),
            Action.DIFFERENCE: self.tr("difference"),
            Action.GOOD_SPAN: self.tr("good"),
            Action.BAD_SPAN: self.tr("bad"),
            Action.ASPECTS: self.tr("aspects"),
            Action.TAGS: self.tr("reasons"),
            Action.NOTE: self.tr("note"),
            Action.DETAILS: self.tr("details"),
            Action.UNDO: self.tr("undo"),
        }
        for action in _STRIP:
            keys.addWidget(self._button(action, words[action], is_wide=False))
        row.addLayout(keys)  # on two lines where the window is narrow or the text large
        row.addWidget(self._make_said(), 1)
        return strip

    def _make_said(self) -> QWidget:
        """What is told beside the keys, in room that is always the same: the keys never move."""
        said = QWidget()
        row = QHBoxLayout(said)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        row.addWidget(self.attached, 2)
        row.addWidget(self.saved, 1)
        self.saved.ensurePolished()
        room_px = self.saved.fontMetrics().horizontalAdvance(_ROOM_TO_SAY)
        said.setMinimumWidth(room_px + _ROUNDING_PX)
        return said

    def _button(self, action: Action, text: str, *, is_wide: bool) -> _KeyButton:
        made = _KeyButton(action, text, is_wide=is_wide)
        made.clicked.connect(lambda: self.chosen.emit(action))
        self._buttons.append(made)
        return made
