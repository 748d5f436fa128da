"""Sides, length, speed and pace: small figures over verdicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from workbench.stats.estimate import Estimate, share_estimate
from workbench.stats.fast_clicks import fast_share, is_fast, least_time_s
from workbench.stats.length_bias import length_control, longer_wins
from workbench.stats.pace import PAUSE_S, pace_over_time, pairs_an_hour, stretch_for
from workbench.stats.self_consistency import self_consistency
from workbench.stats.side_bias import left_share, left_share_of_each

RNG_SEED = 11


@given(st.integers(0, 300), st.integers(0, 300))
def test_shares_are_statsmodels_wilson_and_mirror(successes: int, failures: int) -> None:
    n = successes + failures
    found = share_estimate(successes, n, fewest=20)
    if n < 20:
        assert found == Estimate(n)
        return
    low, high = proportion_confint(successes, n, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert found.low <= found.value <= found.high
    mirrored = share_estimate(failures, n, fewest=20)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((found.low, found.high), abs=1e-9)


def test_an_interval_says_what_it_leaves_out() -> None:
    found = Estimate(100, 0.7, 0.6, 0.78)
    assert found.is_above(0.5)
    assert found.excludes(0.9)
    assert not found.excludes(0.65)
    assert not Estimate(3).excludes(0.5)


def test_left_share_per_person_flags_those_who_lean() -> None:
    rng = np.random.default_rng(RNG_SEED)
    persons = np.repeat([0, 1, 2], [200, 200, 10])
    chose_left = np.concatenate((rng.random(200) < 0.5, rng.random(200) < 0.75, np.ones(10) > 0))
    found = left_share_of_each(chose_left, persons)
    assert [one.person for one in found] == [1, 0, 2]
    assert [one.leans for one in found] == [True, False, False]
    assert found[2].left == Estimate(10)
    assert left_share(chose_left).n == 410


def test_among_many_unbiased_people_none_is_called_biased() -> None:
    rng = np.random.default_rng(RNG_SEED)
    persons = np.repeat(np.arange(200), 100)
    found = left_share_of_each(rng.random(len(persons)) < 0.5, persons)
    assert sum(one.left.excludes(0.5) for one in found) >= 1  # ten of 200 are expected to
    assert not any(one.leans for one in found)


def test_self_consistency_counts_sides_that_stayed() -> None:
    before = np.array([0, 0, 1, 1, 2] * 6)
    again = np.array([0, 1, 1, 0, 2] * 6)
    side_before = np.array([0, 0, 1, 1, -1] * 6)
    side_again = np.array([1, 0, 0, 0, -1] * 6)
    found = self_consistency(before, again, side_before, side_again)
    assert found.same.n == 30
    assert found.same.value == pytest.approx(0.6)
    assert found.changed == 12
    assert found.kept_side == 6


def test_longer_answers_are_counted_where_lengths_differ() -> None:
    first = np.array([10.0, 10, 10, 10] * 10)
    second = np.array([5.0, 20, 20, 10] * 10)
    first_won = np.array([True, True, False, True] * 10)
    found = longer_wins(first, second, first_won)
    assert found.n == 30
    assert found.value == pytest.approx(2 / 3)
    swapped = longer_wins(second, first, ~first_won)
    assert swapped == found


def simulated(length_counts: float, model_counts: float) -> tuple[np.ndarray, ...]:
    """Model 1 writes longer; who wins depends on length and on the model, as said."""
    rng = np.random.default_rng(RNG_SEED)
    models = rng.integers(0, 2, (4000, 2))
    words = rng.integers(40, 90, (4000, 2)) + 40.0 * models
    difference = words[:, 0] - words[:, 1]
    odds = length_counts * np.tanh(difference / difference.std())
    odds += model_counts * (models[:, 0] - models[:, 1])
    first_won = rng.random(4000) < 1 / (1 + np.exp(-odds))
    return words[:, 0], words[:, 1], first_won, models[:, 0], models[:, 1]


def test_models_explain_why_longer_answers_win() -> None:
    first, second, first_won, *models = simulated(0.0, 2.0)
    wins = longer_wins(first, second, first_won)
    found = length_control(first, second, first_won, tuple(models), np.arange(4000))
    assert wins.is_above(0.6)
    assert found.expected == pytest.approx(wins.value, abs=0.02)
    assert not found.adds
    assert found.models == 2


def test_length_itself_is_told_from_the_models() -> None:
    first, second, first_won, *models = simulated(2.0, 0.0)
    wins = longer_wins(first, second, first_won)
    found = length_control(first, second, first_won, tuple(models), np.arange(4000))
    assert wins.is_above(0.7)
    assert found.expected == pytest.approx(0.5, abs=0.05)
    assert found.adds


def test_length_is_not_controlled_where_it_can_not_be() -> None:
    first, second, first_won, *models = simulated(0.0, 1.0)
    alone = (np.zeros(4000, dtype=int), np.zeros(4000, dtype=int))
    unknown = (np.full(4000, -1), np.full(4000, -1))
    prompts = np.arange(4000)
    assert length_control(first, second, first_won, alone, prompts) is None
    assert length_control(first, second, first_won, unknown, prompts) is None
    differ = models[0] != models[1]
    one_always_wins = [column[differ] for column in (models[0] > models[1], *models, prompts)]
    always, *wrote, prompts = one_always_wins
    assert length_control(first[differ], second[differ], always, tuple(wrote), prompts) is None


def test_nobody_reads_four_times_as_fast_as_people_read() -> None:
    words = np.array([0.0, 952.0, 238.0])
    assert least_time_s(words) == pytest.approx([0.5, 60.0, 15.0])
    elapsed_s = np.array([0.4, 61.0, np.nan])
    assert is_fast(elapsed_s, words).tolist() == [True, False, False]
    many = fast_share(np.tile(elapsed_s, 20), np.tile(words, 20))
    assert (many.n, many.value) == (40, 0.5)


def test_pace_leaves_out_pauses_and_unknown_times() -> None:
    elapsed_s = np.array([10.0] * 30 + [20.0] * 30 + [PAUSE_S + 1, np.nan, 0.0])
    found = pairs_an_hour(elapsed_s)
    assert found.n == 60
    assert found.value == pytest.approx(240)
    assert found.low < 240 < found.high
    assert pairs_an_hour(elapsed_s[:19]) == Estimate(19)


@settings(max_examples=30)
@given(st.lists(st.floats(0.1, 290), min_size=20, max_size=60), st.randoms())
def test_pace_knows_no_order(times: list[float], rng) -> None:
    found = pairs_an_hour(np.array(times))
    assert 0 < found.low <= found.value <= found.high
    shuffled = pairs_an_hour(np.array(rng.sample(times, len(times))))
    assert (shuffled.value, shuffled.low) == pytest.approx((found.value, found.low))


def test_pace_over_time_by_hour_day_or_week() -> None:
    noon = 1_790_000_000.0 // 86400 * 86400 + 43200
    hours = noon + np.repeat([0.0, 7200.0, 10800.0], [6, 6, 3])
    elapsed_s = np.repeat([10.0, 20.0, 30.0], [6, 6, 3])
    stretch_s = stretch_for(hours)
    over_time = pace_over_time(hours, elapsed_s, stretch_s=stretch_s)
    assert stretch_s == 3600
    assert over_time.starts.tolist() == [noon, noon + 7200]
    assert over_time.pairs_an_hour.tolist() == [360.0, 180.0]
    assert stretch_for(np.array([0.0, 5 * 86400])) == 86400
    assert stretch_for(np.array([0.0, 200 * 86400])) == 7 * 86400
    assert stretch_for(np.empty(0)) == 3600


def test_days_begin_at_local_midnight() -> None:
    at_one_in_the_morning = np.full(6, 10 * 86400 - 3600.0)  # in a zone two hours ahead
    over_time = pace_over_time(
        at_one_in_the_morning, np.full(6, 10.0), stretch_s=86400, utc_offset_s=7200
    )
    assert over_time.starts.tolist() == [10 * 86400 - 7200.0]
