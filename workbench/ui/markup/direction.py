"""Which way a text runs. No Qt here."""

from __future__ import annotations

import re
import unicodedata

_FROM_RIGHT = ("R", "AL")
_STRONG = (*_FROM_RIGHT, "L")
_FROM_LEFT, _APART, _END = "\u2066", "\u2068", "\u2069"  # Unicode's isolates
_LETTERS = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+"
_WORDS_FROM_RIGHT = re.compile(rf"{_LETTERS}(?:\s+{_LETTERS})*")


def runs_from_right(text: str) -> bool:
    """Whether a line of it begins at the right: its first letter with a direction says so."""
    if text.isascii():
        return False
    found = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind for kind in found if kind in _STRONG), "L") in _FROM_RIGHT


def from_left(text: str) -> str:
    """The text so that it runs from the left as a whole; words from the right keep their place."""
    if text.isascii() or not _WORDS_FROM_RIGHT.search(text):
        return text
    parts = _WORDS_FROM_RIGHT.sub(rf"{_APART}\g<0>{_END}", text)
    return f"{_FROM_LEFT}{parts}{_END}"
