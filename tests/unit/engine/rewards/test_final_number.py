"""The number that an answer ends in, read exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.rewards.final_number import final_number, last_box

ANSWERS = [
    # GSM8K's mark goes before everything
    ("She earned 0.2 x 50 = $<<0.2*50=10>>10.\n#### 10", "10"),
    ("#### 1,234", "1234"),
    ("#### -5", "-5"),
    ("#### 5 apples in 3 days", "5"),
    ("#### 3\nNo, wait.\n#### 4\nIt took 9 steps.", "4"),
    ("First \\boxed{3}, then #### 4", "4"),
    ("#### \\boxed{7}", "7"),
    ("#### none\nso 8", "8"),
    # boxes
    ("So $\\boxed{42}$ after 3 steps.", "42"),
    ("\\boxed{1} and \\boxed{2}, in 3 steps", "2"),
    ("\\boxed{\\frac{3}{4}} of 12", "3/4"),
    ("\\boxed{-\\dfrac{1}{2}}", "-1/2"),
    ("\\boxed{1{,}234\\text{ cm}}", "1234"),
    ("\\boxed{x = 12}", "12"),
    ("\\boxed{\\boxed{5}} 6", "5"),
    ("\\boxed {9} 1", "9"),
    ("\\boxed{3", "3"),
    ("\\boxed{none} but 3", "3"),
    # the last number
    ("The answer is 72.", "72"),
    ("It costs $1,299.50!", "2599/2"),
    ("-$5", "-5"),
    ("$-5", "-5"),
    ("It fell by −3 °C", "-3"),
    ("about 12%", "12"),
    ("**18**", "18"),
    ("10 - 4 = 6", "6"),
    ("from 10 - 4", "4"),
    ("the years 2019-2023", "2023"),
    ("x = -2", "-2"),
    (".5", "1/2"),
    ("5.", "5"),
    ("3/4 cup", "3/4"),
    ("2 1/2 cups", "5/2"),
    ("2\\frac{1}{2} cups", "5/2"),
    ("1.5e3", "1500"),
    ("1\u202f000\u00a0000 m", "1000000"),
    ("-2\\frac{1}{2}", "-5/2"),
    ("either 1,2", "2"),
    ("42 apples", "42"),
    ("1/0 or 3", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), ANSWERS)
def test_the_final_number(text: str, number: str) -> None:
    assert final_number(text) == Fraction(number)


@pytest.mark.parametrize("text", ["", "none", "####", "\\boxed{}", "1/0", "-", "$", "9" * 5000])
def test_no_number(text: str) -> None:
    assert final_number(text) is None


def test_decimals_are_exact() -> None:
    assert final_number("0.1") == Fraction(1, 10)
    assert final_number("0.30000000000000004") != final_number("0.3")
    assert final_number("0.50") == final_number("1/2")


FORMS = st.sampled_from(
    ["{}", "It is {}.", "= {} apples", "${}", "\\boxed{{{}}}", "#### {}", "**{}**", "{}%", "({})"]
)


@given(number=st.integers(-(10**15), 10**15), form=FORMS)
def test_a_whole_number_is_found_in_any_form(number: int, form: str) -> None:
    assert final_number(form.format(number)) == number
    assert final_number(form.format(f"{number:,}")) == number


@given(number=st.decimals(-(10**9), 10**9, places=4, allow_nan=False), form=FORMS)
def test_a_decimal_is_found_exactly(number: object, form: str) -> None:
    assert final_number(form.format(number)) == Fraction(str(number))


@given(top=st.integers(1, 10**6), bottom=st.integers(1, 10**6))
def test_fractions_in_both_ways(top: int, bottom: int) -> None:
    assert final_number(f"\\boxed{{\\frac{{{top}}}{{{bottom}}}}}") == Fraction(top, bottom)
    assert final_number(f"so {top}/{bottom}.") == Fraction(top, bottom)


@given(st.text(alphabet="0123456789.,/-+eE#$%{}\\ boxedfrac\n٣²½", max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    number = final_number(text)
    assert number is None or abs(number) < 10**200


@pytest.mark.parametrize(
    "piece", ["\\boxed{", "\\frac{", "1 ", "9", "1,111", "1/", " ", "{", "####", "-", "1e9"]
)
def test_endless_repetition_ends(piece: str) -> None:
    final_number(piece * 30_000)  # anything quadratic would hit the suite's time limit


def test_boxes_keep_their_braces() -> None:
    assert last_box("a \\boxed{f{x}{y}} } b") == "f{x}{y}"
    assert last_box("no box } {") is None
