"""Which words of two texts differ. No Qt here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+|[^\w\s]")
_EXACT_UP_TO_WORDS = 1500


@dataclass(frozen=True, slots=True)
class Difference:
    """Character ranges (start, end): of `before` that `after` lacks, and the other way round."""

    removed: tuple[tuple[int, int], ...]
    added: tuple[tuple[int, int], ...]


def word_difference(before: str, after: str) -> Difference:
    """Compare word by word; neighbouring words that differ are one range.

    In long texts the most frequent words may count as different where an exact comparison would
    align them, which keeps it quick.
    """
    first, second = list(_WORD.finditer(before)), list(_WORD.finditer(after))
    words, others = [word[0] for word in first], [word[0] for word in second]
    is_long = max(len(words), len(others)) > _EXACT_UP_TO_WORDS
    skip = _same_start(words, others)
    matcher = SequenceMatcher(None, words[skip:], others[skip:], autojunk=is_long)
    removed, added = [], []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if b > a:
            removed.append((first[skip + a].start(), first[skip + b - 1].end()))
        if d > c:
            added.append((second[skip + c].start(), second[skip + d - 1].end()))
    return Difference(tuple(removed), tuple(added))


def _same_start(words: list[str], others: list[str]) -> int:
    """How many words are the same at the beginning."""
    count = 0
    for word, other in zip(words, others, strict=False):
        if word != other:
            break
        count += 1
    return count
