"""Progress on the terminal; in a log, a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from tqdm import tqdm

_LOG_EVERY_S = 20.0


class Bar(Protocol):
    """Progress of which the place and some words change."""

    def move_to(self, done: int, total: int | None = None) -> None:
        """So much is done; `total` None leaves what was known of it."""

    def say(self, words: str) -> None:
        """Show a few words behind the place, until others follow."""

    def tell(self, sentence: str) -> None:
        """Say what should be read later on too: on a line of its own, at once."""


class DrawnBar:
    """A bar that is drawn again and again on one line of a terminal."""

    def __init__(self, drawn: tqdm) -> None:
        self._drawn = drawn

    def move_to(self, done: int, total: int | None = None) -> None:
        if total is not None and total != self._drawn.total:
            self._drawn.total = total
        self._drawn.update(done - self._drawn.n)

    def say(self, words: str) -> None:
        self._drawn.set_postfix_str(words)

    def tell(self, sentence: str) -> None:
        self._drawn.write(sentence, file=sys.stderr)


class LogLines:
    """A line at the first sign, then one in `every_s` seconds at most, and one at the end."""

    def __init__(
        self,
        out: TextIO,
        title: str,
        total: int | None,
        *,
        every_s: float = _LOG_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out
        self._title = title
        self._total = total
        self._every_s = every_s
        self._clock = clock
        self._done = 0
        self._words = ""
        self._written = ""
        self._next_at = clock()

    def move_to(self, done: int, total: int | None = None) -> None:
        self._done = done
        self._total = self._total if total is None else total
        self._write_now_and_then()

    def say(self, words: str) -> None:
        self._words = words
        self._write_now_and_then()

    def tell(self, sentence: str) -> None:
        print(sentence, file=self._out, flush=True)

    def end(self) -> None:
        """Write how far it came, unless that stands there already."""
        if self._line != self._written:
            self._write()

    @property
    def _line(self) -> str:
        place = f"{self._done} of {self._total}" if self._total else f"{self._done or ''}"
        return f"{self._title}: {', '.join(part for part in (place, self._words) if part)}"

    def _write_now_and_then(self) -> None:
        if self._clock() >= self._next_at:
            self._write()

    def _write(self) -> None:
        self._written = self._line
        self._next_at = self._clock() + self._every_s
        self.tell(self._written)


@contextmanager
def progress_bar(total: int | None, title: str) -> Iterator[Bar]:
    """Show progress on standard error while the block runs. `total` None: not known yet."""
    if sys.stderr.isatty():
        with tqdm(total=total, desc=title) as drawn:
            yield DrawnBar(drawn)
        return
    lines = LogLines(sys.stderr, title, total)
    try:
        yield lines
    finally:
        lines.end()
