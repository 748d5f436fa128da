"""Progress on the terminal; in a log, a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

_LOG_EVERY_S = 20.0


class Bar:
    """A progress bar of which only the place and some words change."""

    def __init__(self, drawn: tqdm) -> None:
        self._drawn = drawn

    def move_to(self, done: int, total: int | None = None) -> None:
        if total is not None and total != self._drawn.total:
            self._drawn.total = total
        self._drawn.update(done - self._drawn.n)

    def say(self, words: str) -> None:
        """Show a few words behind the bar."""
        self._drawn.set_postfix_str(words)


@contextmanager
def progress_bar(total: int | None, title: str) -> Iterator[Bar]:
    """Draw a bar on standard error while the block runs. `total` None: not known yet."""
    on_terminal = sys.stderr.isatty()
    with tqdm(
        total=total,
        desc=title,
        ascii=None if on_terminal else True,
        mininterval=0.1 if on_terminal else _LOG_EVERY_S,
    ) as drawn:
        yield Bar(drawn)
