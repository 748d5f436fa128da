"""A text of a row in the detail view: read it, or edit it in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.panels.data.conversation_edit import TextField
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.rich_answer import RichAnswer
from workbench.ui.widgets.texts import button, label, pill, set_pill

_MOST_HEIGHT = 2400
_EDITOR_HEIGHTS = (120, 360)


class AnswerBlock(QWidget):
    """`saved` carries the new text, and whether the verdict shall be asked for again."""

    saved = Signal(str, bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._text = ""
        self._title = label("", "strong")
        self._mark = pill("", "good")
        self._origin = label("", "small", wrap=True)
        self._edit = button(self.tr("Edit"), self.begin, kind="link")
        self._edit.setObjectName(f"data.edit.{name}")
        self._view = RichAnswer("", max_height=_MOST_HEIGHT)
        self._view.setObjectName(f"data.row.{name}")
        self._view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # to copy from it
        self._field = TextField("")
        self._field.setObjectName(f"data.edit_text.{name}")
        self._ask_again = QCheckBox(self.tr("Ask for the verdict again"))
        self._ask_again.setToolTip(self.tr("The verdict was about the text before this edit."))
        self._editor = self._make_editor(name)
        self._editor.hide()
        head = QHBoxLayout()
        head.setSpacing(SPACE_8)
        head.addWidget(self._title)
        head.addWidget(self._mark)
        head.addStretch(1)
        head.addWidget(self._edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_4)
        layout.addLayout(head)
        layout.addWidget(self._origin)
        layout.addWidget(self._view)
        layout.addWidget(self._editor)

    @property
    def is_editing(self) -> bool:
        return not self._editor.isHidden()

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
        """Let the text be edited."""
        self.begin_with(self._text)
        self._field.setFocus()

    def begin_with(self, draft: str) -> None:
        """Go on with what was written before; the keyboard stays where it is."""
        self._field.setPlainText(draft)
        least, most = _EDITOR_HEIGHTS
        self._field.setFixedHeight(max(least, min(most, self._view.height() + 24)))
        self._view.hide()
        self._edit.hide()
        self._editor.show()

    def end(self) -> None:
        """Leave the editing without saving."""
        at = QApplication.focusWidget()
        had_keyboard = at is not None and self._editor.isAncestorOf(at)
        self._editor.hide()
        self._view.show()
        self._edit.show()
        if had_keyboard:
            self._edit.setFocus()

    def _save(self) -> None:
        self.saved.emit(self._field.toPlainText(), self._ask_again.isChecked())

    def _make_editor(self, name: str) -> QWidget:
        save = button(self.tr("Save"), self._save, kind="primary", tip="Ctrl+Enter")
        save.setObjectName(f"data.save.{name}")
        cancel = button(self.tr("Cancel"), self.end, kind="quiet", tip="Esc")
        self.last_stop: QWidget = cancel  # where Tab is last
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(save)
        row.addWidget(cancel)
        row.addStretch(1)
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(self._field)
        layout.addWidget(self._ask_again)
        layout.addLayout(row)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Ctrl+Return"), made, self._save, context=within)
        QShortcut(QKeySequence("Escape"), made, self.end, context=within)
        return made
