"""The prompt of a row in the detail view: read it with its turns, or edit it in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.conversation import Conversation, plain_text
from workbench.ui.panels.data.conversation_edit import ConversationEdit
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.rich_answer import RichAnswer
from workbench.ui.widgets.texts import button, label

_MOST_HEIGHT = 2400


class PromptBlock(QWidget):
    """`saved` carries the new messages."""

    saved = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._messages: Conversation = ()
        self._title = label(self.tr("Prompt"), "strong")
        self._edit = button(self.tr("Edit"), self.begin, kind="link")
        self._edit.setObjectName("data.edit.prompt")
        self._view = RichAnswer(self.tr("Prompt"), max_height=_MOST_HEIGHT)
        self._view.setObjectName("data.row.prompt")
        self._view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # to copy from it
        self.editor = ConversationEdit()
        self._editing = self._make_editing()
        self._editing.hide()
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_4)
        layout.addLayout(head)
        layout.addWidget(self._view)
        layout.addWidget(self._editing)

    @property
    def is_editing(self) -> bool:
        return not self._editing.isHidden()

    @property
    def draft(self) -> Conversation | None:
        """What was written and not saved yet."""
        written = self.editor.messages if self.is_editing else self._messages
        return written if written != self._messages else None

    def show_prompt(self, messages: Conversation) -> None:
        """Show these turns."""
        if messages != self._messages:
            self._messages = messages
            self._view.show_source(plain_text(messages))
        self.end()

    def begin(self) -> None:
        """Let the turns be edited."""
        self.begin_with(self._messages)
        self.editor.first_text.setFocus()

    def begin_with(self, draft: Conversation) -> None:
        """Go on with what was written before; the keyboard stays where it is."""
        self.editor.show_messages(draft)
        self._view.hide()
        self._edit.hide()
        self._editing.show()

    def end(self) -> None:
        """Leave the editing without saving."""
        at = QApplication.focusWidget()
        had_keyboard = at is not None and self._editing.isAncestorOf(at)
        self._editing.hide()
        self._view.show()
        self._edit.show()
        if had_keyboard:
            self._edit.setFocus()

    def _save(self) -> None:
        self.saved.emit(self.editor.messages)

    def _make_editing(self) -> QWidget:
        save = button(self.tr("Save"), self._save, kind="primary", tip="Ctrl+Enter")
        save.setObjectName("data.save.prompt")
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(save)
        row.addWidget(button(self.tr("Cancel"), self.end, kind="quiet", tip="Esc"))
        row.addStretch(1)
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(self.editor)
        layout.addLayout(row)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Ctrl+Return"), made, self._save, context=within)
        QShortcut(QKeySequence("Escape"), made, self.end, context=within)
        return made
