"""How attention over a packed row is cut into matrix products: few, large, and little in vain.

A run is segments that continue the same prefix, one after the other. All its tokens see the whole
prefix, which is one rectangle without a mask. Among themselves they are taken a block of queries at
a time, whatever segments it spans, with a bias for what a query does not see of the block's keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import torch

from workbench.engine.packing import Segment

_OWN_QUERIES, _PREFIX_QUERIES = 128, 512


@dataclass(frozen=True, slots=True)
class Range:
    """Positions `start` to `end` of the row."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Part:
    """Queries and the keys that one product takes them to.

    `bias` [queries, 1, columns] is added to scores of the last so many keys: 0 where they are seen,
    else minus infinity. None where all are seen.
    """

    queries: Range
    keys: Range
    bias: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Segments of the same prefix, which is an empty range where they are beginnings."""

    segments: tuple[Segment, ...]

    @property
    def queries(self) -> Range:
        return Range(self.segments[0].start, self.segments[-1].end)

    @property
    def prefix(self) -> Range:
        return Range(self.segments[0].prefix_start, self.segments[0].prefix_end)


@lru_cache(maxsize=4)  # every layer asks for the same, in both directions
def runs_of(segments: tuple[Segment, ...]) -> tuple[Run, ...]:
    """The runs of a row that the segments cover."""
    alike = groupby(segments, key=lambda part: (part.prefix_start, part.prefix_end))
    return tuple(Run(tuple(run)) for _, run in alike)


@lru_cache(maxsize=4)
def parts_of(segments: tuple[Segment, ...]) -> tuple[Part, ...]:
    """What the gradient is made of; together all that any query sees, once."""
    return tuple(
        part
        for run in runs_of(segments)
        for part in (*_own_parts(run.segments), *_prefix_parts(run))
    )


def _prefix_parts(run: Run) -> Iterator[Part]:
    if run.prefix.length:
        for block in _blocks(run.queries, _PREFIX_QUERIES):
            yield Part(block, run.prefix)


def _own_parts(segments: Sequence[Segment]) -> Iterator[Part]:
    for block in _blocks(Range(segments[0].start, segments[-1].end), _OWN_QUERIES):
        spanned = [one for one in segments if one.start < block.end and one.end > block.start]
        keys = Range(spanned[0].start, block.end)
        # Inside one segment all that comes before the block is seen.
        masked = block if len(spanned) == 1 else keys
        yield Part(block, keys, _bias(spanned, block, masked))


def _bias(segments: Sequence[Segment], queries: Range, keys: Range) -> torch.Tensor:
    query = torch.arange(queries.start, queries.end)[:, None]
    key = torch.arange(keys.start, keys.end)
    bounds = torch.tensor([segment.end for segment in segments])
    of_query, of_key = (torch.searchsorted(bounds, place, right=True) for place in (query, key))
    hidden = (key > query) | (of_query != of_key)
    # 16 bits hold both values, as they do what it is added to.
    return torch.zeros(hidden.shape, dtype=torch.bfloat16).masked_fill_(hidden, -torch.inf)[:, None]


def _blocks(whole: Range, size: int) -> Iterator[Range]:
    for start in range(whole.start, whole.end, size):
        yield Range(start, min(start + size, whole.end))
