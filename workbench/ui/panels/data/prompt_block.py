"""The prompt of a row in the detail view, with its turns."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal

from workbench.core.conversation import Conversation, plain_text
from workbench.ui.panels.data.conversation_edit import ConversationEdit
from workbench.ui.panels.data.editable_block import EditableBlock


class PromptBlock(EditableBlock):
    """`saved` carries the new messages."""

    saved = Signal(object)

    def __init__(self) -> None:
        self.editor = ConversationEdit()
        title = QCoreApplication.translate("PromptBlock", "Prompt")
        super().__init__("prompt", title, (self.editor,), begin=self.begin, save=self._save)
        self._messages: Conversation = ()

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
        """Let it be edited."""
        self.begin_with(self._messages)
        self.editor.first_text.setFocus()

    def begin_with(self, draft: Conversation) -> None:
        """Go on with what was written before; the keyboard stays where it is."""
        self.editor.show_messages(draft)
        self._open_editor()

    def _save(self) -> None:
        self.saved.emit(self.editor.messages)
