"""Rewards that compare an answer with the prompt's right one."""

from __future__ import annotations

import unicodedata

from workbench.core.rewards import ExactMatch, NumericMatch
from workbench.engine.rewards.final_number import final_number
from workbench.engine.rewards.sample import (
    RewardFunction,
    RewardInput,
    RewardResult,
    for_each,
    yes_or_no,
)
from workbench.engine.rewards.tagged import inside

NO_ANSWER = RewardResult(None, "this prompt has no right answer to compare with")
NO_NUMBER = RewardResult(None, "this prompt's right answer is not a number")


def exact_match(spec: ExactMatch) -> RewardFunction:
    """1 where answer and right answer are the same after normalising both."""

    def judge(item: RewardInput) -> RewardResult:
        if item.answer is None:
            return NO_ANSWER
        given = inside(item.completion, spec.within_tag)
        if given is None:
            return yes_or_no(False, f"there is no <{spec.within_tag}>…</{spec.within_tag}>")
        return yes_or_no(_normal(given, spec) == _normal(item.answer, spec))

    return for_each(judge)


def _normal(text: str, spec: ExactMatch) -> str:
    """One form for what reads the same: composed, single-spaced, and as the settings say."""
    text = unicodedata.normalize("NFKC", text)
    if spec.ignore_case:
        text = text.casefold()
    if spec.ignore_punctuation:
        text = _without_punctuation(text) or text  # an answer may be nothing but punctuation
    return " ".join(text.split())


def _without_punctuation(text: str) -> str:
    """Leaves signs of mathematics and of currency, and the point and minus of a number."""
    kept = []
    for place, character in enumerate(text):
        in_number = character in ".,-" and text[place + 1 : place + 2].isdigit()
        if in_number or not unicodedata.category(character).startswith("P"):
            kept.append(character)
    return "".join(kept)


def numeric_match(spec: NumericMatch) -> RewardFunction:
    """1 where the final numbers of answer and right answer are exactly equal, as fractions."""

    def judge(item: RewardInput) -> RewardResult:
        if item.answer is None:
            return NO_ANSWER
        right = final_number(item.answer)
        if right is None:
            return NO_NUMBER
        given = inside(item.completion, spec.within_tag)
        number = final_number(given) if given is not None else None
        if number is None:
            return yes_or_no(False, "no number was found")
        return yes_or_no(number == right)

    return for_each(judge)
