"""One answer on its way: who writes it (if that may be known), the text, and its speed."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout

from workbench.core.generation import Done
from workbench.core.preferences import Side
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.rich_answer import RichAnswer
from workbench.ui.widgets.texts import button, key_cap, label, pill

_LAID_OUT_EACH_MS = 100  # words come faster than a long answer is laid out


class ColumnCard(Card):
    """Emits `preferred` when its button is pressed."""

    preferred = Signal(Side)

    def __init__(self, side: Side, key: str) -> None:
        super().__init__()
        self._side = side
        title = self.tr("Left") if side is Side.LEFT else self.tr("Right")
        self._side_title = title
        self._title = label(title, "card_title")
        self._note = label("", "small")
        self._preferred = pill(self.tr("preferred"), "good")
        self.header.addWidget(key_cap(key))
        self.header.addWidget(self._title)
        self.header.addWidget(self._note)
        self.header.addStretch(1)
        self.header.addWidget(self._preferred)
        self.view = RichAnswer(title)
        self.view.setObjectName(f"compare.{side.value}")
        self.view.setPlaceholderText(self.tr("An answer is written here."))
        self._text = ""
        self._laying_out = QTimer(self)
        self._laying_out.setSingleShot(True)
        self._laying_out.setInterval(_LAID_OUT_EACH_MS)
        self._laying_out.timeout.connect(self._show_more)
        self._speed = label("", "small")
        self._better = button(self.tr("Better"), lambda: self.preferred.emit(self._side))
        self._better.setObjectName(f"compare.{side.value}.better")
        self._better.setAccessibleName(self.tr("{0} is better").format(title))
        footer = QHBoxLayout()
        footer.setSpacing(SPACE_8)
        footer.addWidget(self._better)
        footer.addStretch(1)
        footer.addWidget(self._speed)
        self.body.addLayout(self.header)
        self.body.addWidget(self.view, 1)
        self.body.addLayout(footer)
        self.clear()

    def clear(self) -> None:
        """An empty column, before anything is written."""
        self._text = ""
        self._laying_out.stop()
        self.view.show_source("")
        self._speed.clear()
        self.name_writer("", "")
        self.show_outcome(preferred=False)
        self.allow_vote(False)

    def name_writer(self, name: str, note: str) -> None:
        """Say who writes here; empty while that is hidden."""
        self._title.setText(name or self._side_title)
        self._note.setText(note)

    def append(self, text: str) -> None:
        """Add what was written; it is shown with what comes within a moment."""
        self._text += text
        if not self._laying_out.isActive():
            self._laying_out.start()

    def _show_more(self) -> None:
        self.view.show_more(self._text)

    def show_done(self, done: Done) -> None:
        """The whole text, and how fast it came."""
        self._text = done.text
        self._laying_out.stop()
        self._show_more()
        per_second = done.tokens / done.elapsed_s if done.elapsed_s > 0 else 0.0
        self._speed.setText(
            self.tr("{0} words · {1} tokens · {2:.0f} tok/s · {3:.2f} s to first").format(
                len(done.text.split()), done.tokens, per_second, done.first_token_s
            )
        )

    def allow_vote(self, allowed: bool) -> None:
        self._better.setEnabled(allowed)

    def show_outcome(self, *, preferred: bool) -> None:
        self._preferred.setVisible(preferred)
        self.set_tone("good" if preferred else "plain")
