"""The demo's rule: a short and direct answer is better than a long-winded one.

It stands in for a person in the demo project and in headless runs, so it is written down in full:

1. An answer is unsound when it
   - has fewer than 3 words,
   - holds no complete sentence that says something (one that begins with a letter, figure or
     quotation mark and ends with `.` or `!`; a question asked back is no answer), or
   - repeats itself: at most 60 % of its words are different while it has 12 words or fewer, or
     fewer than 75 % of its runs of three words are different when it is longer.
2. A sound answer is better than an unsound one. Two unsound ones are both bad.
3. Of two sound answers the shorter is better, when it is at least 5 words and at least a fifth
   shorter. Otherwise they tie.

It leaves out whether an answer is true: a rule that could tell would be no demo.
"""

from __future__ import annotations

import re

from workbench.core.preferences import Choice

FEWEST_WORDS = 3
SHORT_WORDS = 12
LEAST_DIFFERENT_WORDS = 0.6
LEAST_DIFFERENT_RUNS = 0.75
CLEARLY_SHORTER_WORDS = 5
CLEARLY_SHORTER_SHARE = 0.8

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_COMPLETE_SENTENCE = re.compile(r"[\w\"'“‘(][^.!?]*\w[^.!?]*[.!]")


def prefer(first: str, second: str) -> Choice:
    """Which of two answers the rule prefers: FIRST, SECOND, TIE or BOTH_BAD."""
    first_is_sound, second_is_sound = is_sound(first), is_sound(second)
    if first_is_sound and second_is_sound:
        return _prefer_shorter(count_words(first), count_words(second))
    if first_is_sound:
        return Choice.FIRST
    return Choice.SECOND if second_is_sound else Choice.BOTH_BAD


def is_sound(answer: str) -> bool:
    """Whether an answer has a complete sentence, enough words, and does not go round in circles."""
    words = _words(answer)
    return (
        len(words) >= FEWEST_WORDS
        and _COMPLETE_SENTENCE.search(answer) is not None
        and not _repeats_itself(words)
    )


def count_words(answer: str) -> int:
    return len(_words(answer))


def _words(answer: str) -> list[str]:
    return _WORD.findall(answer.lower())


def _repeats_itself(words: list[str]) -> bool:
    if len(words) <= SHORT_WORDS:
        return len(words) > FEWEST_WORDS and len(set(words)) / len(words) <= LEAST_DIFFERENT_WORDS
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(runs)) / len(runs) < LEAST_DIFFERENT_RUNS


def _prefer_shorter(first_words: int, second_words: int) -> Choice:
    shorter, longer = sorted((first_words, second_words))
    too_close = longer - shorter < CLEARLY_SHORTER_WORDS or shorter > CLEARLY_SHORTER_SHARE * longer
    if too_close:
        return Choice.TIE
    return Choice.FIRST if first_words < second_words else Choice.SECOND
