"""A text that people read with care: an answer, or a prompt."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextBlockFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit

from workbench.ui.tokens import TEXT_STYLES

_LINE_HEIGHT = TEXT_STYLES["answer"].line_height


class AnswerView(QTextEdit):
    """Read-only text in the reading style; scrolls when it is long.

    It never takes the keyboard, so that a panel's keys keep working over it.
    """

    def __init__(self, name: str, *, max_height: int | None = None) -> None:
        super().__init__()
        self._max_height = max_height
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setProperty("role", "answer")
        self.setProperty("frame", "none")
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)

    def show_text(self, text: str) -> None:
        """Replace the text and show its beginning."""
        self.setPlainText(text)
        self._space_lines()
        self.verticalScrollBar().setValue(0)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _space_lines(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(_line_format())

    def _fit(self) -> None:
        """With a largest height: be as high as the text needs, and no higher than that."""
        if self._max_height is None:
            return
        size = self.document().size()
        needed = max(_LINE_HEIGHT, int(size.height()) + 2)
        if size.width() > self.viewport().width() + 1:
            needed += self.horizontalScrollBar().sizeHint().height()
        # Qt counts what there is to scroll before the height has changed, and not again after it.
        fits = needed <= self._max_height
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if fits else policy.ScrollBarAsNeeded
        )
        self.setFixedHeight(min(needed, self._max_height))
        if fits:
            self.verticalScrollBar().setRange(0, 0)


def _line_format() -> QTextBlockFormat:
    made = QTextBlockFormat()
    made.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return made
