"""Emphasis, code, formulas and links within a line. No Qt here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Flag, auto

from workbench.ui.formulas.formula import Formula
from workbench.ui.markup.formula import to_unicode


class Style(Flag):
    PLAIN = 0
    BOLD = auto()
    ITALIC = auto()
    STRUCK = auto()
    CODE = auto()
    FORMULA = auto()
    LINK = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style. Where `end - start` is its length it stands in the source as it is;
    else it stands for the whole of the source from `start` to `end`.

    `text` says a `formula` in plain Unicode; it is shown where the formula can't be set.
    """

    text: str
    start: int
    end: int
    style: Style = Style.PLAIN
    formula: Formula | None = None

    @property
    def is_literal(self) -> bool:
        same_length = self.end - self.start == len(self.text)
        return same_length and self.formula is None


_TOKEN = re.compile(
    # Before escapes: models write formulas so, and hardly ever \\(
    r"\\\((?P<formula>(?s:.+?))\\\)"
    r"|\\\[(?P<formula4>(?s:.+?))\\\]"
    r"|(?P<escape>\\(?:[\\`*_{}\])#+.!~$|>-]|[(\[](?![A-Za-z])))"
    r"|(?P<code>`+)(?P<code_text>.+?)(?P=code)(?!`)"
    r"|\$\$(?P<formula3>[^$]+)\$\$"
    r"|(?<![\\$\w])\$(?!\d[\d.,]*\s+[A-Za-z]{2})"  # a price with words after it is none
    r"(?P<formula2>[^\s$`](?:[^$\n`]*?[^\s$\\`])?)\$(?![\d$])"
    r"|(?P<bold>\*\*|__)(?P<bold_text>\S(?:.*?\S)?)(?P=bold)"
    r"|~~(?P<struck_text>\S(?:.*?\S)?)~~"
    r"|(?<![\w*])\*(?P<italic_text>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
    r"|(?<!\w)_(?P<italic2_text>[^\s_](?:[^_]*[^\s_])?)_(?!\w)"
    r"|!?\[(?P<link_text>[^\]\n]+)\]\((?P<link_target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)"
)
_DISPLAYS = ("formula3", "formula4")
_STYLED = {
    "bold_text": Style.BOLD,
    "struck_text": Style.STRUCK,
    "italic_text": Style.ITALIC,
    "italic2_text": Style.ITALIC,
}


def inline_runs(text: str, start: int, style: Style = Style.PLAIN) -> Iterator[Run]:
    """The runs of a line that stands at `start` in the source."""
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            yield Run(text[at : found.start()], start + at, start + found.start(), style)
        yield from _token(found, start, style)
        at = found.end()
    if at < len(text):
        yield Run(text[at:], start + at, start + len(text), style)


def _token(found: re.Match[str], start: int, style: Style) -> Iterator[Run]:
    begin, end = start + found.start(), start + found.end()
    if found["escape"]:
        yield Run(found[0][1:], begin + 1, end, style)
        return
    if found["code"]:
        inner = start + found.start("code_text")
        text = found["code_text"]
        yield Run(text, inner, inner + len(text), style | Style.CODE)
        return
    for name in ("formula", "formula2", "formula3", "formula4"):
        if found[name]:
            shown = to_unicode(found[name]).replace("\n", " ")
            formula = Formula(found[name], is_display=name in _DISPLAYS)
            yield Run(shown, begin, end, style | Style.FORMULA, formula)
            return
    if found["link_text"]:
        inner = start + found.start("link_text")
        text = found["link_text"]
        yield Run(text, inner, inner + len(text), style | Style.LINK)
        if found["link_target"] and found["link_target"] != text:
            place = start + found.start("link_target")
            yield Run(" (", place, place, style)
            yield Run(found["link_target"], place, place + len(found["link_target"]), style)
            yield Run(")", end, end, style)
        return
    for name, added in _STYLED.items():
        if found[name]:
            yield from inline_runs(found[name], start + found.start(name), style | added)
            return
