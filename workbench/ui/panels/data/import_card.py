"""Importing a file, in place: what it is, what to decide about it, progress, and what is wrong."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import KnownError
from workbench.exchange.import_file import Cancelled, ImportOptions
from workbench.formats.detect import FileKind
from workbench.ui import operations
from workbench.ui.context import Session
from workbench.ui.panels.data.file_probe import FileProbe, probe
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.meter import Meter
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_NAME_WIDTH = 280


class ImportCard(Card):
    """Hidden until `offer`. `imported` follows a finished import, with the file it was."""

    imported = Signal(object)
    another_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("-")
        self.setObjectName("data.import_card")
        self._session = session
        self._probe: FileProbe | None = None
        self._cancel = threading.Event()
        self._message = label("", "secondary", wrap=True)
        self._message.setObjectName("data.import.message")
        self._options = self._make_options()
        self._meter = Meter(self.tr("Rows imported"))
        self._go = button(self.tr("Import"), self.start, kind="primary")
        self._another = button(
            self.tr("Choose another file…"), self.another_wanted.emit, kind="quiet"
        )
        self._close = button(self.tr("Cancel"), self.give_up, kind="quiet")
        for name, made in (("go", self._go), ("another", self._another), ("cancel", self._close)):
            made.setObjectName(f"data.import.{name}")
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_8)
        for made in (self._go, self._another, self._close):
            buttons.addWidget(made)
        buttons.addStretch(1)
        self.body.addWidget(self._message)
        self.body.addWidget(self._options)
        self.body.addWidget(self._meter)
        self.body.addLayout(buttons)
        self.hide()

    @property
    def message(self) -> str:
        """The sentence that stands there now; empty while the card is hidden."""
        return "" if self.isHidden() else self._message.text()

    @property
    def is_busy(self) -> bool:
        return not self.isHidden() and not self._meter.isHidden()

    def offer(self, path: Path) -> None:
        """Look at the file and ask what its import needs to know."""
        if self.is_busy:
            return
        self._cancel = threading.Event()
        self._probe = None
        self.set_title(path.name)
        self._show_state(self.tr("Reading the file…"), is_busy=True)
        look = partial(probe, path)
        self._session.bridge.run(look, self._show_probe, self._show_error, owner=self)

    def start(self) -> None:
        """Import the file that was offered."""
        if self._probe is None or self.is_busy:
            return
        found, cancel = self._probe, self._cancel
        options = ImportOptions(
            name=self._name.text().strip() or None,
            ask_again=found.kind is FileKind.PREFERENCE and self._ask_again.isChecked(),
            held_out=self._held_out.isChecked(),
        )
        show_rows = self._session.bridge.forward(self._show_progress, owner=self)

        def on_progress(rows: int) -> None:
            if cancel.is_set():
                raise Cancelled
            show_rows(rows)

        self._show_state(self.tr("Importing…"), is_busy=True)
        self._session.change_later(
            partial(
                operations.import_file, self._session.project, found.path, options, on_progress
            ),
            owner=self,
            then=partial(self._finish, found.path),
            on_error=self._show_error,
        )

    def give_up(self) -> None:
        """Stop the import if one is at work (nothing of it stays), and hide."""
        self._cancel.set()
        self.hide()

    def _show_probe(self, found: FileProbe) -> None:
        if self._cancel.is_set():
            return
        self._probe = found
        rows = count(found.row_count, self.tr("row"), self.tr("rows"))
        kinds = {
            FileKind.PREFERENCE: self.tr("{0}: prompts with a chosen and a rejected answer."),
            FileKind.COMPARISON: self.tr("{0}: prompts with two answers that wait for a verdict."),
            FileKind.SUPERVISED: self.tr("{0}: prompts with an answer to imitate."),
            FileKind.PROMPTS: self.tr("{0}: prompts without answers."),
        }
        self._show_state(kinds[found.kind].format(rows), has_options=True)
        self._name.setText(found.path.stem)
        self._decided.setChecked(True)
        self._held_out.setChecked(False)
        self._verdicts.setVisible(found.kind is FileKind.PREFERENCE)
        self._go.setFocus()

    def _show_progress(self, rows: int) -> None:
        if self._probe is None or not self.is_busy:
            return
        total = max(1, self._probe.row_count)
        self._meter.set_share(rows / total)
        self._message.setText(self.tr("{0:,} of {1:,} rows").format(rows, total))

    def _finish(self, path: Path) -> None:
        self.hide()
        self.imported.emit(path)

    def _show_error(self, error: BaseException) -> None:
        if isinstance(error, Cancelled) or self._cancel.is_set():
            self.hide()
        elif isinstance(error, KnownError):
            self._probe = None
            self._show_state(str(error), tone="bad")
            self._another.setFocus()
        else:
            self.hide()
            self._session.show_error(error)

    def _show_state(
        self, message: str, *, is_busy: bool = False, has_options: bool = False, tone: str = "plain"
    ) -> None:
        self._message.setText(message)
        self.set_tone(tone)
        self.setAccessibleDescription(message)
        self._options.setVisible(has_options)
        self._go.setVisible(has_options)
        self._another.setVisible(tone == "bad")
        self._close.setText(self.tr("Close") if tone == "bad" else self.tr("Cancel"))
        self._meter.setVisible(is_busy)
        if is_busy:
            self._meter.set_busy()
        self.show()

    def _make_options(self) -> QWidget:
        options = QWidget()
        self._name = QLineEdit()
        self._name.setObjectName("data.import.name")
        self._name.setAccessibleName(self.tr("Name of the data set"))
        self._name.setFixedWidth(_NAME_WIDTH)
        name_title = label(self.tr("Name"), "secondary")
        name_title.setBuddy(self._name)
        self._decided = QRadioButton(self.tr("Already decided: the chosen answer is better"))
        self._decided.setObjectName("data.import.decided")
        self._ask_again = QRadioButton(self.tr("To be labelled: ask in Label which is better"))
        self._ask_again.setObjectName("data.import.ask_again")
        self._held_out = QCheckBox(self.tr("Held out: never train on these prompts"))
        self._held_out.setObjectName("data.import.held_out")
        self._choice = QButtonGroup(options)
        self._choice.addButton(self._decided)
        self._choice.addButton(self._ask_again)
        self._verdicts = QWidget()
        verdicts = QVBoxLayout(self._verdicts)
        verdicts.setContentsMargins(0, 0, 0, 0)
        verdicts.setSpacing(SPACE_8)
        verdicts.addWidget(self._decided)
        verdicts.addWidget(self._ask_again)
        named = QHBoxLayout()
        named.setSpacing(SPACE_16)
        named.addWidget(name_title)
        named.addWidget(self._name)
        named.addStretch(1)
        layout = QVBoxLayout(options)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addLayout(named)
        layout.addWidget(self._verdicts)
        layout.addWidget(self._held_out)
        return options
