"""A figure with its interval, or the admission that there is too little to say."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.stats.win_rate import wilson_interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `n` observations with its 95 % interval; None where they are too few."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    def is_above(self, value: float) -> bool:
        """Whether the whole interval lies above `value`."""
        return self.low is not None and self.low > value

    def is_below(self, value: float) -> bool:
        """Whether the whole interval lies below `value`."""
        return self.high is not None and self.high < value

    def excludes(self, value: float) -> bool:
        """Whether `value` lies outside the interval."""
        return self.is_above(value) or self.is_below(value)


def share_estimate(successes: int, n: int, *, fewest: int, confidence: float = 0.95) -> Estimate:
    """A share from 0 to 1 with Wilson's interval; no figure below `fewest` observations."""
    if n < max(fewest, 1):
        return Estimate(n)
    value = successes / n
    low, high = wilson_interval(successes, n, confidence)
    # Rounding puts the end of a share of 0 or 1 a hair inside of it.
    return Estimate(n, value, min(low, value), max(high, value))
