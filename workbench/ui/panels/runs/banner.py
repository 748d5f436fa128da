"""The strip above the plots: what to look at, or why a run died, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from workbench.core.events import Event, RunState, Severity, Warned
from workbench.store.rows import RunRow
from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label, pill, set_kind, set_pill


class Banner(Card):
    """Shows the newest warning that was not hidden; a crash comes before any warning.

    `show_where(step)` asks for the place in the plots, `change_wanted(run_id)` for a new run with
    other settings than that one's.
    """

    show_where = Signal(int)
    change_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__(tone="caution")
        self._hidden: set[tuple[str, str]] = set()
        self._shown: tuple[str, str] = ("", "")
        self._step = 0
        self._pill = pill(self.tr("Look"), "caution")
        self._text = label(wrap=True)
        self._where = button(self.tr("Show where"), self._ask_where)
        self._change = button(self.tr("Change settings"), self._ask_change)
        self._change.setObjectName("banner.change")
        self._change.setToolTip(self.tr("Set up another run like this one in Train"))
        self._hide = button(self.tr("Hide"), self._hide_this, kind="quiet")
        row = QHBoxLayout()
        row.setSpacing(SPACE_12)
        words = QVBoxLayout()
        words.addWidget(self._text)
        row.addWidget(self._pill)
        row.addLayout(words, 1)
        row.addWidget(self._where)
        row.addWidget(self._change)
        row.addWidget(self._hide)
        self.body.setContentsMargins(SPACE_12, SPACE_8, SPACE_12, SPACE_8)
        self.body.addLayout(row)
        self.hide()

    def show_run(
        self, run: RunRow | None, happenings: Sequence[Event], *, would_crash_again: bool = False
    ) -> None:
        """Show what there is to say of `run`, or nothing.

        Other settings are offered first where the run `would_crash_again` with these.
        """
        set_kind(self._change, "primary" if would_crash_again else "raised")
        if run is None:
            self.hide()
        elif run.state is RunState.CRASHED and self._is_new(run, "crashed"):
            words = run.detail or self.tr("It ended without saying why.")
            self._say(self.tr("Crashed"), "bad", words, None)
        elif run.state is RunState.NO_CONTACT and self._is_new(run, "no contact"):
            self._say(self.tr("No contact"), "caution", run.detail, None)
        elif (warned := self._newest(run, happenings)) is not None:
            self._say(self.tr("Look"), "caution", warned.message, warned.step)
        else:
            self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def _newest(self, run: RunRow, happenings: Sequence[Event]) -> Warned | None:
        for event in reversed(happenings):
            payload = event.payload
            if (
                isinstance(payload, Warned)
                and payload.severity is Severity.CAUTION
                and self._is_new(run, payload.code)
            ):
                return payload
        return None

    def _is_new(self, run: RunRow, code: str) -> bool:
        what = (run.id, code)
        if what in self._hidden:
            return False
        self._shown = what
        return True

    def _say(self, word: str, tone: str, text: str, step: int | None) -> None:
        self.set_tone(tone)
        set_pill(self._pill, word, tone)
        self._text.setText(text)
        self._step = step or 0
        self._where.setVisible(step is not None)
        self._change.setVisible(tone == "bad")
        self.show()

    def _ask_where(self) -> None:
        self.show_where.emit(self._step)

    def _ask_change(self) -> None:
        self.change_wanted.emit(self._shown[0])

    def _hide_this(self) -> None:
        self._hidden.add(self._shown)
        self.hide()
