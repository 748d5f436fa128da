"""The palette's matching, and the words that people read."""

from __future__ import annotations

import math

import pytest

from workbench.ui.commands import Command, match_score, matching
from workbench.ui.wording import ago, count, duration, figure, gigabytes, size, size_so_far


def command(title: str, enabled: bool = True) -> Command:
    return Command(title, lambda: None, is_enabled=lambda: enabled)


TITLES = ["Go to Runs", "Stop run", "Resume run", "Go to Train", "Theme: dark"]


def titles(query: str) -> list[str]:
    return [item.title for item in matching(query, [command(title) for title in TITLES])]


def test_first_letters_find_an_action() -> None:
    assert titles("sr")[0] == "Stop run"
    assert titles("dark") == ["Theme: dark"]


def test_an_empty_query_lists_everything_in_order() -> None:
    assert titles(" ") == TITLES


def test_what_can_not_be_done_is_not_offered() -> None:
    assert matching("", [command("Stop run", enabled=False)]) == []


def test_letters_must_come_in_order() -> None:
    assert match_score("zz", "Stop run") is None
    assert match_score("nur", "Stop run") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (5e-5, "5e−5"),
        (-0.25, "−0.25"),
        (0.35161, "0.3516"),
        (123456.0, "1.23e5"),
        (math.nan, "NaN"),
        (-math.inf, "−∞"),
    ],
)
def test_figures_are_short(value: float, text: str) -> None:
    assert figure(value) == text


def test_times_are_told_as_people_do() -> None:
    assert [duration(s) for s in (3, 59.6, 360, 7500, 4 * 86400)] == [
        "3 s",
        "1 min",
        "6 min",
        "2 h 05 min",
        "4 days",
    ]
    noon = 1_760_000_000.0
    assert ago(noon - 10, noon) == "just now"
    assert ago(noon - 600, noon) == "10 min ago"


def test_counts_have_their_noun() -> None:
    assert [count(n, "pair", "pairs") for n in (0, 1, 1820)] == ["0 pairs", "1 pair", "1,820 pairs"]
    assert [gigabytes(used) for used in (1.49e10, 2.4e11)] == ["14.9", "240"]


def test_sizes_have_the_unit_that_fits() -> None:
    sizes = [size(of) for of in (0, 840, 8.4e5, 2.63e7, 1.49e10, 2.4e11)]
    assert sizes == ["0.0 kB", "0.8 kB", "840 kB", "26.3 MB", "14.9 GB", "240 GB"]
    assert size_so_far(2e5, 2.63e7) == "0.2 of 26.3 MB"
