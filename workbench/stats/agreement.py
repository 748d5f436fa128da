"""How far people agree beyond chance: Krippendorff's alpha for any number, Cohen's kappa for two.

The figures themselves are those of the packages `krippendorff` and `statsmodels`, imported when
they are needed: the second takes a second.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.stats.estimate import Estimate
from workbench.stats.win_rate import wilson_interval

FEWEST_PAIRS = 20
"""Fewer pairs than this with two verdicts say nothing of agreement."""

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal"]

_RESAMPLES = 1000
_PERCENTILES = (2.5, 97.5)
_TINY = 1e-12
_KEY_BITS = 62


def value_counts(units: Counts, values: Counts, size: int) -> Counts:
    """How often each of `size` values was given to each unit: shape (units in use, size)."""
    _, places = np.unique(units, return_inverse=True)
    rows = int(places.max()) + 1 if len(places) else 0
    counted = np.bincount(places * size + values, minlength=rows * size)
    return counted.reshape(rows, size).astype(np.int64)


def krippendorff_alpha(
    counts: Counts, level: Level, *, seed: int = 0, fewest: int = FEWEST_PAIRS
) -> Estimate:
    """Krippendorff's alpha (Computing Krippendorff's Alpha-Reliability, 2011) of value counts.

    1 is perfect, 0 is chance. `counts` has one row per pair and one column per value, for
    `ordinal` in their order. The interval is the bootstrap's over pairs: 2.5th to 97.5th
    percentile of 1,000 resamples. No figure for fewer than `fewest` pairs with two verdicts, nor
    where all verdicts are the same, since chance alone would then agree as well.
    """
    pairable = counts[counts.sum(axis=1) >= 2]
    n = len(pairable)
    if n < fewest or np.count_nonzero(pairable.sum(axis=0)) < 2:
        return Estimate(n)
    import krippendorff

    value = float(krippendorff.alpha(value_counts=pairable, level_of_measurement=level))
    if value > 1 - _TINY:
        totals = pairable.sum(axis=0)
        return Estimate(n, 1.0, _low_of_perfect(n, _chance(totals, totals)), 1.0)
    drawn = _resampled(pairable, level, np.random.default_rng(seed))
    low, high = (float(edge) for edge in np.nanpercentile(drawn, _PERCENTILES))
    return Estimate(n, value, min(low, value), max(high, value))


def cohens_kappa(
    first: Counts, second: Counts, size: int, *, fewest: int = FEWEST_PAIRS
) -> Estimate:
    """Cohen's kappa of two people's verdicts on the same pairs, coded from 0 to `size` - 1.

    1 is perfect, 0 is chance. The interval is statsmodels' asymptotic one (Fleiss, Cohen and
    Everitt 1969). No figure for fewer than `fewest` pairs, nor where one always says the same.
    """
    n = len(first)
    table = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    by_first, by_second = table.sum(axis=1), table.sum(axis=0)
    if n < fewest or min(np.count_nonzero(by_first), np.count_nonzero(by_second)) < 2:
        return Estimate(n)
    if np.trace(table) == n:
        return Estimate(n, 1.0, _low_of_perfect(n, _chance(by_first, by_second)), 1.0)
    from statsmodels.stats.inter_rater import cohens_kappa as kappa_of

    # It also tests kappa against 0, with a variance that rounding may push below 0.
    with np.errstate(invalid="ignore"):
        found = kappa_of(table)
    return Estimate(
        n,
        float(found.kappa),
        max(float(found.kappa_low), -1.0),
        min(float(found.kappa_upp), 1.0),
    )


def _chance(first: Counts, second: Counts) -> float:
    """How often two people agree who only keep to how often they say each value."""
    return float((first / first.sum()) @ (second / second.sum()))


def _low_of_perfect(n: int, chance: float) -> float:
    """The lower end where nobody ever disagreed, which resampling would put at 1 as well."""
    low, _ = wilson_interval(n, n)
    return (low - chance) / (1 - chance)


def _resampled(counts: Counts, level: Level, rng: np.random.Generator) -> Floats:
    """Alpha of each resample of the pairs.

    Pairs with the same counts are alike, so that a resample is one draw of how often each kind
    comes: the work does not grow with the number of pairs.
    """
    kinds, often = _kinds(counts)
    weights = rng.multinomial(len(counts), often / len(counts), size=_RESAMPLES)
    size = counts.shape[1]
    given = kinds.sum(axis=1)
    products = kinds[:, :, None] * kinds[:, None, :] - kinds[:, :, None] * np.eye(size)
    each = products / (given - 1)[:, None, None]
    observed = (weights @ each.reshape(len(kinds), -1)).reshape(_RESAMPLES, size, size)
    totals = observed.sum(axis=2)
    expected = totals[:, :, None] * totals[:, None, :] - totals[:, :, None] * np.eye(size)
    expected /= (totals.sum(axis=1) - 1)[:, None, None]
    distances = _distances(totals, level)
    by_chance = (expected * distances).sum(axis=(1, 2))
    ratio = np.full(_RESAMPLES, np.nan)
    np.divide(
        (observed * distances).sum(axis=(1, 2)), by_chance, out=ratio, where=by_chance > _TINY
    )
    return 1 - ratio


def _kinds(counts: Counts) -> tuple[Counts, Counts]:
    """The different rows and how often each comes."""
    base = int(counts.max()) + 1
    if counts.shape[1] * np.log2(base) < _KEY_BITS:
        # As one number a row: ten times as fast as comparing rows.
        keys = counts @ base ** np.arange(counts.shape[1], dtype=np.int64)
        _, first, often = np.unique(keys, return_index=True, return_counts=True)
        return counts[first], often
    kinds, often = np.unique(counts, axis=0, return_counts=True)
    return kinds, often


def _distances(totals: Floats, level: Level) -> Floats:
    """Squared distances between values: shape (resamples, size, size)."""
    size = totals.shape[1]
    if level == "nominal":
        return np.broadcast_to(1.0 - np.eye(size), (len(totals), size, size))
    # Ranks apart: everything from the one to the other, of the two ends half.
    middles = np.cumsum(totals, axis=1) - totals / 2
    apart: Floats = (middles[:, :, None] - middles[:, None, :]) ** 2
    return apart
