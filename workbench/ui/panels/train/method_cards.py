"""The methods as cards, in two groups: answers that are there, and answers it writes itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.recipes import METHODS, DataKind
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_24
from workbench.ui.widgets.card import ChoiceCard
from workbench.ui.widgets.texts import label


class MethodCards(QWidget):
    """Emits `chosen` with the name of the method whose card a person picked."""

    chosen = Signal(str)

    def __init__(self, methods: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, ChoiceCard] = {}
        self._purpose = label("", "secondary", wrap=True)
        self._purpose.setObjectName("train.method.purpose")
        own = [name for name in methods if METHODS[name].learns_from is DataKind.PROMPTS]
        given = [name for name in methods if name not in own]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        row = QHBoxLayout()
        row.setSpacing(SPACE_24)
        layout.addLayout(row)
        layout.addWidget(self._purpose)
        for title, names in (
            (self.tr("From answers you have"), given),
            (self.tr("From its own answers"), own),
        ):
            if names:
                group = QVBoxLayout()
                row.addLayout(group, len(names))
                self._fill(group, title, names)

    def show_chosen(self, method: str) -> None:
        """Mark the card of a method, and say what it is for."""
        for name, card in self._cards.items():
            is_chosen = name == method
            card.set_tone("selected" if is_chosen else "plain")
            state = self.tr("chosen") if is_chosen else ""
            card.setAccessibleName(f"{METHODS[name].title} {state}".strip())
        self._purpose.setText(_words(METHODS[method].purpose))

    def _fill(self, group: QVBoxLayout, title: str, names: Sequence[str]) -> None:
        cards = QHBoxLayout()
        cards.setSpacing(SPACE_8)
        group.setSpacing(SPACE_4)
        group.addWidget(label(title, "small"))
        group.addLayout(cards)
        for name in names:
            card = ChoiceCard(METHODS[name].title, _words(METHODS[name].brief))
            card.setObjectName(f"train.method.{name}")
            card.setToolTip(_words(METHODS[name].purpose))
            card.chosen.connect(partial(self.chosen.emit, name))
            self._cards[name] = card
            cards.addWidget(card, 1)


def _words(text: str) -> str:
    return QCoreApplication.translate("Recipe", text)
