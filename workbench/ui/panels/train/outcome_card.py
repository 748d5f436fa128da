"""What will happen when the run is started, or why it can't be."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel

from workbench.core.recipes import DataKind, MethodConfig, OnlineConfig
from workbench.ui.panels.train.material import Learnable
from workbench.ui.tokens import SPACE_4
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count


class OutcomeCard(Card):
    def __init__(self) -> None:
        super().__init__("-")
        self.set_title(self.tr("What will happen"))
        self._on_next: Callable[[], object] | None = None
        self._used = {
            DataKind.EXAMPLES: self.tr("Examples used"),
            DataKind.PAIRS: self.tr("Pairs used"),
            DataKind.JUDGED: self.tr("Answers used"),
            DataKind.PROMPTS: self.tr("Prompts used"),
        }
        self._names: list[QLabel] = []
        self._figures: list[QLabel] = []
        grid = QGridLayout()
        grid.setVerticalSpacing(SPACE_4)
        grid.setColumnStretch(0, 1)
        for row, name in enumerate(("used", "measured", "steps")):
            title, figure = label("", "secondary"), label("", "strong")
            figure.setObjectName(f"train.summary.{name}")
            grid.addWidget(title, row, 0)
            grid.addWidget(figure, row, 1, Qt.AlignmentFlag.AlignRight)
            self._names.append(title)
            self._figures.append(figure)
        self._sentence = label("", "secondary", wrap=True)
        self._sentence.setObjectName("train.summary.sentence")
        self._reason = label("", "bad", wrap=True)
        self._reason.setObjectName("train.reason")
        self._next = button("", self._go, kind="quiet")
        self._next.setObjectName("train.next")
        self.body.addLayout(grid)
        for widget in (self._sentence, self._reason, self._next):
            self.body.addWidget(widget)
        self._next.hide()

    @property
    def reason(self) -> str:
        """Why the run can't be started; empty when it can."""
        return self._reason.text()

    def show_reading(self) -> None:
        """Say that the project is being read."""
        self._sentence.setText(self.tr("Reading the project…"))
        self._sentence.show()
        self.show_reason("")

    def show_unread(self, reason: str, read_again: Callable[[], object]) -> None:
        """Say that the project could not be read, and offer to read it again."""
        self._sentence.hide()
        self.show_reason(reason, action=self.tr("Try again"), on_action=read_again)

    def show_plan(self, learnable: Learnable, config: MethodConfig | None, device: str) -> None:
        """Say what follows from data and settings; without a config the figures are unknown."""
        titles = (
            self._used[learnable.kind],
            self.tr("Kept apart to measure"),
            self.tr("Steps"),
        )
        trained = len(learnable.trained(config)) if config else None
        measured = len(learnable.measured(config)) if config else None
        steps = config.total_steps(trained) if config and trained else None
        for title, name in zip(self._names, titles, strict=True):
            title.setText(name)
        for figure, value in zip(self._figures, (trained, measured, steps), strict=True):
            figure.setText("–" if value is None else f"{value:,}")
        self._sentence.setText("" if steps is None else self._sentence_of(steps, config, device))
        self._sentence.setVisible(steps is not None)

    def _sentence_of(self, steps: int, config: MethodConfig | None, device: str) -> str:
        each = self.tr("1 step") if steps == 1 else self.tr("{0:,} steps").format(steps)
        goes_on = self.tr("The run goes on when this window is closed.")
        if not isinstance(config, OnlineConfig):
            return self.tr("{0} on {1}. {2}").format(each, device, goes_on)
        prompts = count(config.examples_per_step, self.tr("prompt"), self.tr("prompts"))
        answers = count(
            config.examples_per_step * config.num_generations, self.tr("answer"), self.tr("answers")
        )
        uses = config.num_iterations
        often = self.tr("each time") if uses == 1 else self.tr("every {0} steps").format(uses)
        return self.tr("{0} on {1}, {2} {3} and {4} of its own. {5}").format(
            each, device, often, prompts, answers, goes_on
        )

    def show_reason(
        self, reason: str, *, action: str = "", on_action: Callable[[], object] | None = None
    ) -> None:
        """Say why it can't be started, with what to do next; an empty text takes it away."""
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self.set_tone("bad" if reason else "plain")
        self._on_next = on_action
        self._next.setText(action)
        self._next.setVisible(bool(action))

    def _go(self) -> None:
        if self._on_next is not None:
            self._on_next()
