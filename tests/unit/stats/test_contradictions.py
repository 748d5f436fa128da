"""Opposite verdicts and circles, held to a slow search over everything."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats.contradictions import circles, contradictions

Said = list[tuple[int, int, int]]

SAID = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 4)), max_size=14
).map(lambda said: [one for one in said if one[1] != one[2]])


def columns(said: Said) -> tuple[np.ndarray, ...]:
    return tuple(np.array(said, dtype=np.int64).reshape(-1, 3).T)


def slow_circles(said: Said) -> set[tuple[int, ...]]:
    """Every simple circle of three or more among uncontradicted verdicts, as sets of edges."""
    edges = {one for one in said if (one[0], one[2], one[1]) not in said}
    texts = {text for _, *two in edges for text in two}
    found = set()
    for prompt in {0, 1}:
        for size in range(3, len(texts) + 1):
            for path in permutations(sorted(texts), size):
                steps = [(prompt, a, b) for a, b in zip(path, path[1:] + path[:1], strict=True)]
                if path[0] == min(path) and all(step in edges for step in steps):
                    found.add(frozenset(steps))
    return found


@settings(max_examples=50)
@given(SAID)
def test_contradictions_are_all_found(said: Said) -> None:
    found = contradictions(*columns(said))
    wanted: dict[tuple[int, frozenset[int]], list[int]] = {}
    for place, (prompt, winner, loser) in enumerate(said):
        if (prompt, loser, winner) in said:
            wanted.setdefault((prompt, frozenset((winner, loser))), []).append(place)
    assert sorted(found) == sorted(tuple(places) for places in wanted.values())


@settings(max_examples=50)
@given(SAID)
def test_circles_are_real_minimal_and_cover_all(said: Said) -> None:
    found = [frozenset(said[place] for place in circle) for circle in circles(*columns(said))]
    every = slow_circles(said)
    assert len(found) == len(set(found))
    assert set(found) <= every
    assert {edge for circle in found for edge in circle} == {
        edge for circle in every for edge in circle
    }
    for circle in found:  # the shortest through one of its edges at least
        assert any(len(circle) == min(len(c) for c in every if edge in c) for edge in circle)


@settings(max_examples=50)
@given(SAID)
def test_a_circle_is_told_in_its_order(said: Said) -> None:
    for circle in circles(*columns(said)):
        steps = [said[place] for place in circle]
        for (_, _, loser), (_, winner, _) in zip(steps, steps[1:] + steps[:1], strict=True):
            assert loser == winner


@settings(max_examples=50)
@given(SAID, st.randoms(use_true_random=False))
def test_the_order_of_the_verdicts_does_not_matter(said: Said, rng) -> None:
    shuffled = rng.sample(said, len(said))
    for function in (contradictions, circles):
        found = {frozenset(said[place] for place in group) for group in function(*columns(said))}
        again = {
            frozenset(shuffled[place] for place in group) for group in function(*columns(shuffled))
        }
        assert found == again


def test_texts_of_other_prompts_are_other_texts() -> None:
    assert contradictions(*columns([(0, 1, 2), (1, 2, 1)])) == []
    assert circles(*columns([(0, 1, 2), (0, 2, 3), (1, 3, 1)])) == []


def test_a_circle_of_three_is_named_by_its_pairs() -> None:
    said = [(5, 9, 8), (5, 1, 2), (5, 2, 3), (5, 3, 1)]
    (circle,) = circles(*columns(said))
    assert sorted(circle) == [1, 2, 3]


@pytest.mark.parametrize("function", [contradictions, circles])
def test_no_verdicts_at_all(function) -> None:
    assert function(*columns([])) == []


def test_a_long_chain_needs_no_recursion() -> None:
    size = 20_000
    texts = np.arange(size)
    (circle,) = circles(np.zeros(size, dtype=np.int64), texts, (texts + 1) % size)
    assert len(circle) == size
