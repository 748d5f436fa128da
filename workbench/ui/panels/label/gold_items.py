"""The gold items of a project; each can be an ordinary pair again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.preferences import Pair
from workbench.ui.tokens import SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.entry_list import Entry, EntryList
from workbench.ui.widgets.texts import button, label

_SIZE = (520, 420)


class GoldItemsDialog(QDialog):
    """`unmark` is given the id of a pair, and says whether it is an ordinary one now."""

    def __init__(
        self, pairs: Sequence[Pair], unmark: Callable[[str], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Gold items"))
        self.setObjectName("label.gold_items")
        self.resize(*_SIZE)
        self._unmark = unmark
        self._said = label("", "secondary", wrap=True)
        self.items = EntryList(self.tr("Gold items"))
        self.ordinary = button(self.tr("Make it an ordinary pair"), self._make_ordinary)
        self.ordinary.setAutoDefault(False)
        close = button(self.tr("Close"), self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_8)
        buttons.addWidget(self.ordinary)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_16, SPACE_16, SPACE_16, SPACE_16)
        column.setSpacing(SPACE_12)
        column.addWidget(self._said)
        column.addWidget(self.items, 1)
        column.addLayout(buttons)
        self._show([self._entry(pair) for pair in pairs])
        (self.items if pairs else close).setFocus()

    def _entry(self, pair: Pair) -> Entry:
        asked = " ".join(pair.prompt.messages[-1].content.split())
        answers = " · ".join(" ".join(one.text.split()) for one in (pair.first, pair.second))
        return Entry(pair.id, asked, answers)

    def _make_ordinary(self) -> None:
        pair_id = self.items.current_key
        if pair_id and self._unmark(pair_id):
            self._show([entry for entry in self.items.entries if entry.key != pair_id])

    def _show(self, entries: Sequence[Entry]) -> None:
        said = self.tr(
            "They test the other annotators and never train a model. An ordinary pair is asked and"
            " trains like any other; verdicts that were given on it as a gold item do not train."
        )
        self._said.setText(said if entries else self.tr("No pair is a gold item."))
        self.items.show_entries(entries)
        self.ordinary.setEnabled(bool(entries))
        if entries:
            self.items.select(entries[0].key)
