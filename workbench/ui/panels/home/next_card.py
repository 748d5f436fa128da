"""The one thing to do next, with its button."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from workbench.ui.panels.home.loop import ENOUGH_PAIRS, Loop, NextStep
from workbench.ui.tokens import SPACE_4, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count


class NextCard(Card):
    """Emits `wanted` with the panel to go to."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._panel = ""
        self._title = label("", "card_title")
        self._text = label("", "secondary", wrap=True)
        self._button = button("", lambda: self.wanted.emit(self._panel), kind="primary")
        self._button.setObjectName("home.next")
        words = QVBoxLayout()
        words.setSpacing(SPACE_4)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row = QHBoxLayout()
        row.setSpacing(SPACE_16)
        row.addLayout(words, 1)
        row.addWidget(self._button)
        self.body.addLayout(row)

    def show_step(self, loop: Loop, step: NextStep) -> None:
        title, text, action, self._panel = self._words(loop, step)
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(action)

    def _words(self, loop: Loop, step: NextStep) -> tuple[str, str, str, str]:
        name = loop.latest.run.name if loop.latest else ""
        pairs = count(loop.waiting_pairs, self.tr("pair"), self.tr("pairs"))
        match step:
            case NextStep.BRING_IN_PAIRS:
                return (
                    self.tr("Next: bring in pairs"),
                    self.tr("Import a file with two answers to each prompt, then label them."),
                    self.tr("Import pairs"),
                    "data",
                )
            case NextStep.LABEL:
                return (
                    self.tr("Next: label {0}").format(pairs),
                    self._why_label(loop),
                    self.tr("Label"),
                    "label",
                )
            case NextStep.LABEL_WHILE_RUNNING:
                return (
                    self.tr("Next: label {0} while {1} goes on").format(pairs, name),
                    self.tr("The run needs nothing from you; the next round will use them."),
                    self.tr("Label"),
                    "label",
                )
            case NextStep.WATCH:
                return (
                    self.tr("Next: watch {0}").format(name),
                    self.tr("It goes on when this window is closed."),
                    self.tr("Watch"),
                    "runs",
                )
            case NextStep.LOOK_AT_ENDED_RUN:
                return (
                    self.tr("Next: look at {0}").format(name),
                    loop.latest.run.detail
                    if loop.latest and loop.latest.run.detail
                    else self.tr("It ended before its last step; it can be resumed."),
                    self.tr("Open the run"),
                    "runs",
                )
            case NextStep.MAKE_PAIRS_OF_VOTES:
                return (
                    self.tr("Next: turn {0} into pairs").format(
                        count(loop.convertible_votes, self.tr("vote"), self.tr("votes"))
                    ),
                    self.tr("What you preferred in Compare is what the next round learns from."),
                    self.tr("To Compare"),
                    "compare",
                )
            case NextStep.COMPARE:
                return (
                    self.tr("Next: compare {0} with its base").format(name),
                    self._why_compare(loop),
                    self.tr("Compare"),
                    "compare",
                )
            case NextStep.NEXT_ROUND:
                return (
                    self.tr("Next: train another round"),
                    self.tr("{0} labelled pairs are ready.").format(f"{loop.usable_pairs:,}"),
                    self.tr("Set up a run"),
                    "train",
                )
            case NextStep.TRAIN:
                return (
                    self.tr("Next: train on {0} labelled pairs").format(f"{loop.usable_pairs:,}"),
                    self.tr("DPO learns straight from which answer you preferred."),
                    self.tr("Set up a run"),
                    "train",
                )

    def _why_label(self, loop: Loop) -> str:
        if loop.latest:
            return self.tr("The next round learns from them too.")
        words = self.tr("{0} pairs with a winner are a good start for a first run.")
        return words.format(ENOUGH_PAIRS)

    def _why_compare(self, loop: Loop) -> str:
        if loop.latest is None or not loop.latest.votes.decisive:
            return self.tr("The same prompt, side by side: which answer is better?")
        words = self.tr("Not clear yet: {0} of {1} held-out prompts reviewed.")
        return words.format(loop.reviewed_prompts, loop.held_out_prompts)
