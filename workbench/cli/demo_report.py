"""What the demo's round measured, for people and for scripts."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.conversation import plain_text
from workbench.core.preferences import Choice, Prompt
from workbench.stats.brevity_rule import count_words, prefer
from workbench.stats.win_rate import WinRate, win_rate

_SHOWN_EXAMPLES = 3
_WIDTH = 88
_VERDICT_WORDS = {
    Choice.FIRST: "prefers the answer after training",
    Choice.SECOND: "prefers the answer before training",
    Choice.TIE: "a tie",
    Choice.BOTH_BAD: "both bad",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """One held-out prompt, answered before and after training."""

    prompt: Prompt
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DemoReport:
    """`ended` says in words how training ended; times are in seconds."""

    steps: int
    ended: str
    train_s: float
    answer_s: float
    total_s: float
    answers: Sequence[Answers]

    @property
    def words_before(self) -> float:
        """Words an answer, in the mean."""
        return statistics.fmean(count_words(pair.before) for pair in self.answers)

    @property
    def words_after(self) -> float:
        return statistics.fmean(count_words(pair.after) for pair in self.answers)

    @property
    def verdicts(self) -> WinRate:
        """The rule's: a win is a prompt on which it prefers the trained model."""
        return win_rate(prefer(pair.after, pair.before) for pair in self.answers)


def as_table(report: DemoReport) -> str:
    rate = report.verdicts
    lines = [
        f"Training        {report.steps} steps in {_duration(report.train_s)}",
        f"                {report.ended}" if report.ended else "",
        f"Answers         {len(report.answers)} held-out prompts, twice, in"
        f" {_duration(report.answer_s)}",
        f"Words an answer {report.words_before:.0f} before, {report.words_after:.0f} after",
        f"Preferred       {_verdict(rate)}",
        f"Whole round     {_duration(report.total_s)}",
    ]
    examples = (_example(pair) for pair in report.answers[:_SHOWN_EXAMPLES])
    return "\n".join(["", *(line for line in lines if line), "", *examples])


def as_object(report: DemoReport) -> dict[str, object]:
    """The same for scripts; shares run from 0 to 1."""
    rate = report.verdicts
    return {
        "steps": report.steps,
        "ended": report.ended,
        "train_s": round(report.train_s, 1),
        "answer_s": round(report.answer_s, 1),
        "total_s": round(report.total_s, 1),
        "prompts": len(report.answers),
        "words_before": round(report.words_before, 1),
        "words_after": round(report.words_after, 1),
        "preferred": rate.wins,
        "decisive": rate.decisive,
        "ties": rate.ties,
        "both_bad": rate.both_bad,
        "share": rate.share,
        "low": rate.low,
        "high": rate.high,
        "answers": [
            {"prompt": plain_text(pair.prompt.messages), "before": pair.before, "after": pair.after}
            for pair in report.answers
        ],
    }


def _verdict(rate: WinRate) -> str:
    if rate.share is None or rate.low is None or rate.high is None:
        return "nothing was decided"
    apart = [f"{rate.ties} ties"] if rate.ties else []
    apart += [f"{rate.both_bad} with both bad"] if rate.both_bad else []
    rest = f"; {' and '.join(apart)} apart" if apart else ""
    return (
        f"the trained model on {rate.wins} of {rate.decisive} prompts"
        f" ({rate.share:.0%}, 95 % interval {rate.low:.0%} to {rate.high:.0%}{rest})"
    )


def _example(pair: Answers) -> str:
    parts = (
        ("", plain_text(pair.prompt.messages)),
        ("before  ", pair.before),
        ("after   ", pair.after),
        ("rule    ", _VERDICT_WORDS[prefer(pair.after, pair.before)]),
    )
    return "\n".join(_wrapped(label, text) for label, text in parts) + "\n"


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), _WIDTH, initial_indent=label, subsequent_indent=" " * len(label)
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
