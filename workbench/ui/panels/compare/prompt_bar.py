"""The prompt: one of the project's to step through, or one's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit

from workbench.core import conversation
from workbench.core.conversation import Conversation
from workbench.core.preferences import Prompt, Split
from workbench.ui.tokens import SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, pill


class PromptBar(Card):
    """Emits `wanted` when answers are asked for, `changed` when another prompt is in view and
    `edited` at each keystroke.
    """

    wanted = Signal()
    changed = Signal()
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._by_split: Mapping[Split, Sequence[Prompt]] = {}
        self._prompts: Sequence[Prompt] = ()
        self._place = 0
        self._split = QComboBox()
        self._split.setObjectName("compare.split")
        self._split.setAccessibleName(self.tr("Which prompts"))
        self._split.addItem(self.tr("Held-out prompts"), Split.HELD_OUT)
        self._split.addItem(self.tr("Training prompts"), Split.TRAIN)
        self._split.activated.connect(self._change_split)
        self._position = pill()
        self._position.hide()
        self._text = QLineEdit()
        self._text.setObjectName("compare.prompt")
        self._text.setAccessibleName(self.tr("Prompt"))
        self._text.setPlaceholderText(self.tr("Ask both models something"))
        self._text.returnPressed.connect(self.wanted)
        self._text.textEdited.connect(self._show_position)
        self._text.textEdited.connect(self.edited)
        self._text.editingFinished.connect(self._leave)
        self._previous = button(self.tr("Previous"), lambda: self.step(-1), kind="quiet")
        self._next = button(self.tr("Next"), lambda: self.step(1), kind="quiet")
        self._previous.setObjectName("compare.previous")
        self._next.setObjectName("compare.next")
        row = QHBoxLayout()
        row.setSpacing(SPACE_12)
        row.addWidget(self._split)
        row.addWidget(self._position)
        row.addWidget(self._text, 1)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        self.body.addLayout(row)

    def show_prompts(
        self, by_split: Mapping[Split, Sequence[Prompt]], reviewed: Collection[str] = ()
    ) -> None:
        """Offer these; a text that somebody typed stays.

        The first time the first one is in view that is not among those `reviewed`, by their ids.
        """
        is_being_written = self._is_empty and bool(self._prompts)
        is_own = is_being_written or self._own() is not None
        before = self._prompts[self._place] if self._prompts else None
        self._by_split = by_split
        if not by_split[self._chosen_split()] and by_split[Split.TRAIN]:
            self._split.setCurrentIndex(self._split.findData(Split.TRAIN))
        self._prompts = by_split[self._chosen_split()]
        if before is None:
            fresh = (at for at, one in enumerate(self._prompts) if one.id not in reviewed)
            self._place = next(fresh, 0)
        place = None if before is None else self._place_of(before)
        self._place = min(self._place, max(len(self._prompts) - 1, 0)) if place is None else place
        if not is_own:
            self._show_place()
        self._show_position()
        if before is not None and place is None and not is_own:
            self.changed.emit()

    @property
    def measures_only(self) -> bool:
        """Whether votes on the prompts in view can never become pairs."""
        return self._chosen_split() is Split.HELD_OUT

    def show_training_prompts(self) -> None:
        """Offer the prompts on which a vote can become a pair."""
        self._split.setCurrentIndex(self._split.findData(Split.TRAIN))
        self._change_split()

    def step(self, by: int) -> None:
        """Show the prompt `by` places on, round and round."""
        if self._prompts:
            self._place = (self._place + by) % len(self._prompts)
            self._show_place()
            self.changed.emit()

    @property
    def prompt(self) -> Conversation | None:
        """What to ask, or None while there is nothing: what is asked is what stands there."""
        own = self._own()
        if own is not None or self._is_empty:
            return own
        return self._prompts[self._place].messages if self._prompts else None

    def _chosen_split(self) -> Split:
        return Split(self._split.currentData())

    def _change_split(self) -> None:
        self._prompts = self._by_split.get(self._chosen_split(), ())
        self._place = 0
        self._show_place()
        self.changed.emit()

    def _place_of(self, prompt: Prompt) -> int | None:
        """Where a prompt stands, word for word; mostly where it stood before."""
        if prompt in self._prompts[self._place : self._place + 1]:
            return self._place
        return next((place for place, other in enumerate(self._prompts) if other == prompt), None)

    def _own(self) -> Conversation | None:
        """What was typed, unless it is word for word the held-out prompt in view."""
        text = self._text.text().strip()
        if not text or (self._prompts and text == self._shown_text()):
            return None
        return conversation.user(text)

    @property
    def _is_empty(self) -> bool:
        return not self._text.text().strip()

    def _leave(self) -> None:
        """A field that was emptied and left shows the prompt again that it stands for."""
        if self._is_empty and self._prompts:
            self._show_place()
            if self._text.hasFocus():
                self._text.selectAll()  # who goes on typing writes something else
            self.edited.emit()

    def _shown_text(self) -> str:
        return " ".join(conversation.plain_text(self._prompts[self._place].messages).split())

    def _show_place(self) -> None:
        self._text.setText(self._shown_text() if self._prompts else "")
        self._text.setCursorPosition(0)
        self._show_position()

    def _show_position(self) -> None:
        if self._own() is not None:
            self._position.setText(self.tr("Own prompt"))
        elif self._prompts:
            said = self.tr("{0} of {1}")
            self._position.setText(said.format(self._place + 1, len(self._prompts)))
        self._position.setVisible(self._own() is not None or bool(self._prompts))
        for stepper in (self._previous, self._next):
            stepper.setEnabled(bool(self._prompts))
