"""What plots compute: smoothing, decimation, ranges. numpy alone.

Smoothing runs over every point before any is left out, so that the past of a line never changes;
decimation keeps each pixel's lowest and highest point and the newest, so that no spike is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.ma  # a first percentile would import it while the window waits
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SMOOTHING_LIMIT = 0.999
_BLOCK_SPAN = 600.0  # powers of a weight within one block stay above 2**-600: no overflow
_BIAS_ENDS = 40.0  # exp(-40) is less than half of the last bit of 1
_MARGIN = 0.4  # ordinary noise, to about four standard deviations, is not clipped
_LOW_PERCENT, _HIGH_PERCENT = 1.0, 99.0
_FLAT = 1e-9


def smooth(values: Floats, weight: float) -> Floats:
    """Debiased exponential moving average: weight 0 changes nothing, 0.9 averages about ten.

    What is not finite counts for nothing and stays NaN. The first k results depend on the first
    k values alone, to the last bit. Raises ValueError for a weight outside 0 to 0.999.
    """
    if not 0 <= weight <= SMOOTHING_LIMIT:
        raise ValueError(f"smoothing must be from 0 to {SMOOTHING_LIMIT}, not {weight}")
    finite = np.isfinite(values)
    result = np.full(len(values), np.nan)
    if weight == 0:
        result[finite] = values[finite]
        return result
    average = _moving_average(values[finite], weight)
    # Further on the bias is 1 to the last bit, and powers are slow.
    biased = min(len(average), int(_BIAS_ENDS / -np.log(weight)))
    average[:biased] /= 1 - weight ** np.arange(1, biased + 1, dtype=np.float64)
    result[finite] = average
    return result


def _moving_average(values: Floats, weight: float) -> Floats:
    """`a[i] = weight · a[i-1] + (1 - weight) · values[i]` from 0, block by block."""
    size = max(1, min(256, int(_BLOCK_SPAN / -np.log2(weight))))
    blocks = -(-len(values) // size)
    padded = np.zeros(blocks * size)
    padded[: len(values)] = values
    powers = weight ** np.arange(size, dtype=np.float64)
    within = np.cumsum(padded.reshape(blocks, size) / powers, axis=1) * powers * (1 - weight)
    carried = np.empty(blocks)
    carry, block_weight = 0.0, weight**size
    for block in range(blocks):
        carried[block] = carry
        carry = carry * block_weight + float(within[block, -1])
    averages: Floats = within + carried[:, None] * powers * weight
    return averages.reshape(-1)[: len(values)]


def decimate(x: Floats, y: Floats, low: float, high: float, pixels: int) -> Indices:
    """Which points to draw of a line over ascending `x` when `low` to `high` is `pixels` wide.

    Of each pixel's points the lowest and the highest remain, in their order, and the first and
    the newest of all. One point on either side of the range stays too, so that lines leave it.
    """
    start = max(0, int(np.searchsorted(x, low, side="left")) - 1)
    stop = min(len(x), int(np.searchsorted(x, high, side="right")) + 1)
    if stop - start <= 2 * pixels or high <= low:
        return np.arange(start, stop)
    shown_x, shown_y = x[start:stop], y[start:stop]
    buckets = np.floor((shown_x - low) / (high - low) * pixels)
    firsts = np.flatnonzero(np.diff(buckets, prepend=-np.inf))
    finite = np.where(np.isfinite(shown_y), shown_y, np.nan)
    lowest = _where(finite, np.fmin.reduceat(finite, firsts), firsts)
    highest = _where(finite, np.fmax.reduceat(finite, firsts), firsts)
    kept = np.zeros(len(shown_y), dtype=np.bool_)
    kept[lowest] = kept[highest] = kept[0] = kept[-1] = True
    return start + np.flatnonzero(kept)


def _where(values: Floats, extremes: Floats, firsts: Indices) -> Indices:
    """The first place in each bucket that holds the bucket's extreme."""
    lengths = np.diff(np.append(firsts, len(values)))
    hits = np.flatnonzero(values == np.repeat(extremes, lengths))
    buckets = np.searchsorted(firsts, hits, side="right")
    return hits[np.flatnonzero(np.diff(buckets, prepend=0))]


@dataclass(frozen=True, slots=True)
class ValueRange:
    """The y-range to show, how many points lie outside it, how many are no number at all."""

    low: float
    high: float
    clipped: int = 0
    not_finite: int = 0


def value_range(series: Sequence[Floats]) -> ValueRange:
    """A range that a few outliers can't blow up: 1st to 99th percentile and a small margin.

    A constant gets room above and below; no values at all get 0 to 1.
    """
    not_finite = sum(int(np.count_nonzero(~np.isfinite(values))) for values in series)
    finite = [values[np.isfinite(values)] for values in series]
    together = np.concatenate(finite) if finite else np.empty(0)
    if not len(together):
        return ValueRange(0.0, 1.0, 0, not_finite)
    low, high = (float(value) for value in np.percentile(together, [_LOW_PERCENT, _HIGH_PERCENT]))
    if high - low <= _FLAT * max(abs(low), abs(high)):
        low, high = _around(low, together)
    else:
        margin = _MARGIN * (high - low)
        low = max(low - margin, float(together.min()) - margin / 8)
        high = min(high + margin, float(together.max()) + margin / 8)
    clipped = int(np.count_nonzero((together < low) | (together > high)))
    return ValueRange(low, high, clipped, not_finite)


def _around(value: float, together: Floats) -> tuple[float, float]:
    """Room above and below a value that nearly all points share, so that it draws a flat line."""
    half = abs(value) * 0.5 or max(float(np.abs(together).max()), 1.0) * 0.5
    return value - half, value + half


def lonely(y: Floats) -> Indices:
    """Points that no line reaches, because nothing finite stands beside them: to draw as dots."""
    finite = np.isfinite(y)
    before = np.concatenate([[False], finite[:-1]])
    after = np.concatenate([finite[1:], [False]])
    return np.flatnonzero(finite & ~before & ~after)


def nearest(x: Floats, position: float) -> int:
    """The index of the point nearest to `position` in ascending `x`, which isn't empty."""
    right = int(np.searchsorted(x, position))
    if right == 0:
        return 0
    if right == len(x) or position - x[right - 1] <= x[right] - position:
        return right - 1
    return right
