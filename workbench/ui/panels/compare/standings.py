"""How people voted on the model in view, and what their votes can become."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from workbench.core.preferences import Choice
from workbench.stats.win_rate import WinRate, win_rate
from workbench.store import Project
from workbench.ui import theme
from workbench.ui.tokens import DOT_SIZE, SPACE_8, SPACE_16, SPACE_24
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count


@dataclass(frozen=True, slots=True)
class Standings:
    """Votes on one run against its base, and the votes that could be pairs."""

    rate: WinRate
    convertible: int


def read_standings(project: Project, run_id: str | None) -> Standings:
    """Takes some queries, so not on the GUI thread. The base is the first of every vote."""
    choices = [vote.choice for vote in project.votes.all() if vote.second.origin.run_id == run_id]
    return Standings(win_rate(choices, winner=Choice.SECOND), project.votes.convertible())


class IntervalBar(QWidget):
    """A share from 0 to 1 as a dot on a line, its interval as a thicker part, 0.5 marked."""

    def __init__(self) -> None:
        super().__init__()
        self._rate: WinRate | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, SPACE_24)

    def show_rate(self, rate: WinRate) -> None:
        self._rate = rate
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle_y = self.height() / 2
        start, length = DOT_SIZE, self.width() - 2 * DOT_SIZE

        def place(share: float) -> float:
            return start + share * length

        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(int(place(0)), int(middle_y), int(place(1)), int(middle_y))
        painter.setPen(QPen(theme.color("text3"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(int(place(0.5)), 0, int(place(0.5)), self.height())
        rate = self._rate
        if rate is not None and rate.share is not None:
            assert rate.low is not None
            assert rate.high is not None
            painter.setPen(QPen(theme.color("series0"), 2))
            painter.drawLine(
                int(place(rate.low)), int(middle_y), int(place(rate.high)), int(middle_y)
            )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("series0"))
            corner = place(rate.share) - DOT_SIZE / 2
            painter.drawEllipse(QRectF(corner, middle_y - DOT_SIZE / 2, DOT_SIZE, DOT_SIZE))
        painter.end()


class StandingsCard(Card):
    """The share of decided votes that the trained model won, with its interval."""

    def __init__(self) -> None:
        super().__init__(self.tr("Preferred by people"), " ")
        self._name = ElidedLabel("", "strong")
        self._bar = IntervalBar()
        self._figure = label("", "strong")
        self._sentence = label("", "secondary", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(SPACE_16)
        row.addWidget(self._name, 1)
        row.addWidget(self._bar, 3)
        row.addWidget(self._figure)
        self.body.addLayout(row)
        self.body.addWidget(self._sentence)
        self.body.addStretch(1)

    def show_standings(self, name: str, rate: WinRate) -> None:
        even = rate.ties + rate.both_bad
        self.set_title(
            self.tr("Preferred by people"),
            self.tr("95 % Wilson interval · {0}, {1} ties or both bad").format(
                count(rate.decisive, self.tr("decided vote"), self.tr("decided votes")), even
            ),
        )
        self._name.show_text(name)
        self._bar.show_rate(rate)
        if rate.share is None or rate.low is None or rate.high is None:
            self._figure.setText("–")
            self._sentence.setText(self.tr("No decided votes yet: say which answer is better."))
            return
        low, high = 100 * rate.low, 100 * rate.high
        self._figure.setText(f"{100 * rate.share:.0f} %  {low:.0f}–{high:.0f}")
        if rate.is_clear and rate.share > 0.5:
            text = self.tr("{0} is preferred to its base.").format(name)
        elif rate.is_clear:
            text = self.tr("The base is preferred to {0}.").format(name)
        else:
            text = self.tr("Not clear yet: the interval holds 50 %, so more votes are needed.")
        self._sentence.setText(text)


class VotesCard(Card):
    """Turns votes into pairs: the loop closes here.

    Emits `pairs_wanted`, and `training_prompts_wanted` for prompts on which votes can become some.
    """

    pairs_wanted = Signal()
    training_prompts_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("Votes are the next pairs"))
        self._text = label("", "secondary", wrap=True)
        self._make = button("", self.pairs_wanted.emit, kind="primary")
        self._make.setObjectName("compare.make_pairs")
        self._make.hide()  # until there are votes to make pairs of
        self._switch = button(
            self.tr("Compare on training prompts"), self.training_prompts_wanted.emit
        )
        self._switch.setObjectName("compare.training_prompts")
        self._switch.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_8)
        buttons.addWidget(self._make)
        buttons.addWidget(self._switch)
        buttons.addStretch(1)
        self.body.addWidget(self._text)
        self.body.addLayout(buttons)
        self.body.addStretch(1)

    def offer_training_prompts(self, offered: bool) -> None:
        """Offer to go on with prompts on which votes can become pairs."""
        self._switch.setVisible(offered)

    def show_convertible(self, convertible: int) -> None:
        self._make.setVisible(convertible > 0)
        if not convertible:
            self._text.setText(
                self.tr(
                    "A decided vote on a training prompt, or on one you typed, can become a"
                    " labelled pair. Votes on held-out prompts never do: they only measure."
                )
            )
            return
        self._text.setText(
            self.tr("Decided votes on prompts that are not held out can train the next round.")
        )
        if convertible == 1:
            self._make.setText(self.tr("Make a pair of this vote"))
        else:
            self._make.setText(self.tr("Make {0} pairs of these votes").format(convertible))
