"""Which method suits what the project has."""

from __future__ import annotations

from workbench.ui.panels.train.material import Material
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

    def show_material(self, material: Material) -> None:
        """Say what suits a project that has this to learn from."""
        found = [
            text.format(count(number, one, many))
            for number, one, many, text in self._suggestions(material)
            if number
        ]
        self._text.setText("\n\n".join(found) or self._nothing(material))

    def _suggestions(self, material: Material) -> list[tuple[int, str, str, str]]:
        return [
            (
                material.pair_count, self.tr("labelled pair"), self.tr("labelled pairs"),
                self.tr("{0}: DPO suits. It learns which of two answers is better."),
            ),
            (
                material.example_count, self.tr("example"), self.tr("examples"),
                self.tr("{0} to imitate: SFT suits, where one right answer exists."),
            ),
            (
                material.counts.judged, self.tr("answer"), self.tr("answers"),
                self.tr("{0} marked good or bad: KTO suits."),
            ),
            (
                material.counts.answers, self.tr("prompt"), self.tr("prompts"),
                self.tr("{0} with a right answer: GRPO suits. It tries, and checks itself."),
            ),
        ]  # fmt: skip

    def _nothing(self, material: Material) -> str:
        if material.counts.prompts:
            prompts = count(material.counts.prompts, self.tr("prompt"), self.tr("prompts"))
            return self.tr(
                "{0} and no answers yet: GRPO suits if you can say what makes an answer good."
            ).format(prompts)
        return self.tr(
            "There is nothing to learn from yet. Pairs of answers suit DPO, examples of good"
            " answers suit SFT, and prompts suit GRPO."
        )
