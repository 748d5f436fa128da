"""Scripts that put no spaces between words: Chinese, Japanese, Thai and their like.

FTS5 would take a whole run of them for one word. So each two letters side by side are indexed as a
word, and the last letter by itself: a part of a run is then found as these words in a row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGES = (
    "\u0e01-\u0e3a", "\u0e40-\u0e4e", "\u0e81-\u0ece",  # Thai, Lao
    "\u1000-\u109f", "\u1780-\u17d3",  # Burmese, Khmer
    "\u3041-\u309f", "\u30a1-\u30ff", "\u31f0-\u31ff", "\uff66-\uff9f",  # kana
    "\u3005-\u3007", "\u3400-\u4dbf", "\u4e00-\u9fff", "\uf900-\ufaff",  # Chinese characters
    "\U00020000-\U0003134f",
)  # fmt: skip
_RUN = re.compile(f"([{''.join(_RANGES)}]+)")
_GLOB = f"*[{''.join(_RANGES)}]*"

MARKS = "".join(chr(code) for code in (0x0E31, *range(0x0E34, 0x0E3B), *range(0x0E47, 0x0E4F)))
"""Thai vowels and tones that are written above and below: part of a word, though no letters."""


def as_indexed(text: str) -> str:
    """`text` with every run of such a script taken apart."""
    return _RUN.sub(lambda run: f" {' '.join([*_couples(run[0]), run[0][-1]])} ", text)


def indexed_in_sql(text: str) -> str:
    """SQL for the same of an SQL expression; Python is asked only where there is such a run."""
    return (
        f"CASE WHEN length({text}) = length(CAST({text} AS BLOB)) THEN {text}"
        f" WHEN {text} GLOB '{_GLOB}' THEN as_indexed({text}) ELSE {text} END"
    )


def as_asked(words: Sequence[str]) -> tuple[str, bool]:
    """The words in a row that find `words` in a row, and whether the last is a beginning only.

    The last word may be the beginning of a longer run.
    """
    parts = [part for word in words for part in _RUN.split(word) if part]
    *before, last = parts
    asked = [as_indexed(part).strip() for part in before]
    if not _RUN.fullmatch(last):
        return " ".join([*asked, last]), False
    return " ".join([*asked, *(_couples(last) or [last])]), len(last) == 1


def ends_unspaced(word: str) -> bool:
    """Whether the last letter of a word is of such a script."""
    return bool(_RUN.fullmatch(word[-1:]))


def _couples(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]
