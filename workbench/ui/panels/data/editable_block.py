"""A text of a row in the detail view, to read and to edit in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.rich_answer import RichAnswer
from workbench.ui.widgets.texts import button, label

_MOST_HEIGHT = 2400


class EditableBlock(QWidget):
    """Its title, the text, and in the text's place the fields while it is edited.

    `begin` is called for an edit to begin, `save` for what is then in the fields to be handed on.
    """

    def __init__(
        self,
        name: str,
        title: str,
        fields: Sequence[QWidget],
        *,
        begin: Callable[[], None],
        save: Callable[[], None],
    ) -> None:
        super().__init__()
        self._title = label(title, "strong")
        self._edit = button(self.tr("Edit"), begin, kind="link")
        self._edit.setObjectName(f"data.edit.{name}")
        self._view = RichAnswer(title, max_height=_MOST_HEIGHT)
        self._view.setObjectName(f"data.row.{name}")
        self._view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # to copy from it
        self._editor = self._make_editor(name, fields, save)
        self._editor.hide()
        self._head = QHBoxLayout()
        self._head.setSpacing(SPACE_8)
        self._head.addWidget(self._title)
        self._head.addStretch(1)
        self._head.addWidget(self._edit)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE_4)
        self._column.addLayout(self._head)
        self._column.addWidget(self._view)
        self._column.addWidget(self._editor)

    @property
    def is_editing(self) -> bool:
        return not self._editor.isHidden()

    def end(self) -> None:
        """Leave the editing without saving."""
        at = QApplication.focusWidget()
        had_keyboard = at is not None and self._editor.isAncestorOf(at)
        self._editor.hide()
        self._view.show()
        self._edit.show()
        if had_keyboard:
            self._edit.setFocus()

    def _open_editor(self) -> None:
        self._view.hide()
        self._edit.hide()
        self._editor.show()

    def _make_editor(
        self, name: str, fields: Sequence[QWidget], save: Callable[[], None]
    ) -> QWidget:
        keep = button(self.tr("Save"), save, kind="primary", tip="Ctrl+Enter")
        keep.setObjectName(f"data.save.{name}")
        cancel = button(self.tr("Cancel"), self.end, kind="quiet", tip="Esc")
        self.last_stop: QWidget = cancel  # where Tab is last
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(keep)
        row.addWidget(cancel)
        row.addStretch(1)
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        for field in fields:
            layout.addWidget(field)
        layout.addLayout(row)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Ctrl+Return"), made, save, context=within)
        QShortcut(QKeySequence("Escape"), made, self.end, context=within)
        return made
