"""What Home shows while no project is open: the loop in four words each, and two ways to begin."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.tokens import SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.texts import IconView, label


class Welcome(QWidget):
    """`projects` stands beside it where there are some to come back to."""

    def __init__(
        self,
        *,
        on_demo: Callable[[], object],
        on_new: Callable[[], object],
        projects: QWidget,
    ) -> None:
        super().__init__()
        self._beginning = EmptyState(
            "home",
            self.tr("Teach a model what you prefer"),
            self.tr(
                "The demo has everything to go round once: a small model, labelled pairs, and"
                " prompts to compare on. Nothing leaves this machine."
            ),
            action=self.tr("Try the demo"),
            on_action=on_demo,
            second=self.tr("New project"),
            on_second=on_new,
        )
        beside = QHBoxLayout()
        beside.setSpacing(SPACE_16)
        beside.addWidget(self._beginning, 1)
        beside.addWidget(projects)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._stages())
        column.addLayout(beside, 1)

    def _stages(self) -> QHBoxLayout:
        texts = (
            (self.tr("1 · Label"), self.tr("Say which of two answers is better, with one key.")),
            (self.tr("2 · Train"), self.tr("The model learns from your verdicts, here.")),
            (self.tr("3 · Watch"), self.tr("See early whether it goes well, and why not.")),
            (self.tr("4 · Compare"), self.tr("Vote blind; the votes are the next pairs.")),
        )
        row = QHBoxLayout()
        row.setSpacing(SPACE_12)
        for place, (title, text) in enumerate(texts):
            if place:
                row.addWidget(IconView("next", "text3"))
            card = Card(title)
            card.body.addWidget(label(text, "secondary", wrap=True))
            card.body.addStretch(1)
            row.addWidget(card, 1)
        return row
