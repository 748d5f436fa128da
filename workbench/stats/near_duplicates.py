"""Texts that are nearly the same, found among a million without comparing each with each.

A text is the set of its runs of eight bytes, after everything that is no letter or figure became
one space. Two texts are near-duplicates when their sets' Jaccard similarity reaches a threshold.
Candidates come from MinHash with one permutation and optimal densification (Shrivastava, ICML
2017) and banded locality-sensitive hashing; each is then compared exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

DEFAULT_THRESHOLD = 0.8

_RUN = 8
_BINS = 64
_BANDS = 16
_ROWS = _BINS // _BANDS
_EMPTY = np.uint32(0xFFFFFFFF)
# An estimate from 64 bins strays by 0.05 or so: this far below the threshold is still looked at.
_SCREEN_SLACK = 0.15
# Of texts that share a band but not much more, at most so many are compared with all the others.
_LEADERS = 16
_VERIFY_BATCH = 512
_BATCH_BYTES = 4_000_000

_MIX_1 = np.uint64(0x9E3779B97F4A7C15)
_MIX_2 = np.uint64(0xBF58476D1CE4E5B9)
_OTHER_SIGNS = re.compile(r"[^\w\x00-\x7f]|\x00")

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Fetch = Callable[[Sequence[int]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Two or more texts by number, ascending. `least_similarity` is the weakest match in it."""

    members: tuple[int, ...]
    least_similarity: float


def near_duplicates(
    texts: Sequence[str], threshold: float = DEFAULT_THRESHOLD
) -> list[DuplicateGroup]:
    """Groups of texts that are alike, by their place in `texts`."""
    search = NearDuplicateSearch(threshold)
    search.add(texts)
    return search.groups(lambda numbers: [texts[number] for number in numbers])


def similarity(first: str, second: str) -> float:
    """Jaccard similarity of two texts, 0 to 1; 1 for texts that differ in signs and case only."""
    return _jaccard(*_runs_of_each((first, second)))


class NearDuplicateSearch:
    """Add texts in batches, then ask for the groups. Keeps 200 bytes a text, and no text."""

    def __init__(self, threshold: float = DEFAULT_THRESHOLD) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"the threshold must lie between 0 and 1, not {threshold}")
        self._threshold = threshold
        self._size = 0
        self._bands: list[Hashes] = []
        self._signatures: list[Bytes] = []
        self._wholes: list[NDArray[np.int64]] = []

    def __len__(self) -> int:
        return self._size

    def add(self, texts: Sequence[str]) -> None:
        """Take in some texts; they are numbered 0, 1, 2, … over all batches."""
        for part in _batches(texts):
            packed = _pack(part)
            minima = _densified(_minima(packed))
            self._bands.append(_band_keys(minima))
            self._signatures.append((minima & np.uint32(0xFF)).astype(np.uint8))
            self._wholes.append(packed.whole_hashes())
            self._size += len(part)

    def groups(
        self, fetch: Fetch, is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[DuplicateGroup]:
        """The groups among all texts added, by their first member.

        `fetch(numbers)` gives texts again, a batch at a time, for the exact comparison. When
        `is_cancelled` becomes true, what was found until then is returned.
        """
        if self._size == 0:
            return []
        joined = _Joined(self._size)
        different = self._join_equal(joined)
        candidates = self._candidates(different, is_cancelled)
        for start in range(0, len(candidates), _VERIFY_BATCH):
            if is_cancelled():
                break
            self._verify(candidates[start : start + _VERIFY_BATCH], fetch, joined)
        return joined.groups()

    def _join_equal(self, joined: _Joined) -> Numbers:
        """Join texts that are the same once normalised; gives the first of each, no empty one."""
        wholes = np.concatenate(self._wholes)
        present = np.flatnonzero(wholes != 0)
        _, first, which = np.unique(wholes[present], return_index=True, return_inverse=True)
        leaders = present[first[which]]
        for number, leader in zip(
            present[present != leaders].tolist(), leaders[present != leaders].tolist(), strict=True
        ):
            joined.join(leader, number, 1.0)
        return np.sort(present[first])

    def _candidates(self, numbers: Numbers, is_cancelled: Callable[[], bool]) -> Numbers:
        """Pairs of numbers that look alike: shape (pairs, 2), without repeats."""
        bands = np.concatenate(self._bands)
        signatures = np.concatenate(self._signatures)
        found: list[Numbers] = []
        for band in range(_BANDS):
            if is_cancelled():
                break
            keys = bands[numbers, band]
            order = np.argsort(keys, kind="stable")
            ordered = keys[order]
            edges = np.flatnonzero(np.diff(ordered)) + 1
            for run in _long_runs(numbers[order], edges):
                found += self._screened(run, signatures)
        if not found:
            return np.empty((0, 2), dtype=np.int64)
        return np.unique(np.concatenate(found), axis=0)

    def _screened(self, run: Numbers, signatures: Bytes) -> Iterable[Numbers]:
        """Pairs of one run whose signatures are alike enough to look at the texts."""
        wanted = (self._threshold - _SCREEN_SLACK) * _BINS
        for _ in range(_LEADERS):
            if len(run) < 2:
                return
            leader, others = run[0], run[1:]
            is_alike = (signatures[others] == signatures[leader]).sum(axis=1) >= wanted
            alike = others[is_alike]
            yield np.column_stack((np.full(len(alike), leader), alike))
            run = others[~is_alike]

    def _verify(self, candidates: Numbers, fetch: Fetch, joined: _Joined) -> None:
        open_pairs = [
            (first, second)
            for first, second in candidates.tolist()
            if joined.leader(first) != joined.leader(second)
        ]
        wanted = sorted({number for pair in open_pairs for number in pair})
        if not wanted:
            return
        runs = dict(zip(wanted, _runs_of_each(fetch(wanted)), strict=True))
        for first, second in open_pairs:
            alike = _jaccard(runs[first], runs[second])
            if alike >= self._threshold:
                joined.join(first, second, alike)


class _Joined:
    """Numbers joined into groups (union-find), each with its weakest link."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))
        self._least: dict[int, float] = {}

    def leader(self, number: int) -> int:
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def join(self, first: int, second: int, alike: float) -> None:
        kept, lost = sorted((self.leader(first), self.leader(second)))
        least = min(alike, self._least.get(kept, 1.0), self._least.pop(lost, 1.0))
        self._parents[lost] = kept
        self._least[kept] = least

    def groups(self) -> list[DuplicateGroup]:
        members: dict[int, list[int]] = {leader: [] for leader in sorted(self._least)}
        for number in range(len(self._parents)):
            leader = self.leader(number)
            if leader in members:
                members[leader].append(number)
        return [
            DuplicateGroup(tuple(numbers), self._least[leader])
            for leader, numbers in members.items()
        ]


@dataclass(frozen=True, slots=True)
class _Packed:
    """Some texts, normalised, one behind the other. Text i is `data[starts[i]:ends[i]]`."""

    data: Bytes
    starts: Numbers
    ends: Numbers

    def runs(self) -> tuple[Hashes, Numbers]:
        """Every run of eight bytes as a number, and the text that each is of."""
        counts = np.where(
            self.ends > self.starts, np.maximum(self.ends - self.starts - _RUN + 1, 1), 0
        )
        owners = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = self.starts[owners] + within
        # Eight bytes from every place on, without a copy: x86 and ARM read them unaligned.
        windows = np.ndarray(
            (len(self.data) - _RUN + 1,), dtype="<u8", buffer=self.data, strides=(1,)
        )
        values = windows[places].astype(np.uint64)
        # A text shorter than a run is a run by itself: what follows it is masked away.
        missing_bits = np.maximum(_RUN - (self.ends - self.starts)[owners], 0) * 8
        return (values << missing_bits.astype(np.uint64)), owners

    def whole_hashes(self) -> NDArray[np.int64]:
        """One number per text, the same for texts that are the same; 0 for an empty one."""
        view = self.data.tobytes()
        return np.fromiter(
            (
                (hash(view[start:end]) or 1) if end > start else 0
                for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)
            ),
            dtype=np.int64,
            count=len(self.starts),
        )


def _pack(texts: Sequence[str]) -> _Packed:
    whole = "\x00".join(text.replace("\x00", " ") for text in texts).casefold()
    if not whole.isascii():
        whole = _OTHER_SIGNS.sub(lambda found: "\x00" if found.group() == "\x00" else " ", whole)
    raw = _SIGNS[np.frombuffer(whole.encode("utf-8", "surrogatepass"), dtype=np.uint8)]
    previous = np.concatenate((np.zeros(1, np.uint8), raw[:-1]))
    single = raw[(raw != 32) | ((previous != 32) & (previous != 0))]
    following = np.concatenate((single[1:], np.zeros(1, np.uint8)))
    data = single[(single != 32) | (following != 0)]
    ends = np.append(np.flatnonzero(data == 0), len(data)).astype(np.int64)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    return _Packed(np.concatenate((data, np.zeros(_RUN, np.uint8))), starts, ends)


def _sign_table() -> Bytes:
    table = np.full(256, 32, dtype=np.uint8)
    table[0] = 0
    table[128:] = np.arange(128, 256)
    for letter in b"abcdefghijklmnopqrstuvwxyz0123456789":
        table[letter] = letter
    return table


_SIGNS = _sign_table()


def _minima(packed: _Packed) -> NDArray[np.uint32]:
    """The least hash of each text's runs in each of the bins, `_EMPTY` where there is none."""
    values, owners = packed.runs()
    hashes = values * _MIX_1
    hashes ^= hashes >> np.uint64(32)
    hashes *= _MIX_2
    hashes ^= hashes >> np.uint64(29)
    bins = (hashes >> np.uint64(58)).astype(np.int64)
    least = np.full(len(packed.starts) * _BINS, _EMPTY, dtype=np.uint32)
    np.minimum.at(least, owners * _BINS + bins, (hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    return least.reshape(-1, _BINS)


def _densified(minima: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Fill each empty bin from another one, the same for every text, so that alike stays alike."""
    filled = minima.copy()
    for sources in _lenders().T:
        is_empty = filled == _EMPTY
        if not is_empty.any():
            break
        filled = np.where(is_empty, minima[:, sources], filled)
    return filled


@cache
def _lenders() -> Numbers:
    """For each bin, in which order others lend to it: the 64 columns reach all of them."""
    every_bin = np.tile(np.arange(_BINS), (_BINS, 1))
    return np.random.default_rng(2017).permuted(every_bin, axis=1)


def _band_keys(minima: NDArray[np.uint32]) -> Hashes:
    rows = minima.reshape(-1, _BANDS, _ROWS).astype(np.uint64)
    keys = np.zeros(rows.shape[:2], dtype=np.uint64)
    for row in range(_ROWS):
        keys = (keys ^ rows[:, :, row]) * _MIX_1
        keys ^= keys >> np.uint64(31)
    return keys


def _batches(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    start = size = 0
    for place, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH_BYTES:
            yield texts[start : place + 1]
            start, size = place + 1, 0
    if start < len(texts):
        yield texts[start:]


def _long_runs(ordered: Numbers, edges: Numbers) -> Iterable[Numbers]:
    """The stretches of `ordered` between edges that hold two numbers or more."""
    bounds = np.concatenate((np.zeros(1, np.int64), edges, np.array([len(ordered)])))
    for place in np.flatnonzero(np.diff(bounds) > 1).tolist():
        yield np.sort(ordered[bounds[place] : bounds[place + 1]])


def _runs_of_each(texts: Sequence[str]) -> list[Hashes]:
    """The set of runs of each text, sorted."""
    values, owners = _pack(texts).runs()
    edges = np.searchsorted(owners, np.arange(1, len(texts)))
    return [np.unique(runs) for runs in np.split(values, edges)]


def _jaccard(first: Hashes, second: Hashes) -> float:
    if not len(first) and not len(second):
        return 1.0
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)
