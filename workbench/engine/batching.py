"""Token sequences, and the order in which examples are seen."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """Tokens of one conversation; those from position `trained_from` on are learnt.

    Ranges (start, end) in `untrained` are left out of that: what others said between answers.
    """

    ids: Sequence[int]
    trained_from: int
    untrained: tuple[tuple[int, int], ...] = ()

    @property
    def first_learnt(self) -> int:
        """Where learning begins. The first token of all has nothing to be predicted from."""
        return max(self.trained_from, 1)

    @property
    def learnt_positions(self) -> list[int]:
        left_out = {place for start, end in self.untrained for place in range(start, end)}
        return [place for place in range(self.first_learnt, len(self.ids)) if place not in left_out]

    @property
    def trained_count(self) -> int:
        """Tokens that are learnt."""
        first, size = self.first_learnt, len(self.ids)
        left_out = sum(max(0, min(end, size) - max(start, first)) for start, end in self.untrained)
        return max(0, size - first - left_out)

    def cut(self, max_length: int) -> TokenSequence:
        """The sequence without what exceeds `max_length` tokens, from its end."""
        if len(self.ids) <= max_length:
            return self
        return TokenSequence(self.ids[:max_length], self.trained_from, self.untrained)


def common_prefix_length(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens the two share at their beginning."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    )


@dataclass(frozen=True, slots=True)
class DataOrder:
    """An endless order: every epoch a new shuffle, decided by the seed and the epoch alone.

    A place in it is one number, how many examples were seen, so a resume is exact mid-epoch.
    """

    count: int
    seed: int

    def take(self, start: int, size: int) -> list[int]:
        """Indices of `size` examples from place `start` on; may reach into the next epoch."""
        taken: list[int] = []
        while len(taken) < size:
            epoch, offset = divmod(start + len(taken), self.count)
            taken.extend(self._epoch(epoch)[offset : offset + size - len(taken)])
        return taken

    def _epoch(self, epoch: int) -> list[int]:
        order = list(range(self.count))
        random.Random(f"{self.seed}/{epoch}").shuffle(order)  # noqa: S311 - order, not secrecy
        return order


def split(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Consecutive parts of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
