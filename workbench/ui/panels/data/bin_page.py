"""What was thrown away, and how it comes back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from workbench.store.bin import Thrown
from workbench.ui import data_operations
from workbench.ui.bridge import Latest
from workbench.ui.context import Session
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.panels.data.words import moment
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.entry_list import Entry, EntryList
from workbench.ui.widgets.texts import button


class BinPage(ToolPage):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.set_heading(
            self.tr("Bin"), self.tr("Rows in here are shown, asked for and trained on nowhere.")
        )
        self._session = session
        self._readings = Latest(session.bridge, self)
        self._chooses_first = True
        self.list = EntryList(self.tr("What was thrown away"))
        self._back = button(self.tr("Put back"), self.put_back, kind="primary", icon="undo")
        self._back.setObjectName("data.bin.back")
        self.list.chosen.connect(lambda: self._back.setEnabled(True))
        self._empty = EmptyState(
            "remove", self.tr("The bin is empty"), self.tr("Deleted rows wait here, all of them.")
        )
        self._full = Card()
        self._full.body.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(self._back)
        row.addStretch(1)
        self._full.body.addLayout(row)
        self.body.addWidget(self._full, 1)
        self.body.addWidget(self._empty, 1, Qt.AlignmentFlag.AlignCenter)

    def refresh(self) -> None:
        """Read what is in the bin, and choose what was thrown away last."""
        self._chooses_first = True
        self._read()

    def put_back(self) -> None:
        """Take the chosen rows out of the bin; a second press in haste takes no others."""
        chosen = self.list.current_key
        if not chosen or not self._back.isEnabled():
            return
        self._back.setEnabled(False)
        self._chooses_first = False
        self._session.change_later(
            partial(data_operations.put_back, self._session.project, chosen),
            owner=self, then=self._read, on_error=self._failed,
        )  # fmt: skip

    def _failed(self, error: BaseException) -> None:
        self._back.setEnabled(True)
        self._session.show_error(error)

    def _read(self) -> None:
        read = self._session.project.bin.batches
        self._readings.run(read, self._show, self._session.show_error)

    def _show(self, batches: list[Thrown]) -> None:
        kinds = {
            "pair": self.tr("pairs"),
            "example": self.tr("examples"),
            "prompt": self.tr("prompts"),
            "unpaired": self.tr("rated answers"),
        }
        entries = [
            Entry(item.batch, f"{item.row_count:,} {kinds[item.kind]}", moment(item.thrown_at))
            for item in batches
        ]
        self.list.show_entries(entries)
        self._full.setVisible(bool(batches))
        self._empty.setVisible(not batches)
        if batches and self._chooses_first and not self.list.current_key:
            self.list.select(batches[0].batch)
        self._back.setEnabled(bool(self.list.current_key))
