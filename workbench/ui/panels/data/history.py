"""What was said of a row and changed in it; of an edit, the text before it as well."""

from __future__ import annotations

import json
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from workbench.core import conversation
from workbench.store.row_detail import RowDetail
from workbench.store.row_edits import RowEdit
from workbench.ui.markup.difference import word_difference
from workbench.ui.panels.data.words import moment, part_words, verdict_words
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.rich_answer import Mark, RichAnswer
from workbench.ui.widgets.texts import button, label

_MOST_SHOWN = 40
_TEXT_HEIGHT = 1200


@dataclass(frozen=True, slots=True)
class _Entry:
    t: float
    words: str
    edit: RowEdit | None = None


class RowHistory(QWidget):
    """The newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[_Entry] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE_8)

    @property
    def text(self) -> str:
        """What stands there in words, without the texts before the edits."""
        return "\n".join(_line(entry) for entry in self._entries)

    def show_history(self, detail: RowDetail, stop_before: QWidget) -> None:
        """Show what was said of a row and changed in it; Tab comes here from `stop_before`."""
        entries = self._read(detail)
        if entries and entries == self._entries:
            return  # what was unfolded stays so
        self._entries = entries
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for entry in entries[:_MOST_SHOWN]:
            shown = _EntryView(entry)
            self._column.addWidget(shown)
            if shown.unfold is not None:
                QWidget.setTabOrder(stop_before, shown.unfold)
                stop_before = shown.unfold
        if not entries and not detail.is_kept_back:
            self._column.addWidget(
                label(self.tr("Nothing was said of it or changed yet."), "small")
            )
        if (more := len(entries) - _MOST_SHOWN) > 0:
            self._column.addWidget(label(self.tr("and {0:,} before").format(more), "small"))

    def _read(self, detail: RowDetail) -> list[_Entry]:
        entries = [_Entry(item.created_at, verdict_words(item)) for item in detail.verdicts]
        for edit in detail.edits:
            words = self.tr("{0} edited {1}").format(edit.editor, part_words(edit.part))
            entries.append(_Entry(edit.edited_at, words, edit))
        return sorted(entries, key=lambda entry: entry.t, reverse=True)


class _EntryView(QWidget):
    """A line; below that of an edit, once it is asked for, the text before with what went away."""

    def __init__(self, entry: _Entry) -> None:
        super().__init__()
        self._edit = entry.edit
        self._before: RichAnswer | None = None
        words = label(_line(entry), "small", wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE_4)
        self._layout.addWidget(words)
        self.unfold: QPushButton | None = None
        if entry.edit is not None:
            unfold = button(self.tr("Show the text before"), kind="link")
            unfold.setObjectName("data.history.before")
            unfold.clicked.connect(lambda: self._toggle(unfold))
            self.unfold = unfold
            self._layout.addWidget(unfold, 0, Qt.AlignmentFlag.AlignLeft)

    def _toggle(self, unfold: QPushButton) -> None:
        if self._before is None:
            self._before = self._made()
            self._layout.addWidget(self._before)
            is_shown = True
        else:
            is_shown = self._before.isHidden()
        self._before.setVisible(is_shown)
        unfold.setText(
            self.tr("Hide the text before") if is_shown else self.tr("Show the text before")
        )

    def _made(self) -> RichAnswer:
        assert self._edit is not None, "only an edit has a text before it"
        before, after = _texts(self._edit)
        made = RichAnswer(self.tr("The text before"), max_height=_TEXT_HEIGHT)
        made.setObjectName("data.history.text")
        made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        made.show_source(before, is_as_written=True)
        removed = word_difference(before, after).removed
        made.mark(Mark(start, end, "changed") for start, end in removed)
        return made


def _line(entry: _Entry) -> str:
    return f"{moment(entry.t)} · {entry.words}"


def _texts(edit: RowEdit) -> tuple[str, str]:
    """What stood there before and after, as people read it."""
    if edit.part != "prompt":
        return edit.before, edit.after
    before, after = (
        conversation.plain_text(conversation.from_json(json.loads(text)))
        for text in (edit.before, edit.after)
    )
    return before, after
