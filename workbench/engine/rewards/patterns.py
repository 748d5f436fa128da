"""Rewards for an answer's form: a regular expression, or a length in words."""

from __future__ import annotations

import regex

from workbench.core.rewards import LengthReward, RegexReward
from workbench.engine.rewards.sample import RewardFunction, RewardResult, for_each, yes_or_no

PATTERN_TIMEOUT_S = 0.5

# A character of Chinese or Japanese counts as a word: there are no spaces between theirs.
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}"
_LETTERS = rf"[\w--[{_CJK}]]+"
_WORD = regex.compile(rf"[{_CJK}]|{_LETTERS}(?:['’.,-]{_LETTERS})*", regex.V1)


def regex_reward(spec: RegexReward) -> RewardFunction:
    """1 where the pattern is found. One that takes forever on an answer gives it no value."""
    pattern = regex.compile(spec.pattern, regex.IGNORECASE if spec.ignore_case else 0)
    look = pattern.fullmatch if spec.match == "whole" else pattern.search

    def judge(completion: str) -> RewardResult:
        try:
            found = look(completion, timeout=PATTERN_TIMEOUT_S) is not None
        except TimeoutError:
            return RewardResult(None, f"the pattern took longer than {PATTERN_TIMEOUT_S} s")
        return yes_or_no(found != spec.negate)

    return for_each(lambda item: judge(item.completion))


def count_words(text: str) -> int:
    """Words as people count them: don't, 3.14 and well-kept are one each."""
    return sum(1 for _ in _WORD.finditer(text))


def length_reward(spec: LengthReward) -> RewardFunction:
    """1 within the tolerance, beyond it 0.5 ** (excess ÷ falloff)²: 0.5 at the falloff."""

    def judge(completion: str) -> RewardResult:
        words = count_words(completion)
        excess = max(0, abs(words - spec.target_words) - spec.tolerance_words)
        return RewardResult(0.5 ** min((excess / spec.falloff_words) ** 2, 1000.0))

    return for_each(lambda item: judge(item.completion))
