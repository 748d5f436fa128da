"""A text as lines to show, each with the place in the text that it came from. No Qt here.

Markdown as models write it, line by line: a line of the text stays a line. HTML, images and
links are shown as they are written and nothing is ever loaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from workbench.ui.formulas.formula import Formula
from workbench.ui.markup.formula import to_unicode
from workbench.ui.markup.inline import Run, Style, inline_runs


class Kind(Enum):
    PARAGRAPH = auto()
    HEADING = auto()
    ITEM = auto()
    QUOTE = auto()
    CODE = auto()
    FORMULA = auto()
    TABLE = auto()
    RULE = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A line to show, or the lines of some code.

    `level` is a heading's rank, or how deep an item is indented.
    """

    kind: Kind
    runs: tuple[Run, ...]
    level: int = 0


_FENCE = re.compile(r"^\s*(```+|~~~+)")
_HEADING = re.compile(r"^(#{1,6})\s+(?=\S)")
_ITEM = re.compile(r"^(\s*)(?:[-*+]|\d{1,3}[.)])\s+(?=\S)")
_QUOTE = re.compile(r"^\s*>\s?")
_RULE = re.compile(r"^\s*(-{3,}|\*{3,}|_{3,})\s*$")
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$")
_TABLE_RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")
_FORMULA = re.compile(
    r"^\s*(?:\$\$(?P<dollars>.+?)\$\$|\\\[(?P<brackets>.+?)\\\]"
    r"|(?P<bare>\\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\}))"
    r"(?P<after>[.,;:]?)\s*$",
    re.DOTALL,
)
_FORMULA_START = re.compile(
    r"^\s*(\$\$|\\\[|\\begin\{(?P<name>(?:align(?:ed|at)?|equation|gather|multline|eqnarray|cases"
    r"|array|split|[bBpvV]?matrix)\*?)\})"
)
_ENDINGS = {"$$": "$$", "\\[": "\\]"}
_INLINE_ENDINGS = (("\\(", "\\)"), ("\\[", "\\]"))
_LONGEST_FORMULA_LINES = 30
_SPACES_A_LEVEL = 2
CELL_END = "\t"
_LINE_SEPARATOR = "\u2028"  # a new line within a block


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int


def as_written(text: str) -> list[Block]:
    """Each line of the text as it stands."""
    return [
        Block(Kind.PARAGRAPH, (Run(line.text, line.start, line.start + len(line.text)),))
        for line in _lines(text)
    ]


def read_blocks(text: str) -> list[Block]:
    """The text with its Markdown, code and formulas understood."""
    lines = _lines(text)
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        made, used = _next_blocks(lines, at)
        blocks += made
        at += used
    return blocks


def _lines(text: str) -> list[_Line]:
    found, start = [], 0
    for line in text.split("\n"):
        found.append(_Line(line.removesuffix("\r"), start))
        start += len(line) + 1
    return found


def _next_blocks(lines: list[_Line], at: int) -> tuple[list[Block], int]:
    """The blocks that start on a line, and how many lines they take."""
    line = lines[at]
    if fence := _FENCE.match(line.text):
        return _code(lines, at, fence[1])
    if _FORMULA_START.match(line.text) and (formula := _formula(lines, at)):
        return formula
    if _TABLE_ROW.match(line.text):
        return _table(lines, at)
    return _plain_lines(lines, at)


def _plain_lines(lines: list[_Line], at: int) -> tuple[list[Block], int]:
    """One line, or more where a formula within it goes on below."""
    whole = lines[at]
    for used, line in enumerate(lines[at : at + _LONGEST_FORMULA_LINES], start=1):
        if used > 1:
            if not line.text.strip() or line.start != whole.start + len(whole.text) + 1:
                break
            whole = _Line(f"{whole.text}\n{line.text}", whole.start)
        if not _has_open_formula(whole.text):
            made = _plain_line(whole)
            # Else something begun before the formula ends within it: then it is none.
            if not any("\n" in run.text for run in made.runs):
                return [made], used
            break
    return [_plain_line(lines[at])], 1


def _has_open_formula(text: str) -> bool:
    """Whether a formula begins here that does not end; in a quote each line has its own sign."""
    if _QUOTE.match(text):
        return False
    for opening, ending in _INLINE_ENDINGS:
        start = text.rfind(opening)
        if start >= 0 and ending not in text[start:] and text.count("`", 0, start) % 2 == 0:
            return True
    return False


def _plain_line(line: _Line) -> Block:
    if _RULE.match(line.text):
        return Block(Kind.RULE, (Run("", line.start, line.start + len(line.text)),))
    if heading := _HEADING.match(line.text):
        return Block(Kind.HEADING, _inline(line, heading.end()), len(heading[1]))
    if item := _ITEM.match(line.text):
        indent = len(item[1])
        marker = line.text[indent : item.end()].strip()
        shown = f"{'•' if marker in '-*+' else marker} "
        start = line.start + indent
        runs = (Run(shown, start, line.start + item.end()), *_inline(line, item.end()))
        return Block(Kind.ITEM, runs, indent // _SPACES_A_LEVEL)
    if quote := _QUOTE.match(line.text):
        return Block(Kind.QUOTE, _inline(line, quote.end()))
    return Block(Kind.PARAGRAPH, _inline(line, 0))


def _inline(line: _Line, offset: int) -> tuple[Run, ...]:
    return tuple(inline_runs(line.text[offset:], line.start + offset))


def _code(lines: list[_Line], at: int, fence: str) -> tuple[list[Block], int]:
    """Everything up to the closing fence, or to the end where there is none, as one block."""
    runs: list[Run] = []
    used = len(lines) - at
    for number, line in enumerate(lines[at + 1 :], start=2):
        if line.text.strip().startswith(fence) and not line.text.strip().strip(fence[0]):
            used = number
            break
        if runs:
            runs.append(Run(_LINE_SEPARATOR, line.start - 1, line.start, Style.CODE))
        runs.append(Run(line.text, line.start, line.start + len(line.text), Style.CODE))
    return [Block(Kind.CODE, tuple(runs))], used


def _formula(lines: list[_Line], at: int) -> tuple[list[Block], int] | None:
    """A formula on lines of its own; None where it does not end."""
    start = lines[at].start
    opening = _FORMULA_START.match(lines[at].text)
    if opening is None:
        return None
    ending = _ENDINGS.get(opening[1]) or f"\\end{{{opening['name']}}}"
    for used in range(1, min(_LONGEST_FORMULA_LINES, len(lines) - at) + 1):
        whole = "\n".join(line.text for line in lines[at : at + used])
        found = _FORMULA.match(whole)
        if found:
            latex = found["dollars"] or found["brackets"] or found["bare"]
            shown = to_unicode(latex).replace("\n", _LINE_SEPARATOR)
            end = lines[at + used - 1].start + len(lines[at + used - 1].text.rstrip())
            after = found["after"]
            formula = Formula(latex, is_display=True)
            runs = [Run(shown, start, end - len(after), Style.FORMULA, formula)]
            if after:
                runs.append(Run(after, end - len(after), end))
            return [Block(Kind.FORMULA, tuple(runs))], used
        if used > 1 and ending in lines[at + used - 1].text:
            return None
    return None


def _table(lines: list[_Line], at: int) -> tuple[list[Block], int]:
    """Rows of a table; what shows them gives each column its place."""
    rows: list[Block] = []
    used = 0
    for line in lines[at:]:
        if not _TABLE_ROW.match(line.text):
            break
        used += 1
        if not _TABLE_RULE.match(line.text):
            rows.append(Block(Kind.TABLE, tuple(_cells(line))))
    return rows, used


def _cells(line: _Line) -> list[Run]:
    """The runs of a row, with a `CELL_END` between its cells."""
    inner_start = line.text.index("|") + 1
    inner = line.text[inner_start : line.text.rindex("|")]
    runs: list[Run] = []
    start = line.start + inner_start
    for number, cell in enumerate(inner.split("|")):
        if number:
            runs.append(Run(CELL_END, start, start, Style.CODE))
        offset = start + len(cell) - len(cell.lstrip())
        runs += inline_runs(cell.strip(), offset, Style.CODE)
        start += len(cell) + 1
    return runs
