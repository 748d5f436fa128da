"""What the palette (Ctrl+K) offers: named actions, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """An action of the window or of a panel. `shortcut` is shown, not installed."""

    title: str
    run: Callable[[], object]
    icon: str = "next"
    shortcut: str = ""
    is_enabled: Callable[[], bool] = lambda: True


def match_score(query: str, title: str) -> int | None:
    """How well `query`'s letters are found in order in `title`: higher is better, None is not.

    Starts of words and runs of letters count more, so that "sr" finds "Stop run" first.
    """
    text = title.casefold()
    score, position, previous = 0, 0, -2
    for letter in query.casefold():
        if letter.isspace():
            continue
        found = _next_place(text, letter, position)
        if found < 0:
            return None
        starts_word = found == 0 or not text[found - 1].isalnum()
        score += 8 if starts_word else 4 if found == previous + 1 else 1
        previous, position = found, found + 1
    return score * 100 - len(text)


def _next_place(text: str, letter: str, start: int) -> int:
    """Where `letter` comes next: right here, else at the start of a word, else anywhere."""
    if start < len(text) and text[start] == letter:
        return start
    for place in range(max(start, 1), len(text)):
        if text[place] == letter and not text[place - 1].isalnum():
            return place
    return text.find(letter, start)


def matching(query: str, commands: Iterable[Command]) -> list[Command]:
    """The enabled commands that fit `query`, best first; all of them when it is empty."""
    scored = [
        (score, command)
        for command in commands
        if command.is_enabled() and (score := match_score(query, command.title)) is not None
    ]
    if not query.strip():
        return [command for _, command in scored]
    return [command for _, command in sorted(scored, key=lambda item: -item[0])]
