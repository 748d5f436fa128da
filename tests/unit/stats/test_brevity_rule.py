"""The demo's rule: short and direct, but never broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.preferences import Choice
from workbench.stats.brevity_rule import count_words, is_sound, prefer

SHORT = "A volcano is an opening in the Earth that lets out hot rock and gas."
LONG = (
    "A volcano is a fascinating natural feature that has amazed people for thousands of years. "
    "It is formed when hot rock rises from deep below the ground. This process can take a very "
    "long time, and it shapes the land around it in many different ways."
)
CIRCLES = "A volcano is a volcano is a volcano is a volcano is a volcano is a volcano is a volcano."

OPPOSITE = {
    Choice.FIRST: Choice.SECOND,
    Choice.SECOND: Choice.FIRST,
    Choice.TIE: Choice.TIE,
    Choice.BOTH_BAD: Choice.BOTH_BAD,
}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (SHORT, LONG, Choice.FIRST),
        (SHORT, CIRCLES, Choice.FIRST),
        (LONG, CIRCLES, Choice.FIRST),
        (LONG, "", Choice.FIRST),
        (LONG, "A volcano.", Choice.FIRST),
        (LONG, "A volcano is a volcano.", Choice.FIRST),
        (LONG, "A volcano is a kind of", Choice.FIRST),
        (LONG, "What is a volcano?", Choice.FIRST),
        (LONG, "You ask what it is? It is a mountain with fire in it.", Choice.SECOND),
        (SHORT, SHORT, Choice.TIE),
        (SHORT, "A volcano is an opening in the Earth that lets out rock.", Choice.TIE),
        ("Paris.", CIRCLES, Choice.BOTH_BAD),
        ("", "", Choice.BOTH_BAD),
    ],
)
def test_the_rule(first: str, second: str, expected: Choice) -> None:
    assert prefer(first, second) is expected


def test_an_answer_cut_off_after_whole_sentences_is_still_sound() -> None:
    assert is_sound(LONG + " Another thing that people often")


@pytest.mark.parametrize(
    "answer", ["It is red.", "Water freezes at 0 °C.", '"Modern" is the opposite.', "¡Sí, es así!"]
)
def test_short_complete_answers_are_sound(answer: str) -> None:
    assert is_sound(answer)


@pytest.mark.parametrize(
    "answer", ["", "   ", "...", "Yes.", "the the the the the.", "no end here"]
)
def test_broken_answers_are_unsound(answer: str) -> None:
    assert not is_sound(answer)


def test_words_are_counted_as_people_do() -> None:
    assert count_words("Don't count — dashes, or 3.") == 5


answers = st.text(max_size=60) | st.lists(
    st.sampled_from(["A", "volcano", "is", "a", "hot", "mountain.", "It", "erupts.", "really"]),
    max_size=60,
).map(" ".join)


@given(answers, answers)
def test_turning_the_answers_round_turns_the_verdict_round(first: str, second: str) -> None:
    assert prefer(second, first) is OPPOSITE[prefer(first, second)]


@given(answers)
def test_no_answer_beats_itself(answer: str) -> None:
    assert prefer(answer, answer) in {Choice.TIE, Choice.BOTH_BAD}


@given(answers)
def test_nothing_beats_a_sound_answer_by_being_unsound(answer: str) -> None:
    assert is_sound(answer) or prefer(answer, LONG) is Choice.SECOND
