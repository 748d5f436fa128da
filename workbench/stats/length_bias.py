"""How often the longer answer wins, and how much of that the models alone would explain."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from workbench.stats.estimate import Estimate, share_estimate

FEWEST_PAIRS = 20
FEWEST_FOR_MODELS = 100
_FEWEST_OF_A_MODEL = 20
_MOST_MODELS = 12
# Fitted on a random part of more pairs: their error is below a hundredth by then.
_MOST_PAIRS = 20_000

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LengthControl:
    """What the models alone lead to expect, and whether length adds to it.

    `expected` is how often the longer answer would win if length did not count and only the
    models that wrote the answers did. `adds` means that length matters beyond that and beyond
    chance.
    """

    expected: float
    adds: bool
    models: int


def longer_wins(first_length: Floats, second_length: Floats, first_won: Marks) -> Estimate:
    """The share of decided pairs whose longer answer won; equally long ones count nowhere."""
    differs = first_length != second_length
    won = (first_length > second_length) == first_won
    return share_estimate(int(won[differs].sum()), int(differs.sum()), fewest=FEWEST_PAIRS)


def length_control(
    first_length: Floats,
    second_length: Floats,
    first_won: Marks,
    models: tuple[Numbers, Numbers],
    prompts: Numbers,
) -> LengthControl | None:
    """Separate length from who wrote the answers; None where that can't be done.

    A logistic model of "the first answer won" on tanh of the standardised difference in length
    (as in AlpacaEval 2, arXiv 2404.04475) and on the models (Bradley–Terry), errors clustered by
    prompt. It needs two models that met often enough; `models` holds the first answers' and the
    second answers' models, -1 for one that nobody knows.
    """
    known = np.flatnonzero((models[0] >= 0) & (models[1] >= 0) & (first_length != second_length))
    if len(known) > _MOST_PAIRS:
        known = np.random.default_rng(0).choice(known, _MOST_PAIRS, replace=False)
    writers = _writers(models[0][known], models[1][known])
    if len(known) < FEWEST_FOR_MODELS or writers.shape[1] == 0:
        return None
    difference = (first_length - second_length)[known]
    length = np.tanh(difference / difference.std())
    fitted = _fit(
        np.column_stack((length, writers)), first_won[known].astype(np.float64), prompts[known]
    )
    if fitted is None:
        return None
    weights, length_error = fitted
    first_wins = 1 / (1 + np.exp(-(writers @ weights[1:])))
    expected = float(np.where(difference > 0, first_wins, 1 - first_wins).mean())
    reach = NormalDist().inv_cdf(0.975) * length_error
    return LengthControl(expected, bool(abs(weights[0]) > reach), writers.shape[1] + 1)


def _writers(first: Numbers, second: Numbers) -> Floats:
    """One column per model but the most frequent: 1 where it wrote the first, -1 the second.

    Models that met others too seldom count as the most frequent one.
    """
    meets = first != second
    seen, often = np.unique(np.append(first[meets], second[meets]), return_counts=True)
    frequent = seen[np.argsort(-often, kind="stable")][:_MOST_MODELS]
    often = np.sort(often)[::-1][:_MOST_MODELS]
    columns = [
        (first == model).astype(np.float64) - (second == model)
        for model in frequent[1:][often[1:] >= _FEWEST_OF_A_MODEL].tolist()
    ]
    return np.column_stack(columns) if columns else np.empty((len(first), 0))


def _fit(inputs: Floats, won: Floats, prompts: Numbers) -> tuple[Floats, float] | None:
    """The weights, and the first one's standard error; None where they run away to infinity."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import (
        ConvergenceWarning,
        DomainWarning,
        PerfectSeparationWarning,
    )

    with warnings.catch_warnings():
        for kind in (ConvergenceWarning, PerfectSeparationWarning, RuntimeWarning):
            warnings.simplefilter("error", kind)
        warnings.simplefilter("ignore", DomainWarning)
        try:
            fitted = GLM(won, inputs, family=Binomial()).fit(
                cov_type="cluster", cov_kwds={"groups": prompts}
            )
        except (Warning, np.linalg.LinAlgError):
            return None
    weights, error = np.asarray(fitted.params, dtype=np.float64), float(fitted.bse[0])
    if not np.isfinite(weights).all() or not np.isfinite(error):
        return None
    return weights, error
