"""Cards about what was labelled: length, contradictions, copies, and the pace."""

from __future__ import annotations

from workbench.stats import length_bias, pace
from workbench.stats.estimate import Estimate
from workbench.ui.panels.quality.duplicates import Duplicates
from workbench.ui.panels.quality.figures import Contradictions, QualityFigures, Tangle
from workbench.ui.panels.quality.finding import Action, Bar, Finding, Mark
from workbench.ui.panels.quality.words import Words, exact_percent, half, percent, rows, span, whole
from workbench.ui.wording import count, duration

_HOUR_S = 3600
_MANY_ALIKE = 0.05


class DataFindings(Words):
    """One method a card."""

    def length(self, figures: QualityFigures) -> Finding:
        longer, control = figures.length.longer, figures.length.control
        if longer.value is None:
            return self.too_few(
                "length",
                self.needed(
                    longer.n,
                    length_bias.FEWEST_PAIRS,
                    self.tr("decided pairs of two different lengths"),
                ),
                self.tr("Go on labelling."),
            )
        meaning = self.tr("How often the longer of two answers won.")
        compared = [longer]
        expected: tuple[Mark, ...] = ()
        if control is not None:
            share = percent(control.expected)
            meaning += " " + self.tr("The models that wrote them would explain {0}.").format(share)
            expected = (Mark(control.expected, is_expected=True),)
            compared.append(Estimate(0, control.expected, control.expected, control.expected))
        explained = control is not None and not control.adds
        if not longer.excludes(0.5):
            tag, tone = self.tr("even"), "good"
            advice = self.tr("Nothing to do: length does not decide.")
        elif explained:
            tag, tone = self.tr("explained"), "good"
            advice = self.tr("Nothing to do: the better model writes at another length.")
        elif longer.is_above(0.5):
            tag, tone = self.tr("long wins"), "caution"
            advice = self.tr(
                "If longer is not better here, add pairs whose shorter answer is the good one."
            )
        else:
            tag, tone = self.tr("short wins"), "neutral"
            advice = self.tr("A model trained on this will be brief: go on if you want that.")
        start, end = span(0.5, compared)
        return Finding(
            key="length",
            title=self.title("length"),
            figure=percent(longer.value),
            note=self.note(longer, exact_percent, self.tr("decided pairs")),
            tag=tag,
            tone=tone,
            bar=Bar(longer, start, end, (*half(start, end), *expected)),
            meaning=meaning,
            advice=advice,
        )

    def contradictions(self, figures: QualityFigures) -> Finding:
        found = figures.contradictions
        if found.decided_pairs < 2:
            return self.too_few(
                "contradictions",
                self.needed(found.decided_pairs, 2, self.tr("decided pairs")),
                self.tr("Go on labelling."),
            )
        total = found.opposite + found.circles
        if total:
            tag, tone = self.tr("to repair"), "caution"
            meaning = self._tangled(found)
            advice = self.tr("Decide these pairs again: they pull training both ways.")
        else:
            tag, tone = self.tr("none"), "good"
            meaning = self.tr("No verdicts contradict each other, and none go round in a circle.")
            advice = self.tr("Nothing to do.")
        return Finding(
            key="contradictions",
            title=self.title("contradictions"),
            figure=f"{total:,}",
            note=self.tr("in {0}").format(
                count(found.decided_pairs, "decided pair", "decided pairs")
            ),
            tag=tag,
            tone=tone,
            meaning=meaning,
            advice=advice,
            action=self.repair(
                found.pairs,
                self.tr("Repair {0} pairs"),
                self.tr("Pairs whose verdicts contradict each other: yours settles each."),
                settle=True,
            ),
            links=tuple(self._link(tangle) for tangle in found.tangles),
        )

    def _tangled(self, found: Contradictions) -> str:
        parts = []
        if found.opposite:
            times = count(found.opposite, self.tr("time"), self.tr("times"))
            parts.append(self.tr("{0} either of the same two answers won.").format(times))
        if found.circles:
            circles = count(found.circles, self.tr("circle"), self.tr("circles"))
            text = self.tr("{0}, where A beats B, B beats C, and C beats A.")
            parts.append(text.format(circles))
        return " ".join(parts)

    def _link(self, tangle: Tangle) -> Action:
        kind = (
            self.tr("circle of {0}").format(len(tangle.pair_ids))
            if tangle.is_circle
            else self.tr("opposite")
        )
        why = self.tr("Pairs of one prompt whose verdicts contradict each other: yours settles.")
        prompt = " ".join(tangle.prompt.split())
        what = {"pair_ids": list(tangle.pair_ids), "why": why, "settle": True}
        return Action(f"{kind}: {prompt}", "label", what)

    def duplicates(self, found: Duplicates | None) -> Finding:
        if found is None:
            return self.too_few(
                "duplicates", self.tr("Prompts are being compared."), "", tag=self.tr("searching")
            )
        to_data = Action(self.tr("Open Data"), "data")
        if not found.searched:
            return self.too_few(
                "duplicates",
                self.tr("There are too many prompts to compare them while you look."),
                self.tr("Search for duplicates in Data."),
                tag=self.tr("not searched"),
                action=to_data,
            )
        if not found.alike:
            return Finding(
                key="duplicates",
                title=self.title("duplicates"),
                figure="0",
                note=self.tr("of {0}").format(count(found.prompts, "prompt", "prompts")),
                tag=self.tr("none"),
                tone="good",
                meaning=self.tr("No two prompts are nearly the same."),
                advice=self.tr("Nothing to do."),
            )
        meaning = self.tr("Prompts that share four fifths or more of their text with another one.")
        tag, tone = self.tr("few"), "good"
        if found.leaking:
            tag, tone = self.tr("leaking"), "caution"
            meaning += " " + self.tr("{0} of {1} are in training and held out.").format(
                f"{found.leaking:,}", count(found.groups, "group", "groups")
            )
            advice = self.tr("Take them out of one part: what was trained on flatters the test.")
        elif found.alike > _MANY_ALIKE * found.prompts:
            tag, tone = self.tr("many"), "caution"
            advice = self.tr("Remove copies in Data: what is there twice counts twice in training.")
        else:
            advice = self.tr(
                "Few enough to leave; remove copies in Data if they are the same task."
            )
        return Finding(
            key="duplicates",
            title=self.title("duplicates"),
            figure=f"{found.alike:,}",
            note=self.tr("of {0}, in {1}").format(
                count(found.prompts, "prompt", "prompts"), count(found.groups, "group", "groups")
            ),
            tag=tag,
            tone=tone,
            meaning=meaning,
            advice=advice,
            action=to_data,
        )

    def pace(self, figures: QualityFigures) -> Finding:
        overall = figures.pace.overall
        if overall.value is None:
            return self.too_few(
                "pace",
                self.needed(overall.n, pace.FEWEST_VERDICTS, self.tr("timed verdicts")),
                self.tr("Go on labelling."),
                lines=figures.pace.lines,
            )
        fastest = max((named.estimate.high or 0.0 for named in figures.pace.each), default=1.0)
        return Finding(
            key="pace",
            title=self.title("pace"),
            figure=whole(overall.value),
            note=self.note(overall, whole, self.tr("timed verdicts")),
            meaning=self.tr(
                "Pairs decided in an hour of work; pauses of over five minutes do not count."
            ),
            advice=self.tr("A thousand pairs take about {0} at this pace.").format(
                duration(_HOUR_S * 1000 / overall.value)
            ),
            lines=figures.pace.lines,
            rows=rows(figures.pace.each, whole, 0.0, fastest),
        )
