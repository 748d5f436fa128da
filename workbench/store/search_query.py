"""What a person types into a search field, as FTS5 understands it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from workbench.store.unspaced import MARKS, as_asked, ends_unspaced

_PARTS = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_WORDS = re.compile(rf"[\w{MARKS}]+", re.UNICODE)
_SHORTEST_BEGINNING = 3

Complete = Callable[[str], Sequence[str]]


def match_expression(
    typed: str, *, scope: tuple[str, ...] = (), complete: Complete | None = None
) -> str:
    """An FTS5 expression for `typed`, or "" when there is no word in it.

    Every word must be there; `"several words"` stand together; `-word` must not be there; a word
    that ends with `*` is a beginning, and so is the last one while somebody is still typing it. In
    scripts without spaces any part of a run is found.
    `scope` names tokens of the scope column that must all be there. `complete` gives the commonest
    words with a beginning: any of them then stands for it, which FTS5 looks for as it goes, where
    it would first gather all rows with the beginning itself.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    parts = list(_PARTS.finditer(typed))
    for number, part in enumerate(parts):
        minus, phrase, word = part.groups()
        is_last = number == len(parts) - 1 and not typed[-1:].isspace()
        if word is not None:
            minus, phrase = ("-", word[1:]) if word.startswith("-") else ("", word)
        found = _WORDS.findall(phrase)
        if not found:
            continue
        in_a_row, is_one_letter = as_asked(found)
        quoted = f'"{in_a_row}"'
        is_beginning = word is not None and (
            word.endswith("*")
            or (is_last and len(found[-1]) >= _SHORTEST_BEGINNING and word[-1].isalnum())
        )
        term = quoted
        if ends_unspaced(found[-1]):
            term = f"{quoted} *" if is_one_letter else quoted
        elif is_beginning:
            known = complete(found[-1]) if complete is not None and len(found) == 1 else ()
            term = _any_of(known) if known else f"{quoted} *"
        (unwanted if minus else wanted).append(term)
    if not wanted:
        return ""
    tokens = " AND ".join(f'scope : "{token}"' for token in scope)
    text = " AND ".join(f"{{prompt first second}} : {term}" for term in wanted)
    expression = f"{tokens} AND {text}" if tokens else text
    for term in unwanted:
        expression = f"({expression}) NOT {{prompt first second}} : {term}"
    return expression


def _any_of(words: Sequence[str]) -> str:
    return "(" + " OR ".join(f'"{word}"' for word in words) + ")"
