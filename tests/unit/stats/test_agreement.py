"""Agreement beyond chance, held to published worked examples and to the packages behind it."""

import itertools

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa

from workbench.stats.agreement import (
    FEWEST_PAIRS,
    Level,
    cohens_kappa,
    krippendorff_alpha,
    value_counts,
)

# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), sections B, A and C.
# https://repository.upenn.edu/asc_papers/43
BEN = "a a b b d c c c e d d a"
GERRY = "b a b b b c c c e d d d"
MEG = "0 1 0 0 0 0 0 0 1 0"
OWEN = "1 1 1 0 0 1 0 0 0 0"
FOUR_OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)

# J. L. Fleiss, Statistical Methods for Rates and Proportions, 2nd ed. (1981), table 13.1: two
# clinicians, 100 patients. Kappa 0.68 with a standard error of 0.087.
CLINICIANS = ((75, 1, 4), (5, 4, 1), (0, 0, 10))


def counts_of(*observers: str) -> np.ndarray:
    given_values = [observer.split() for observer in observers]
    domain = sorted({value for observer in given_values for value in observer} - {"."})
    said = [
        (unit, domain.index(value))
        for observer in given_values
        for unit, value in enumerate(observer)
        if value != "."
    ]
    units, values = np.array(said).T
    return value_counts(units, values, len(domain))


@pytest.mark.parametrize(
    ("observers", "level", "published"),
    [
        ((MEG, OWEN), "nominal", 0.095),
        ((BEN, GERRY), "nominal", 0.692),
        (FOUR_OBSERVERS, "nominal", 0.743),
        (FOUR_OBSERVERS, "ordinal", 0.815),
    ],
)
def test_alpha_is_what_krippendorff_published(
    observers: tuple[str, ...], level: Level, published: float
) -> None:
    found = krippendorff_alpha(counts_of(*observers), level, fewest=5)
    assert found.value == pytest.approx(published, abs=0.0005)
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_kappa_is_what_fleiss_published() -> None:
    said = [
        (first, second)
        for first, second in itertools.product(range(3), range(3))
        for _ in range(CLINICIANS[first][second])
    ]
    first, second = np.array(said).T
    found = cohens_kappa(first, second, 3)
    assert found.n == 100
    assert found.value == pytest.approx(0.68, abs=0.005)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(0.087, abs=0.001)


COUNTS = st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=FEWEST_PAIRS, max_size=60).map(
    np.array
)


@settings(max_examples=20)
@given(COUNTS, st.sampled_from(["nominal", "ordinal"]), st.randoms(use_true_random=False))
def test_alpha_is_the_packages_and_knows_no_order(counts, level, rng) -> None:
    found = krippendorff_alpha(counts, level)
    if found.value is None:
        return
    assert found.value == pytest.approx(
        krippendorff.alpha(value_counts=counts, level_of_measurement=level)
    )
    assert found.low <= found.value <= found.high
    assert found.high <= 1
    shuffled = counts[rng.sample(range(len(counts)), len(counts))]
    again = krippendorff_alpha(shuffled, level)
    assert again.n == found.n
    assert (again.value, again.low, again.high) == pytest.approx(
        (found.value, found.low, found.high)
    )


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=20, max_size=80))
def test_kappa_is_statsmodels_and_symmetric(said: list[tuple[int, int]]) -> None:
    first, second = np.array(said).T
    found = cohens_kappa(first, second, 4)
    if found.value is None:
        assert min(len(set(first)), len(set(second))) == 1
        return
    assert -1 <= found.low <= found.value <= found.high <= 1
    swapped = cohens_kappa(second, first, 4)
    assert (swapped.value, swapped.low, swapped.high) == pytest.approx(
        (found.value, found.low, found.high)
    )
    if found.value < 1:
        table = np.zeros((4, 4))
        np.add.at(table, (first, second), 1)
        assert found.value == pytest.approx(statsmodels_kappa(table).kappa)


def test_the_bootstrap_covers_what_is_true() -> None:
    """Two people who agree on 8 of 10 pairs beyond chance: alpha is near 0.8 in the long run."""
    rng = np.random.default_rng(3)
    covered = 0
    for seed in range(40):
        first = rng.integers(0, 2, 200)
        second = np.where(rng.random(200) < 0.8, first, rng.integers(0, 2, 200))
        counts = np.column_stack([(first == v).astype(int) + (second == v) for v in (0, 1)])
        found = krippendorff_alpha(counts, "nominal", seed=seed)
        covered += found.low <= 0.8 <= found.high
    assert covered >= 34  # of 40 at 95 %: fewer happens once in 300 times


def test_perfect_agreement_is_not_certain() -> None:
    first = np.array([0, 1] * 15)
    kappa = cohens_kappa(first, first, 2)
    alpha = krippendorff_alpha(np.eye(2, dtype=int)[first] * 2, "nominal")
    for found in (kappa, alpha):
        assert found.value == found.high == 1
        assert 0.7 < found.low < 0.9  # Wilson says 0.886 of 30; chance is a half


def test_too_few_pairs_or_one_verdict_for_all_say_nothing() -> None:
    few = np.array([[2, 0], [0, 2], [1, 1]])
    assert krippendorff_alpha(few, "nominal").value is None
    assert krippendorff_alpha(few, "nominal").n == 3
    alone = np.eye(2, dtype=int)[np.zeros(50, dtype=int)]
    assert krippendorff_alpha(alone, "nominal").n == 0
    always_first = np.array([[2, 0]] * 50)
    assert krippendorff_alpha(always_first, "nominal").value is None
    assert cohens_kappa(np.zeros(50, dtype=int), np.zeros(50, dtype=int), 2).value is None
    assert krippendorff_alpha(np.empty((0, 4), dtype=int), "nominal").n == 0
