"""How often the left side wins. Sides are drawn at random, so an unbiased person is near a half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.stats.estimate import Estimate, share_estimate

FEWEST_VERDICTS = 20
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class SideBias:
    """One person's share of left sides. `leans` means further from a half than chance explains."""

    person: int
    left: Estimate
    leans: bool


def left_share(chose_left: NDArray[np.bool_]) -> Estimate:
    """The share of decided pairs whose left side won, with Wilson's interval."""
    return share_estimate(int(chose_left.sum()), len(chose_left), fewest=FEWEST_VERDICTS)


def left_share_of_each(chose_left: NDArray[np.bool_], persons: NDArray[np.int64]) -> list[SideBias]:
    """The same per person, the one furthest from a half first.

    Somebody always looks odd among many: whether one `leans` is judged at 95 % for all persons
    together (Bonferroni).
    """
    found = []
    present = np.unique(persons)
    for person in present.tolist():
        own = chose_left[persons == person]
        left, n = int(own.sum()), len(own)
        strict = share_estimate(
            left,
            n,
            fewest=FEWEST_VERDICTS,
            confidence=1 - (1 - _CONFIDENCE) / len(present),
        )
        found.append(SideBias(person, left_share(own), strict.excludes(0.5)))
    return sorted(found, key=lambda one: (-_distance(one.left), one.person))


def _distance(left: Estimate) -> float:
    return -1.0 if left.value is None else abs(left.value - 0.5)
