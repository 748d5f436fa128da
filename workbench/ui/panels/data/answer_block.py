"""An answer of a row in the detail view: where it comes from, and its text."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox

from workbench.ui.panels.data.conversation_edit import TextField
from workbench.ui.panels.data.editable_block import EditableBlock
from workbench.ui.widgets.texts import label, pill, set_pill

_EDITOR_HEIGHTS = (120, 360)


class AnswerBlock(EditableBlock):
    """`saved` carries the new text, and whether the verdict shall be asked for again."""

    saved = Signal(str, bool)

    def __init__(self, name: str) -> None:
        self._field = TextField("")
        self._ask_again = QCheckBox()
        super().__init__(
            name, "", (self._field, self._ask_again), begin=self.begin, save=self._save
        )
        self._text = ""
        self._field.setObjectName(f"data.edit_text.{name}")
        self._ask_again.setText(self.tr("Ask for the verdict again"))
        self._ask_again.setToolTip(self.tr("The verdict was about the text before this edit."))
        self._mark = pill("", "good")
        self._origin = label("", "small", wrap=True)
        self._head.insertWidget(1, self._mark)
        self._column.insertWidget(1, self._origin)

    @property
    def draft(self) -> str | None:
        """What was written and not saved yet."""
        written = self._field.toPlainText()
        return written if self.is_editing and written != self._text else None

    def show_text(
        self, title: str, text: str, origin: str = "", mark: str = "", *, has_verdict: bool = False
    ) -> None:
        """Show a text with where it came from, and a word in a pill; an edit under way is left."""
        self._title.setText(title)
        self._origin.setText(origin)
        self._origin.setVisible(bool(origin))
        self._view.setAccessibleName(title)
        self._field.setAccessibleName(title)
        set_pill(self._mark, mark, "good")
        self._mark.setVisible(bool(mark))
        self._ask_again.setVisible(has_verdict)
        self._ask_again.setChecked(False)
        if text != self._text:
            self._text = text
            self._view.show_source(text)
        self.end()

    def begin(self) -> None:
        """Let it be edited."""
        self.begin_with(self._text)
        self._field.setFocus()

    def begin_with(self, draft: str) -> None:
        """Go on with what was written before; the keyboard stays where it is."""
        self._field.setPlainText(draft)
        least, most = _EDITOR_HEIGHTS
        self._field.setFixedHeight(max(least, min(most, self._view.height() + 24)))
        self._open_editor()

    def _save(self) -> None:
        self.saved.emit(self._field.toPlainText(), self._ask_again.isChecked())
