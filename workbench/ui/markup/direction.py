"""Which way a text runs. No Qt here."""

from __future__ import annotations

import unicodedata

_FROM_RIGHT = ("R", "AL")
_STRONG = (*_FROM_RIGHT, "L")
_ISOLATED, _ISOLATE_END = "\u2066", "\u2069"


def runs_from_right(text: str) -> bool:
    """Whether a line of it begins at the right: its first letter with a direction says so."""
    if text.isascii():
        return False
    found = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind for kind in found if kind in _STRONG), "L") in _FROM_RIGHT


def from_left(text: str) -> str:
    """The text so that it runs from the left as a whole, whatever stands in it or around it."""
    if text.isascii() or not any(unicodedata.bidirectional(one) in _FROM_RIGHT for one in text):
        return text
    return f"{_ISOLATED}{text}{_ISOLATE_END}"
