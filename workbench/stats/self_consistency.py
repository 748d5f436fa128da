"""Whether somebody says the same again when the sides of a pair are swapped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.stats.estimate import Estimate, share_estimate

FEWEST_REPEATS = 20

Codes = NDArray[np.int64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """`same` is the share of repeats with the same verdict as before.

    Of those that changed, `kept_side` chose the same side both times, which were different
    answers: a sign that the side decided.
    """

    same: Estimate
    changed: int
    kept_side: int


def self_consistency(
    before: Codes, again: Codes, side_before: Codes, side_again: Codes
) -> SelfConsistency:
    """Compare verdicts, one place per repeat.

    The first two say what was chosen (any codes), the others on which side it stood: 0 left,
    1 right, -1 for a tie and the like.
    """
    is_same: Marks = before == again
    kept: Marks = ~is_same & (side_before >= 0) & (side_before == side_again)
    same = int(is_same.sum())
    n = len(is_same)
    return SelfConsistency(
        share_estimate(same, n, fewest=FEWEST_REPEATS), n - same, int(kept.sum())
    )
