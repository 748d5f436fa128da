"""Win rates and their intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.preferences import Choice
from workbench.stats.win_rate import wilson_interval, win_rate


def test_published_figures() -> None:
    # Wilson (1927) for 60 of 100: 50.2 % to 69.1 %.
    rate = win_rate([Choice.FIRST] * 60 + [Choice.SECOND] * 40)
    assert rate.share == pytest.approx(0.6)
    assert (rate.low, rate.high) == pytest.approx((0.502, 0.691), abs=5e-4)
    assert rate.is_clear


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_is_that_of_statsmodels(confidence: float) -> None:
    from statsmodels.stats.proportion import proportion_confint

    for trials in (1, 2, 7, 30, 1000):
        for successes in {0, 1, trials // 3, trials}:
            expected = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
            found = wilson_interval(successes, trials, confidence)
            assert found == pytest.approx(expected, abs=1e-12)


def test_ties_and_bad_pairs_stand_apart_and_skips_nowhere() -> None:
    rate = win_rate(
        [Choice.FIRST, Choice.SECOND, Choice.TIE, Choice.TIE, Choice.BOTH_BAD, Choice.SKIP]
    )
    assert (rate.wins, rate.losses, rate.ties, rate.both_bad) == (1, 1, 2, 1)
    assert rate.decisive == 2
    assert rate.share == 0.5
    assert not rate.is_clear


def test_nothing_decided_has_no_share() -> None:
    rate = win_rate([Choice.TIE])
    assert rate.share is rate.low is rate.high is None
    assert not rate.is_clear


@given(st.lists(st.sampled_from(Choice), max_size=80))
def test_both_sides_see_the_same_interval_mirrored(choices: list[Choice]) -> None:
    first = win_rate(choices)
    second = win_rate(choices, winner=Choice.SECOND)
    assert (first.wins, first.losses) == (second.losses, second.wins)
    if first.share is not None and first.low is not None and first.high is not None:
        rounding = 1e-12
        assert -rounding <= first.low <= first.share + rounding
        assert first.share - rounding <= first.high <= 1 + rounding
        assert second.share == pytest.approx(1 - first.share)
        assert (second.low, second.high) == pytest.approx((1 - first.high, 1 - first.low))
