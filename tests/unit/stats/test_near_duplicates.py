"""Texts that are nearly the same are found, and only those."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats.near_duplicates import (
    DuplicateGroup,
    NearDuplicateSearch,
    near_duplicates,
    similarity,
)

TEXTS = st.lists(st.text(max_size=40), max_size=12)


def sentence(rng: random.Random, words: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(words))


def naive_similarity(first: str, second: str) -> float:
    """Word for word what the module says of itself, for texts of plain letters and spaces."""
    runs = [
        {text[at : at + 8] for at in range(max(len(text) - 7, 1))} if text else set()
        for text in (first, second)
    ]
    if not runs[0] | runs[1]:
        return 1.0
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def test_signs_case_and_spaces_do_not_count() -> None:
    assert similarity("How do I  fry an egg?", "how do i fry an egg") == 1.0
    assert similarity("“Ça va” – bien…", "ça va, BIEN") == 1.0
    assert similarity("2 + 2 = 4", "2 + 2 = 5") < 1.0
    assert similarity("", "?!") == 1.0
    assert similarity("", "word") == 0.0


@given(st.text("abcd ", max_size=60), st.text("abcd ", max_size=60))
def test_similarity_is_jaccard_of_runs(first: str, second: str) -> None:
    tidy = [" ".join(text.split()) for text in (first, second)]
    assert similarity(first, second) == pytest.approx(naive_similarity(*tidy))


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_bounded(first: str, second: str) -> None:
    alike = similarity(first, second)
    assert 0 <= alike <= 1
    assert alike == similarity(second, first)
    assert similarity(first, first) == 1


@settings(max_examples=30)
@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(texts: list[str], rng: random.Random) -> None:
    shuffled = rng.sample(range(len(texts)), len(texts))
    groups = {frozenset(group.members) for group in near_duplicates(texts)}
    again = near_duplicates([texts[number] for number in shuffled])
    assert groups == {frozenset(shuffled[number] for number in group.members) for group in again}


@settings(max_examples=30)
@given(TEXTS)
def test_everything_in_a_group_is_like_something_in_it(texts: list[str]) -> None:
    for group in near_duplicates(texts):
        assert len(group.members) >= 2
        assert list(group.members) == sorted(set(group.members))
        for number in group.members:
            others = (other for other in group.members if other != number)
            best = max(similarity(texts[number], texts[other]) for other in others)
            assert best >= 0.8
            assert best >= group.least_similarity


def test_edited_copies_are_found_among_many() -> None:
    rng = random.Random(7)
    instruction = "Below is a request. Write an answer that completes the request. "
    texts = [instruction + sentence(rng, rng.randint(20, 60)) for _ in range(1500)]
    copies = []
    for number in range(500):
        words = texts[number].split()
        words[rng.randrange(len(words))] = "changed"
        copies.append(" ".join(words))
    found = {pair for group in near_duplicates(texts + copies) for pair in pairwise(group.members)}
    wanted = [
        (number, 1500 + number)
        for number in range(500)
        if similarity(texts[number], copies[number]) >= 0.8
    ]
    missed = [pair for pair in wanted if pair not in found]
    assert len(wanted) > 400
    assert len(missed) <= 0.01 * len(wanted)
    assert len(found) == len(wanted) - len(missed)


def test_texts_are_numbered_over_all_batches() -> None:
    search = NearDuplicateSearch()
    search.add(["one thing to say", ""])
    search.add(["quite another thing", "One thing to say!"])
    assert len(search) == 4
    never = pytest.fail
    assert search.groups(lambda _: never("equal texts need no second look")) == [
        DuplicateGroup((0, 3), 1.0)
    ]


def test_nothing_at_all_has_no_groups() -> None:
    assert near_duplicates([]) == []
    assert near_duplicates(["", "", " "]) == []


def test_a_cancelled_search_gives_what_it_has() -> None:
    search = NearDuplicateSearch()
    search.add(["the same text", "the same text", "the same text but a word or two more"])
    groups = search.groups(lambda _: [], is_cancelled=lambda: True)
    assert groups == [DuplicateGroup((0, 1), 1.0)]


def test_a_threshold_outside_of_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        NearDuplicateSearch(1.5)
