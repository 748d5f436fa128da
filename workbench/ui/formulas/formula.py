"""A formula as it stands in a text, and whether it is worth the attempt to set it. No Qt here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LONGEST = 3000
_DEEPEST = 40
# Letters that change with their neighbours or run from the right are set one by one: not readable.
_UNSETTABLE_DIRECTIONS = ("R", "AL", "AN")
_JOINED = ("Mn", "Mc", "Cf")


@dataclass(frozen=True, slots=True)
class Formula:
    """`latex` is what stands between the delimiters; `is_display` that it has room for itself."""

    latex: str
    is_display: bool


def can_be_set(formula: Formula) -> bool:
    """False for what is too long, nested too deeply, or in a script that MathJax can't write."""
    latex = formula.latex
    if not latex.strip() or len(latex) > _LONGEST or _depth(latex) > _DEEPEST:
        return False
    return latex.isascii() or not any(map(_is_unsettable, latex))


def _depth(latex: str) -> int:
    depth = deepest = 0
    for letter in latex:
        depth += (letter == "{") - (letter == "}")
        deepest = max(deepest, depth)
    return max(deepest, latex.count("\\left"), latex.count("\\begin"))


def _is_unsettable(letter: str) -> bool:
    return (
        unicodedata.bidirectional(letter) in _UNSETTABLE_DIRECTIONS
        or unicodedata.category(letter) in _JOINED
    )
