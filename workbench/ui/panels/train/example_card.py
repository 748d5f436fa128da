"""One row as the run will learn from it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from workbench.core.conversation import plain_text
from workbench.runner.snapshot import Example
from workbench.ui import theme
from workbench.ui.panels.train.material import parts_of
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import icon_button, label

_SHOWN_CHARACTERS = 280


class ExampleCard(Card):
    def __init__(self) -> None:
        super().__init__("-")
        self.setObjectName("train.example")
        self._examples: Sequence[Example] = ()
        self._method = ""
        self._row = 0
        self._back = icon_button("left", self.tr("Row before"), self._show_before)
        self._on = icon_button("next", self.tr("Next row"), self._show_next)
        self._back.setObjectName("train.example.back")
        self._on.setObjectName("train.example.next")
        self.add_header_widget(self._back)
        self.add_header_widget(self._on)
        self._position = label("", "small")
        self.body.addWidget(self._position)
        self._prompt = _Part()
        self._first, self._second = _Part(), _Part()
        for part in (self._prompt, self._first, self._second):
            self.body.addWidget(part)
        self._titles = {
            "imitated": (self.tr("Answer: imitated"), "good"),
            "chosen": (self.tr("Chosen: made more likely"), "good"),
            "rejected": (self.tr("Rejected: made less likely"), "bad"),
            "good": (self.tr("Good answer: made more likely"), "good"),
            "bad": (self.tr("Bad answer: made less likely"), "bad"),
            "scored higher": (self.tr("Chosen: scored higher"), "good"),
            "scored lower": (self.tr("Rejected: scored lower"), "bad"),
            "right": (self.tr("Right answer: for rewards to compare with"), "good"),
        }
        self.show_examples((), "")

    def show_examples(self, examples: Sequence[Example], method: str) -> None:
        """Show the first of these as a method learns from it, or stay at the row where one was."""
        self._examples, self._method = examples, method
        self._row = min(self._row, max(0, len(examples) - 1))
        self._show()

    def _show_before(self) -> None:
        self._row = (self._row - 1) % max(1, len(self._examples))
        self._show()

    def _show_next(self) -> None:
        self._row = (self._row + 1) % max(1, len(self._examples))
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._examples))
        if not self._examples:
            return
        self.set_title(self.tr("What will it learn from?"))
        self._position.setText(
            self.tr("Row {0:,} of {1:,}").format(self._row + 1, len(self._examples))
        )
        example = self._examples[self._row]
        parts = parts_of(example, self._method)
        self._prompt.show_text(plain_text(example.prompt), self.tr("Prompt"), "small")
        for place, shown in enumerate((self._first, self._second)):
            shown.setVisible(place < len(parts))
            if place < len(parts):
                shown.show_text(parts[place].text, *self._titles[parts[place].role])


class _Part(QFrame):
    """A title and the beginning of a text on an inset ground; the whole text is the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", "inset")
        self.title: QLabel = label("", "small")
        self._text = label("", "secondary", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_12, SPACE_8, SPACE_12, SPACE_8)
        layout.setSpacing(SPACE_4)
        layout.addWidget(self.title)
        layout.addWidget(self._text)

    def show_text(self, text: str, title: str, role: str) -> None:
        self.title.setText(title)
        theme.set_property(self.title, "role", role)
        beginning = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
        self._text.setText(beginning.strip())
        self._text.setToolTip(text if len(text) > _SHOWN_CHARACTERS else "")
