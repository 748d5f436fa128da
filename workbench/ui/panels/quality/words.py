"""What the words of all cards share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from workbench.stats.estimate import Estimate
from workbench.stats.pace import PaceOverTime
from workbench.ui.panels.quality.figures import Named
from workbench.ui.panels.quality.finding import Action, Bar, Finding, Mark, Row
from workbench.ui.panels.quality.view import ToRepair

Shown = Callable[[float], str]

_NARROWEST_SPAN = 0.25
_SPAN_STEP = 0.05


class Words(QObject):
    """Titles and sentences that several cards use."""

    def title(self, key: str) -> str:
        """What a card is called."""
        return {
            "agreement": self.tr("Agreement between people"),
            "consistency": self.tr("The same pair again"),
            "sides": self.tr("The left side"),
            "length": self.tr("The longer answer"),
            "speed": self.tr("Faster than reading"),
            "contradictions": self.tr("Contradictions"),
            "duplicates": self.tr("Near-duplicate prompts"),
            "pace": self.tr("Pairs an hour"),
        }[key]

    def too_few(
        self,
        key: str,
        meaning: str,
        advice: str,
        *,
        tag: str = "",
        action: Action | None = None,
        lines: tuple[tuple[str, PaceOverTime], ...] = (),
    ) -> Finding:
        """A card without a figure."""
        return Finding(
            key=key,
            title=self.title(key),
            tag=tag or self.tr("too few to say"),
            meaning=meaning,
            advice=advice,
            action=action,
            lines=lines,
        )

    def needed(self, n: int, fewest: int, of_what: str) -> str:
        """How many of what a figure takes, and how many there are."""
        return self.tr("This takes {0} {1}; so far there are {2}.").format(fewest, of_what, n)

    def note(self, estimate: Estimate, shown: Shown, of_what: str) -> str:
        """The interval and what it is made of."""
        low, high = shown(estimate.low or 0.0), shown(estimate.high or 0.0)
        return self.tr("95 %: {0} to {1} · {2} {3}").format(low, high, f"{estimate.n:,}", of_what)

    def repair(self, pairs: ToRepair, text: str, why: str, **more: object) -> Action | None:
        """The way to these pairs in Label, if there are any; `{0}` in `text` says how many."""
        if not pairs.pair_ids:
            return None
        number = f"{pairs.count:,}"
        if len(pairs.pair_ids) < pairs.count:
            number = self.tr("{0} of {1}").format(f"{len(pairs.pair_ids):,}", number)
        what = {"pair_ids": list(pairs.pair_ids), "why": why, **more}
        return Action(text.format(number), "label", what)


def rows(
    named: Sequence[Named], shown: Shown, start: float, end: float, marks: tuple[Mark, ...] = ()
) -> tuple[Row, ...]:
    """Those that have a figure, on one scale."""
    return tuple(
        Row(
            one.name,
            shown(one.estimate.value),
            Bar(one.estimate, start, end, marks),
            one.stands_out,
        )
        for one in named
        if one.estimate.value is not None
    )


def span(centre: float, estimates: Sequence[Estimate]) -> tuple[float, float]:
    """A part of 0 to 1 around the centre that holds all intervals, in steps of a twentieth."""
    reach = _NARROWEST_SPAN
    for estimate in estimates:
        if estimate.low is not None and estimate.high is not None:
            reach = max(reach, abs(estimate.low - centre), abs(estimate.high - centre))
    reach = -(-reach // _SPAN_STEP) * _SPAN_STEP
    return max(0.0, centre - reach), min(1.0, centre + reach)


def half(start: float, end: float) -> tuple[Mark, ...]:
    """Marks for a scale around one half."""
    return (Mark(start, percent(start)), Mark(0.5, "50 %"), Mark(end, percent(end)))


def percent(share: float) -> str:
    """`59 %`; with a decimal where it is small."""
    value = 100 * share
    return f"{value:.1f} %" if 0.05 <= value < 9.95 else f"{value:.0f} %"


def exact_percent(share: float) -> str:
    """`58.9 %`, for the ends of an interval."""
    return f"{100 * share:.1f} %"


def plain(value: float) -> str:
    """Two decimals, with a true minus."""
    return f"{value:.2f}".replace("-", "−")


def whole(value: float) -> str:
    return f"{value:,.0f}"
