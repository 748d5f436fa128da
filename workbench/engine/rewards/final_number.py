"""Finding the final number of an answer, as an exact fraction."""

from __future__ import annotations

import re
from fractions import Fraction

# A longer run of digits is not a result, and turning it into a number takes quadratic time.
_MOST_DIGITS = 60
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
_DECIMAL = rf"(?:{_DIGITS}(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{{1,2}}(?!\d))?"
_NUMBER = re.compile(
    # A sign stands right before its number; "5 - 3" and "2-3" are other things.
    rf"(?P<sign>(?<![\w)\]])[-+])?(?:[$€£¥]\s?(?P<late_sign>-)?)?"
    rf"(?:(?P<whole>\d+)\s+(?=\d+\s?/\s?\d))?(?P<top>{_DECIMAL})(?:\s?/\s?(?P<bottom>{_DECIMAL}))?"
)
_FRACTION_COMMAND = re.compile(r"(\d)?\s?\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\,|\\!|[\u00a0\u2009\u202f_])(?=\d{3}(?!\d))")
_MINUS_SIGNS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-", "’": "'"})
_BRACE = re.compile(r"\\boxed\s?\{|[{}]")
_HASHES = re.compile(r"####([^\n]*)")


def final_number(text: str) -> Fraction | None:
    r"""The result that a text ends in, or None where it has no number.

    In this order: the number after the last `####` of GSM8K, the number in the last `\boxed{}`,
    the last number. Commas between thousands, signs of currency, percent and units don't count.
    """
    marked = _HASHES.findall(text)
    box = last_box(text)
    number = _number(marked[-1], first=True) if marked else None
    if number is None and box is not None:
        number = _number(box)
    return _number(text) if number is None else number


def last_box(text: str) -> str | None:
    r"""What stands in the last complete `\boxed{…}`, inner braces included."""
    open_braces: list[int | None] = []  # where a box's content starts; None for other braces
    last: tuple[int, int] | None = None
    for match in _BRACE.finditer(text):
        if match.group() != "}":
            open_braces.append(match.end() if match.group() != "{" else None)
        elif open_braces and (start := open_braces.pop()) is not None:
            last = max(last or (0, 0), (start, match.start()))
    return text[last[0] : last[1]] if last else None


def _number(text: str, *, first: bool = False) -> Fraction | None:
    """The last number of the text, or its first."""
    text = text.translate(_MINUS_SIGNS)
    text = _THOUSANDS.sub("", text)
    text = _FRACTION_COMMAND.sub(_with_slash, text)
    found = list(_NUMBER.finditer(text))
    values = (_value(match) for match in (found if first else reversed(found)))
    return next((value for value in values if value is not None), None)


def _with_slash(command: re.Match[str]) -> str:
    r"""`\frac{1}{2}` as 1/2, apart from a digit before it, and next to a minus."""
    digit, top, bottom = command.groups()
    return f"{digit} {top}/{bottom} " if digit else f"{top}/{bottom} "


def _value(match: re.Match[str]) -> Fraction | None:
    if len(match.group()) > _MOST_DIGITS:
        return None
    top = Fraction(match["top"].replace(",", ""))
    bottom = Fraction((match["bottom"] or "1").replace(",", ""))
    if not bottom:
        return None
    number = Fraction(match["whole"] or 0) + top / bottom
    negative = "-" in (match["sign"] or "") or match["late_sign"] is not None
    return -number if negative else number
