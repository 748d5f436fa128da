"""No spike is lost, the past stays as it was, and outliers do not hide the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbench.ui.widgets.plots.numerics import (
    decimate,
    lonely,
    nearest,
    smooth,
    value_range,
)

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
ANY = st.one_of(FINITE, st.just(math.nan), st.just(math.inf), st.just(-math.inf))
VALUES = hnp.arrays(np.float64, st.integers(1, 700), elements=ANY)
WEIGHTS = st.sampled_from([0.0, 0.001, 0.3, 0.6, 0.9, 0.99, 0.999])


def plain_smooth(values: np.ndarray, weight: float) -> list[float]:
    average, count, result = 0.0, 0, []
    for value in values:
        if not math.isfinite(value):
            result.append(math.nan)
            continue
        count += 1
        average = weight * average + (1 - weight) * value
        result.append(average / (1 - weight**count))
    return result


@given(VALUES, WEIGHTS)
def test_smoothing_is_the_debiased_average_written_out(values: np.ndarray, weight: float) -> None:
    np.testing.assert_allclose(
        smooth(values, weight), plain_smooth(values, weight), rtol=1e-9, atol=1e-6
    )


@given(VALUES, WEIGHTS, st.integers(0, 700))
def test_smoothing_keeps_the_past(values: np.ndarray, weight: float, cut: int) -> None:
    whole, part = smooth(values, weight), smooth(values[:cut], weight)
    np.testing.assert_array_equal(whole[:cut], part)


@given(FINITE, WEIGHTS)
def test_a_constant_stays_what_it_is(value: float, weight: float) -> None:
    np.testing.assert_allclose(smooth(np.full(600, value), weight), value, rtol=1e-9, atol=1e-300)


def test_smoothing_beyond_its_limit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.999"):
        smooth(np.ones(3), 1.0)


@pytest.mark.parametrize("pixels", [1, 7, 100])
def test_a_spike_at_every_index_is_drawn(pixels: int) -> None:
    x = np.arange(1000, dtype=np.float64)
    for index in range(len(x)):
        y = np.zeros(len(x))
        y[index] = 5.0
        assert index in decimate(x, y, 0, 999, pixels)


@given(VALUES, st.integers(1, 60))
def test_what_is_drawn_reaches_as_far_as_the_data(values: np.ndarray, pixels: int) -> None:
    x = np.cumsum(np.ones(len(values)))
    kept = decimate(x, values, float(x[0]), float(x[-1]), pixels)
    assert np.all(np.diff(kept) > 0)
    assert kept[0] == 0
    assert kept[-1] == len(values) - 1
    assert len(kept) <= 2 * (pixels + 1) + 2
    finite, kept_finite = values[np.isfinite(values)], values[kept][np.isfinite(values[kept])]
    if len(finite):
        assert finite.min() == kept_finite.min()
        assert finite.max() == kept_finite.max()


def test_points_outside_the_range_are_left_out_but_for_one_on_each_side() -> None:
    x = np.arange(10_000, dtype=np.float64)
    kept = decimate(x, np.sin(x), 4000, 5000, 50)
    assert kept[0] == 3999
    assert kept[-1] == 5001


def test_gaps_in_the_steps_do_not_matter() -> None:
    x = np.concatenate([np.arange(1000.0), np.arange(90_000.0, 91_000.0)])
    y = np.zeros(len(x))
    y[1500] = 1.0
    assert 1500 in decimate(x, y, 0, 91_000, 20)


def test_a_few_outliers_are_clipped_and_counted() -> None:
    y = np.concatenate([np.linspace(0, 1, 1000), [1e9, -1e9, math.nan, math.inf]])
    shown = value_range([y])
    assert -0.45 < shown.low < 0.05
    assert 0.95 < shown.high < 1.45
    assert shown.clipped == 2
    assert shown.not_finite == 2


def test_an_ordinary_curve_is_shown_whole() -> None:
    assert value_range([np.linspace(3, 1, 200)]).clipped == 0
    assert value_range([np.array([1.0, 2.0])]).clipped == 0


def test_ordinary_noise_is_not_clipped() -> None:
    noise = np.random.default_rng(0).normal(0, 1, 600)
    assert value_range([noise]).clipped == 0


def test_a_constant_has_room_around_it() -> None:
    for value in (0.0, 5e-6, -3.0):
        shown = value_range([np.full(50, value)])
        assert shown.low < value < shown.high
        assert shown.clipped == 0


def test_nothing_to_show() -> None:
    shown = value_range([np.array([math.nan])])
    assert (shown.low, shown.high, shown.not_finite) == (0.0, 1.0, 1)


def test_lonely_points_are_found() -> None:
    nan = math.nan
    assert list(lonely(np.array([1.0]))) == [0]
    assert list(lonely(np.array([nan, 1.0, nan, 2.0, 3.0, nan, 4.0]))) == [1, 6]


@given(st.lists(FINITE, min_size=1, unique=True), FINITE)
def test_the_nearest_point_is_found(places: list[float], position: float) -> None:
    x = np.sort(np.array(places))
    assert abs(x[nearest(x, position)] - position) == np.abs(x - position).min()
