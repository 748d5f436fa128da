"""Cards about the people who label: do they agree, with others and with themselves?"""

from __future__ import annotations

from workbench.stats import agreement, fast_clicks, self_consistency, side_bias
from workbench.stats.fast_clicks import MANY_FAST, READING_WORDS_A_MINUTE
from workbench.ui.panels.quality.figures import QualityFigures
from workbench.ui.panels.quality.finding import Bar, Finding, Mark
from workbench.ui.panels.quality.words import Words, exact_percent, half, percent, plain, rows, span

# Krippendorff, Content Analysis (2004): 0.8 to rely on, 0.667 for tentative conclusions.
_RELIABLE, _TENTATIVE = 0.8, 0.667
_CONSISTENT = 0.8


class PeopleFindings(Words):
    """One method a card."""

    def agreement(self, figures: QualityFigures) -> Finding:
        found = figures.agreement
        alpha = found.alpha
        settle = self.repair(
            found.disputed,
            self.tr("Settle {0} disagreements"),
            self.tr("Pairs that people see differently: your verdict settles each."),
            settle=True,
        )
        if alpha.value is None:
            if alpha.n >= agreement.FEWEST_PAIRS:
                meaning = self.tr(
                    "Everybody gives every pair the same verdict: that may be agreement or habit."
                )
            else:
                meaning = self.needed(
                    alpha.n, agreement.FEWEST_PAIRS, self.tr("pairs that two people have labelled")
                )
            advice = self.tr("Let two people label some of the same pairs.")
            return self.too_few("agreement", meaning, advice, action=settle)
        if alpha.value >= _RELIABLE:
            tag, tone = self.tr("strong"), "good"
            meaning = self.tr("1 is perfect and 0 is chance: people see the same differences.")
            advice = self.tr("One verdict a pair is enough from here on.")
        elif alpha.value >= _TENTATIVE:
            tag, tone = self.tr("fair"), "good"
            meaning = self.tr(
                "1 is perfect and 0 is chance: people mostly see the same differences."
            )
            advice = self.tr("Settle the disagreements and note what they were about.")
        elif alpha.is_above(0):
            tag, tone = self.tr("weak"), "caution"
            meaning = self.tr("1 is perfect and 0 is chance: people often see it differently.")
            advice = self.tr("Agree on what makes an answer better, then settle the disagreements.")
        else:
            tag, tone = self.tr("as chance"), "bad"
            meaning = self.tr("Two people agree no more often than chance would have it.")
            advice = self.tr("Label ten pairs together and talk before anybody goes on.")
        marks = (Mark(0, "0"), Mark(_TENTATIVE, "0.67"), Mark(_RELIABLE, "0.8"), Mark(1, "1"))
        strength = found.with_strength
        if strength.value is not None and strength.low is not None and strength.high is not None:
            said = self.tr("How much better counted in, α is {0} ({1} to {2}).")
            numbers = (plain(each) for each in (strength.value, strength.low, strength.high))
            meaning += " " + said.format(*numbers)
        start = min(0.0, *(named.estimate.low or 0.0 for named in found.kappas), alpha.low or 0.0)
        return Finding(
            key="agreement",
            title=self.title("agreement"),
            figure=f"α {plain(alpha.value)}",
            note=self.note(alpha, plain, self.tr("pairs")),
            tag=tag,
            tone=tone,
            bar=Bar(alpha, start, 1.0, marks),
            meaning=meaning,
            advice=advice,
            rows_title=self.tr("Cohen’s kappa of each two") if found.kappas else "",
            rows=rows(found.kappas, plain, start, 1.0, (Mark(0),)),
            action=settle,
        )

    def consistency(self, figures: QualityFigures) -> Finding:
        repeats = figures.consistency.repeats
        same = repeats.same
        if same.value is None:
            return self.too_few(
                "consistency",
                self.needed(
                    same.n,
                    self_consistency.FEWEST_REPEATS,
                    self.tr("pairs shown again with their sides swapped"),
                ),
                self.tr("Go on labelling: the queue shows some pairs a second time."),
            )
        meaning = self.tr(
            "How often a pair that came back with swapped sides got the same verdict."
        )
        if repeats.changed:
            meaning += " " + self.tr("Of {0} that changed, {1} kept the side.").format(
                f"{repeats.changed:,}", f"{repeats.kept_side:,}"
            )
        tag, tone = self.tr("wavering"), "caution"
        if same.value >= _CONSISTENT:
            tag, tone = self.tr("steady"), "good"
            advice = self.tr("Nothing to do: verdicts can be relied on.")
        elif not same.is_below(_CONSISTENT):
            tag, tone = self.tr("unsure"), "neutral"
            advice = self.tr("Go on labelling: more repeats will tell whether it is 80 % or more.")
        elif repeats.kept_side > repeats.changed / 2:
            advice = self.tr("Read both answers before choosing: the side seems to decide.")
        else:
            advice = self.tr(
                "Take breaks, and call it a tie where you would not choose the same again."
            )
        return Finding(
            key="consistency",
            title=self.title("consistency"),
            figure=percent(same.value),
            note=self.note(same, exact_percent, self.tr("repeats")),
            tag=tag,
            tone=tone,
            bar=Bar(same, 0.0, 1.0, (Mark(0, "0 %"), Mark(_CONSISTENT, "80 %"), Mark(1, "100 %"))),
            meaning=meaning,
            advice=advice,
            rows=rows(figures.consistency.each, percent, 0.0, 1.0, (Mark(_CONSISTENT),)),
        )

    def sides(self, figures: QualityFigures) -> Finding:
        left = figures.sides.left
        if left.value is None:
            return self.too_few(
                "sides",
                self.needed(left.n, side_bias.FEWEST_VERDICTS, self.tr("verdicts for one side")),
                self.tr("Go on labelling."),
            )
        leaning = [named.name for named in figures.sides.each if named.stands_out]
        leans_together = left.is_above(0.5) or left.is_below(0.5)
        start, end = span(0.5, [left, *(named.estimate for named in figures.sides.each)])
        if leaning:
            advice = self.tr("{0} should read the other answer first for a while.").format(
                ", ".join(leaning)
            )
        elif leans_together:
            advice = self.tr(
                "Together they lean to a side, and nobody's own verdicts are enough to say whose:"
                " go on labelling, and look again."
            )
        else:
            advice = self.tr("Nothing to do: nobody leans to a side.")
        return Finding(
            key="sides",
            title=self.title("sides"),
            figure=percent(left.value),
            note=self.note(left, exact_percent, self.tr("verdicts")),
            tag=self.tr("leaning") if leaning or leans_together else self.tr("even"),
            tone="caution" if leaning or leans_together else "good",
            bar=Bar(left, start, end, half(start, end)),
            meaning=self.tr(
                "How often the left answer won. Sides are drawn at random, so half is fair."
            ),
            advice=advice,
            rows=rows(
                figures.sides.each if len(figures.sides.each) > 1 else (),
                percent,
                start,
                end,
                (Mark(0.5),),
            ),
        )

    def speed(self, figures: QualityFigures) -> Finding:
        fast = figures.speed.fast
        if fast.value is None:
            return self.too_few(
                "speed",
                self.needed(fast.n, fast_clicks.FEWEST_VERDICTS, self.tr("timed verdicts")),
                self.tr("Go on labelling."),
            )
        meaning = self.tr(
            "Verdicts given in under a quarter of the time that reading both answers takes"
            " (at {0} words a minute)."
        ).format(f"{READING_WORDS_A_MINUTE:.0f}")
        hasty = [named.name for named in figures.speed.each if named.stands_out]
        many = bool(hasty) or fast.is_above(MANY_FAST)
        if hasty:
            advice = self.tr("Look at them again; with less haste from here on: {0}.").format(
                ", ".join(hasty)
            )
        elif many:
            advice = self.tr("Look at them again, and slow down: they were hardly read.")
        elif figures.speed.pairs.count:
            advice = self.tr(
                "Few, and some answers show at once that they are bad: a look is enough."
            )
        else:
            advice = self.tr("Nothing to do: everybody takes the time to read.")
        start, end = span(0.0, [fast, *(named.estimate for named in figures.speed.each)])
        return Finding(
            key="speed",
            title=self.title("speed"),
            figure=percent(fast.value),
            note=self.note(fast, exact_percent, self.tr("timed verdicts")),
            tag=self.tr("hasty") if many else self.tr("unhurried"),
            tone="caution" if many else "good",
            bar=Bar(fast, start, end, (Mark(0, "0 %"), Mark(MANY_FAST, "10 %"))),
            meaning=meaning,
            advice=advice,
            rows=rows(figures.speed.each, percent, start, end, (Mark(MANY_FAST),)),
            action=self.repair(
                figures.speed.pairs,
                self.tr("Look again at {0}"),
                self.tr("Pairs that were decided faster than anybody reads."),
            ),
        )
