"""How many pairs somebody decides in an hour of work, and how that went over time."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from workbench.stats.estimate import Estimate

FEWEST_VERDICTS = 20
FEWEST_A_STRETCH = 5
PAUSE_S = 300.0
"""Somebody who took longer than this over one pair did something else in between."""

Floats = NDArray[np.float64]

_HOUR_S, _DAY_S = 3600.0, 86400.0
_DAYS_BY_HOUR, _DAYS_BY_DAY = 2, 120


def pairs_an_hour(elapsed_s: Floats) -> Estimate:
    """Pairs per hour of work, from the seconds that each took; pauses and unknown times apart.

    The interval is the normal one of the mean time, turned into a pace.
    """
    worked = _worked(elapsed_s)
    n = len(worked)
    if n < FEWEST_VERDICTS:
        return Estimate(n)
    mean_s = float(worked.mean())
    reach_s = NormalDist().inv_cdf(0.975) * float(worked.std(ddof=1)) / n**0.5
    # Twenty very uneven times may reach below zero: a tenth of the mean is the end there.
    fastest_s = max(mean_s - reach_s, mean_s / 10)
    return Estimate(n, _HOUR_S / mean_s, _HOUR_S / (mean_s + reach_s), _HOUR_S / fastest_s)


@dataclass(frozen=True, slots=True, eq=False)
class PaceOverTime:
    """Pairs an hour per stretch of time; stretches with too few verdicts are left out.

    `starts` are seconds since 1970, `stretch_s` is how long each is: an hour, a day or a week.
    """

    starts: Floats
    pairs_an_hour: Floats
    stretch_s: float


def stretch_for(given_at: Floats) -> float:
    """An hour for two days of work, a day for some months, else a week; in seconds."""
    span_days = float(np.ptp(given_at)) / _DAY_S if len(given_at) else 0.0
    if span_days <= _DAYS_BY_HOUR:
        return _HOUR_S
    return _DAY_S if span_days <= _DAYS_BY_DAY else 7 * _DAY_S


def pace_over_time(
    given_at: Floats, elapsed_s: Floats, *, stretch_s: float, utc_offset_s: float = 0.0
) -> PaceOverTime:
    """The pace in each stretch; `utc_offset_s` lets days begin at local midnight."""
    is_work = _is_work(elapsed_s)
    stretches = np.floor((given_at[is_work] + utc_offset_s) / stretch_s)
    numbers, places = np.unique(stretches, return_inverse=True)
    counts = np.bincount(places, minlength=len(numbers))
    seconds = np.bincount(places, weights=elapsed_s[is_work], minlength=len(numbers))
    enough = (counts >= FEWEST_A_STRETCH) & (seconds > 0)
    return PaceOverTime(
        numbers[enough] * stretch_s - utc_offset_s,
        _HOUR_S * counts[enough] / seconds[enough],
        stretch_s,
    )


def _is_work(elapsed_s: Floats) -> NDArray[np.bool_]:
    return np.isfinite(elapsed_s) & (elapsed_s > 0) & (elapsed_s <= PAUSE_S)


def _worked(elapsed_s: Floats) -> Floats:
    return elapsed_s[_is_work(elapsed_s)]
