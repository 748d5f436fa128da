"""Plots on screen: nothing is lost, nothing is hidden, nothing is drawn in vain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from workbench.ui import theme
from workbench.ui.widgets.plots.curve import Curve
from workbench.ui.widgets.plots.plot_card import PlotCard
from workbench.ui.widgets.plots.redraw import RedrawClock
from workbench.ui.widgets.plots.ticks import tick_spacing, tick_texts, tick_values


@pytest.fixture
def clock() -> RedrawClock:
    return RedrawClock()


@pytest.fixture
def card(qtbot: QtBot, clock: RedrawClock) -> PlotCard:
    made = PlotCard("Loss", clock)
    qtbot.addWidget(made)
    made.resize(500, 240)
    made.show()
    return made


def curve(values: list[float] | np.ndarray, key: str = "a", color: str = "series0") -> Curve:
    y = np.asarray(values, dtype=np.float64)
    return Curve(key, key, color, np.arange(1, len(y) + 1, dtype=np.float64), y)


def drawn(qtbot: QtBot, clock: RedrawClock) -> None:
    qtbot.waitUntil(lambda: clock.is_resting)


def ink(card: PlotCard, color: str) -> np.ndarray:
    """Rows and columns at which the plot shows a colour."""
    image = card.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8)
    lines = data.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]
    pixels = lines.reshape(image.height(), image.width(), 3).astype(int)
    wanted = theme.color(color)
    rgb = np.array([wanted.red(), wanted.green(), wanted.blue()])
    return np.argwhere(np.abs(pixels - rgb).max(axis=2) < 24)


def test_a_curve_is_painted(qtbot: QtBot, card: PlotCard, clock: RedrawClock) -> None:
    card.set_curves([curve(np.linspace(1, 0, 50))])
    drawn(qtbot, clock)
    assert len(ink(card, "series0")) > 200


def test_a_single_point_is_visible(qtbot: QtBot, card: PlotCard, clock: RedrawClock) -> None:
    card.set_curves([curve([0.7])])
    drawn(qtbot, clock)
    assert len(ink(card, "series0")) >= 9


def test_a_constant_is_a_flat_line(qtbot: QtBot, card: PlotCard, clock: RedrawClock) -> None:
    card.plot.set_smoothing(0.9)
    card.set_curves([curve(np.full(400, 5e-6))])
    drawn(qtbot, clock)
    rows = set(ink(card, "series0")[:, 0])
    assert 1 <= len(rows) <= 2


def test_the_newest_points_are_drawn(qtbot: QtBot, card: PlotCard, clock: RedrawClock) -> None:
    y = np.zeros(100_003)
    y[-1] = 7.0
    card.set_curves([curve(y)])
    drawn(qtbot, clock)
    x, shown = card.plot.drawn_points("a")
    assert (x[-1], shown[-1]) == (100_003, 7.0)
    assert len(x) < 4 * 500 + 8


def test_clipped_and_not_finite_points_are_counted(
    qtbot: QtBot, card: PlotCard, clock: RedrawClock
) -> None:
    card.set_curves([curve([*np.linspace(0, 1, 500), 1e9, math.nan, math.inf])])
    drawn(qtbot, clock)
    assert card.left_out_text == "1 clipped · 2 not a number"
    card.set_curves([curve(np.linspace(0, 1, 500))])
    drawn(qtbot, clock)
    assert card.left_out_text == ""


def test_a_hidden_plot_is_drawn_when_it_is_shown(
    qtbot: QtBot, card: PlotCard, clock: RedrawClock
) -> None:
    card.set_curves([curve([1.0, 2.0])])
    drawn(qtbot, clock)
    card.hide()
    card.set_curves([curve([1.0, 2.0, 3.0])])
    drawn(qtbot, clock)
    assert len(card.plot.drawn_points("a")[0]) == 2
    card.show()
    drawn(qtbot, clock)
    assert len(card.plot.drawn_points("a")[0]) == 3


def test_lines_that_are_gone_leave_nothing(
    qtbot: QtBot, card: PlotCard, clock: RedrawClock
) -> None:
    card.set_curves([curve([0.0, 1.0], "a", "series0"), curve([1.0, 0.0], "b", "series1")])
    drawn(qtbot, clock)
    card.set_curves([curve([0.0, 1.0], "a", "series0")])
    drawn(qtbot, clock)
    assert not len(ink(card, "series1"))


def test_colours_follow_the_theme(
    qtbot: QtBot, card: PlotCard, clock: RedrawClock, look: theme.Theme
) -> None:
    card.set_curves([curve(np.linspace(0, 1, 100), color="series1")])
    look.set_mode("light")
    drawn(qtbot, clock)
    assert len(ink(card, "series1"))
    look.set_mode("dark")
    drawn(qtbot, clock)
    assert len(ink(card, "series1"))


def test_the_crosshair_reads_what_was_recorded(
    qtbot: QtBot, card: PlotCard, clock: RedrawClock
) -> None:
    card.plot.set_smoothing(0.9)
    card.set_curves([curve([0.25, 0.5, 4.0, 1.0], "dpo-1")])
    drawn(qtbot, clock)
    card.show_crosshair(3.2)
    assert card.legend_texts == ["dpo-1 4"]
    card.show_crosshair(math.nan)
    assert card.legend_texts == ["dpo-1"]


def test_a_legend_shortens_rather_than_widening_its_card(
    qtbot: QtBot, card: PlotCard, clock: RedrawClock
) -> None:
    card.set_curves([curve([1.0, 2.0], f"a-run-with-quite-a-long-name-{i}") for i in range(9)])
    drawn(qtbot, clock)
    assert card.minimumSizeHint().width() < 300


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.0, 0.8, 5, ["0.0", "0.2", "0.4", "0.6", "0.8"]),
        (-60.0, -34.0, 6, ["−60", "−55", "−50", "−45", "−40", "−35"]),
        (0.0, 5e-5, 5, ["0", "1e−5", "2e−5", "3e−5", "4e−5", "5e−5"]),
        (0.0, 600.0, 6, ["0", "100", "200", "300", "400", "500", "600"]),
        (1.0, 1.0, 5, ["1"]),
    ],
)
def test_ticks_are_round_and_as_exact_as_needed(
    low: float, high: float, most: int, expected: list[str]
) -> None:
    assert tick_texts(tick_values(low, high, most), tick_spacing(low, high, most)) == expected


@pytest.mark.parametrize(
    ("high", "most", "expected"),
    [
        (16, 7, ["0", "5", "10", "15"]),
        (3, 8, ["0", "1", "2", "3"]),
        (250, 10, ["0", "25", "50", "75", "100", "125", "150", "175", "200", "225", "250"]),
        (0.7, 7, ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]),  # of a minute
    ],
)
def test_there_is_no_half_step(high: float, most: int, expected: list[str]) -> None:
    values = tick_values(0, high, most, whole=True)
    assert tick_texts(values, tick_spacing(0, high, most, whole=True)) == expected
