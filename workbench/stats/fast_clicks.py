"""Verdicts given faster than anybody can read both answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.stats.estimate import Estimate, share_estimate

FEWEST_VERDICTS = 20
MANY_FAST = 0.1
"""More than one in ten is hasty: some answers do show at a glance that they are bad."""

# People read English silently at 238 words a minute (Brysbaert, J. Memory and Language 109, 2019).
READING_WORDS_A_MINUTE = 238.0
# Who needs less than a quarter of that has not skimmed either.
_FASTEST = 4.0
# To see that a new pair is there and to press a key takes this long by itself.
_REACTION_S = 0.5

Floats = NDArray[np.float64]


def least_time_s(words: Floats) -> Floats:
    """The shortest believable time for a pair whose two answers have so many words together.

    A quarter of the time that reading takes. The prompt is left out: it may be known from the
    pair before.
    """
    seconds: Floats = words / (READING_WORDS_A_MINUTE * _FASTEST) * 60
    return np.maximum(seconds, _REACTION_S)


def is_fast(elapsed_s: Floats, words: Floats) -> NDArray[np.bool_]:
    """Which verdicts came too fast; those of unknown time did not."""
    known = np.isfinite(elapsed_s)
    return known & (np.where(known, elapsed_s, np.inf) < least_time_s(words))


def fast_share(elapsed_s: Floats, words: Floats) -> Estimate:
    """The share of timed verdicts that came too fast, with Wilson's interval."""
    known = int(np.isfinite(elapsed_s).sum())
    return share_estimate(int(is_fast(elapsed_s, words).sum()), known, fewest=FEWEST_VERDICTS)
