"""How often one side won, with an interval that says how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from workbench.core.preferences import Choice


@dataclass(frozen=True, slots=True)
class WinRate:
    """Decisive comparisons apart from ties and both-bad ones, which no share is made of.

    `share`, `low` and `high` run from 0 to 1 and are None when nothing was decided.
    """

    wins: int
    losses: int
    ties: int
    both_bad: int
    share: float | None
    low: float | None
    high: float | None
    confidence: float = 0.95

    @property
    def decisive(self) -> int:
        return self.wins + self.losses

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out one half, so that one side is better beyond chance."""
        return self.low is not None and self.high is not None and not self.low <= 0.5 <= self.high


def win_rate(
    choices: Iterable[Choice], *, winner: Choice = Choice.FIRST, confidence: float = 0.95
) -> WinRate:
    """How often `winner` (FIRST or SECOND) was chosen, with its Wilson score interval.

    Skipped comparisons count nowhere. The interval holds for a number of comparisons fixed
    beforehand, each on a prompt of its own; looked at after every vote it is too narrow.
    """
    counts = Counter(choices)
    loser = Choice.SECOND if winner is Choice.FIRST else Choice.FIRST
    wins, losses = counts[winner], counts[loser]
    share = low = high = None
    if wins + losses:
        share = wins / (wins + losses)
        low, high = wilson_interval(wins, wins + losses, confidence)
    return WinRate(
        wins, losses, counts[Choice.TIE], counts[Choice.BOTH_BAD], share, low, high, confidence
    )


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share (JASA 22, 1927), from 0 to 1; `trials` is above 0.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). Ours, since the window shows it at once
    and statsmodels takes a second to import; a test holds it to statsmodels.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, squared = successes / trials, z * z / trials
    middle = share + squared / 2
    reach = z * sqrt(share * (1 - share) / trials + squared / (4 * trials))
    return (middle - reach) / (1 + squared), (middle + reach) / (1 + squared)
