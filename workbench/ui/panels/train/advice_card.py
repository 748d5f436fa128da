"""Which method suits what the project has."""

from __future__ import annotations

from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import label
from workbench.ui.wording import count


class AdviceCard(Card):
    def __init__(self) -> None:
        super().__init__("-")
        self.set_title(self.tr("Which method?"))
        self._text = label("", "secondary", wrap=True)
        self._text.setObjectName("train.advice")
        self.body.addWidget(self._text)

    def show_counts(self, pair_count: int, example_count: int) -> None:
        """Say what suits a project with this many labelled pairs and examples to imitate."""
        pairs = count(pair_count, self.tr("labelled pair"), self.tr("labelled pairs"))
        examples = count(example_count, self.tr("example"), self.tr("examples"))
        if pair_count and example_count:
            text = self.tr(
                "You have {0} and {1}. DPO learns from pairs which of two answers is better; SFT"
                " imitates the examples, which suits where one right answer exists."
            ).format(pairs, examples)
        elif pair_count:
            text = self.tr(
                "You have {0}: DPO suits. SFT would need examples of good answers."
            ).format(pairs)
        elif example_count:
            text = self.tr(
                "You have {0} to imitate: SFT suits. DPO would need pairs that somebody labelled."
            ).format(examples)
        else:
            text = self.tr(
                "There is nothing to learn from yet. Pairs of answers suit DPO, examples of good"
                " answers suit SFT."
            )
        self._text.setText(text)
