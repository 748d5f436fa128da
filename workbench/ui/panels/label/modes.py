"""Questions that the keys answer one after another: aspects, reasons, which answer, which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.core.preferences import Side
from workbench.ui.panels.label.keyboard import Keyboard, Mode, ModeKey
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.panels.label.word_choice import WordChoice

_NUMBERED = 9
_SIDES: dict[ModeKey, Side | None] = {
    ModeKey.LEFT: Side.LEFT,
    ModeKey.RIGHT: Side.RIGHT,
    ModeKey.TIE: None,
}


class Modes(QObject):
    """Shows each question through `ask` and writes the answers into the pair's `Pending`."""

    changed = Signal()
    edit_chosen = Signal(object)
    words_chosen = Signal(bool)
    """Words are selected; they are good ones or bad ones."""

    def __init__(
        self,
        queue: Callable[[], LabelQueue],
        keyboard: Keyboard,
        ask: Callable[[str], object],
        words: WordChoice,
    ) -> None:
        super().__init__()
        self._words = words
        self._are_good = True
        self._queue = queue
        self._keyboard = keyboard
        self._ask = ask
        self._place = 0
        keyboard.answered.connect(self._answer)

    def ask_aspects(self) -> None:
        """Each aspect in turn: left, tie or right."""
        if self._queue().settings.aspects:
            self._place = 0
            self._begin(Mode.ASPECTS)

    def ask_tags(self) -> None:
        """The reasons, by number."""
        if self._queue().settings.tags:
            self._begin(Mode.TAGS)

    def ask_edit_side(self) -> None:
        """Which answer to edit."""
        self._begin(Mode.EDIT_SIDE)

    def ask_words(self, *, are_good: bool) -> None:
        """Which words to mark."""
        self._are_good = are_good
        self._begin(Mode.WORDS)
        if self._keyboard.mode is Mode.WORDS:
            self._words.begin()

    def end(self) -> None:
        """Back to verdicts; what was answered stays."""
        self._keyboard.enter(Mode.VERDICTS)
        self._ask("")

    def _begin(self, mode: Mode) -> None:
        if self._queue().current is not None:
            self._keyboard.enter(mode)
            self._show()

    def _answer(self, key: ModeKey | int) -> None:
        mode = self._keyboard.mode
        if key in (ModeKey.CANCEL, ModeKey.DONE):
            self.end()
            if mode is Mode.WORDS:
                self._end_words(is_chosen=key is ModeKey.DONE)
            return
        if mode is Mode.ASPECTS and isinstance(key, ModeKey):
            self._answer_aspect(key)
        elif mode is Mode.TAGS and isinstance(key, int):
            self._toggle_tag(key)
        elif mode is Mode.EDIT_SIDE and key in (ModeKey.LEFT, ModeKey.RIGHT):
            self.end()
            self.edit_chosen.emit(Side.LEFT if key is ModeKey.LEFT else Side.RIGHT)
        elif mode is Mode.WORDS and isinstance(key, ModeKey):
            self._words.move(key)

    def _end_words(self, *, is_chosen: bool) -> None:
        if is_chosen:
            self.words_chosen.emit(self._are_good)
        else:
            self._words.clear()

    def _answer_aspect(self, key: ModeKey) -> None:
        queue = self._queue()
        if key is ModeKey.BACK:
            self._place = max(self._place - 1, 0)
        elif key in _SIDES and self._place < len(queue.settings.aspects):  # fewer than before?
            queue.pending.aspects[queue.settings.aspects[self._place]] = _SIDES[key]
            self._place += 1
            self.changed.emit()
        if self._place >= len(queue.settings.aspects):
            self.end()
        else:
            self._show()

    def _toggle_tag(self, number: int) -> None:
        tags = self._queue().settings.tags
        if number <= len(tags):
            self._queue().pending.toggle_tag(tags[number - 1])
            self.changed.emit()
            self._show()

    def _show(self) -> None:
        settings = self._queue().settings
        mode = self._keyboard.mode
        if mode is Mode.ASPECTS:
            self._ask(self._aspect_question(settings.aspects))
        elif mode is Mode.TAGS:
            chosen = self._queue().pending.tags
            parts = (
                f"{number} {'✓ ' if tag in chosen else ''}{tag}"
                for number, tag in enumerate(settings.tags[:_NUMBERED], start=1)
            )
            self._ask(f"{'   '.join(parts)}   {self.tr('Esc done')}")
        elif mode is Mode.WORDS:
            good, bad = self.tr("Enter marks as good"), self.tr("Enter marks as bad")
            keys = self.tr("← → ↑ ↓ word   Shift → more   Shift ← fewer   Tab other answer")
            self._ask(f"{keys}   {good if self._are_good else bad}   {self.tr('Esc none')}")
        else:
            self._ask(self.tr("Edit which answer?   ← left   → right   Esc none"))

    def _aspect_question(self, aspects: Sequence[str]) -> str:
        """One aspect, with a tick at what was answered before."""
        aspect, given = aspects[self._place], self._queue().pending.aspects
        said = self.tr("{place} of {count} · {aspect}?").format(
            place=self._place + 1, count=len(aspects), aspect=aspect.capitalize()
        )
        answers = (
            (Side.LEFT, "←", self.tr("left")),
            (None, "↓", self.tr("tie")),
            (Side.RIGHT, "→", self.tr("right")),
        )
        parts = [
            f"{key} {'✓ ' if aspect in given and given[aspect] is side else ''}{word}"
            for side, key, word in answers
        ]
        back = [self.tr("Backspace back")] if self._place else []
        return "   ".join([said, *parts, *back, self.tr("Esc done")])
