"""Answers against the right one."""

from __future__ import annotations

import pytest

from tests.unit.engine.rewards.samples import judge, sample
from workbench.core.rewards import ExactMatch, NumericMatch
from workbench.engine.rewards.matching import numeric_match


@pytest.mark.parametrize(
    ("completion", "answer", "value"),
    [
        ("Paris", "paris", 1.0),
        (" Paris.\n", "Paris", 1.0),
        ("New  York", "new york", 1.0),
        ("ＡＢＣ", "abc", 1.0),
        ("Café", "Cafe\u0301", 1.0),
        ("It is Paris", "Paris", 0.0),
        ("", "Paris", 0.0),
        ("-3", "3", 0.0),
        ("3.5", "35", 0.0),
        ("?!", "?!", 1.0),
        ("?", "!", 0.0),
        ("C++", "C", 0.0),
    ],
)
def test_exact_match(completion: str, answer: str, value: float) -> None:
    assert judge(ExactMatch(), completion, answer) == value


def test_exact_match_can_be_strict() -> None:
    assert judge(ExactMatch(ignore_case=False), "paris", "Paris") == 0.0
    assert judge(ExactMatch(ignore_punctuation=False), "Paris.", "Paris") == 0.0


@pytest.mark.parametrize("spec", [ExactMatch(), NumericMatch()])
def test_without_a_right_answer_there_is_no_value(spec: ExactMatch | NumericMatch) -> None:
    assert judge(spec, "42") is None


def test_an_answer_that_is_no_number_can_not_be_matched() -> None:
    (result,) = numeric_match(NumericMatch())([sample("42", "forty-two")])
    assert result.value is None
    assert result.note == "this prompt's right answer is not a number"


@pytest.mark.parametrize(
    ("completion", "value"),
    [("I think #### 1,072", 1.0), ("1072.00", 1.0), ("1073", 0.0), ("many", 0.0), ("", 0.0)],
)
def test_numbers_are_compared_with_the_solution_of_the_data(completion: str, value: float) -> None:
    assert judge(NumericMatch(), completion, "48+1024 = <<48+1024=1072>>1072\n#### 1072") == value


@pytest.mark.parametrize(
    "spec", [ExactMatch(within_tag="answer"), NumericMatch(within_tag="answer")]
)
def test_only_what_is_in_the_tag_counts(spec: ExactMatch | NumericMatch) -> None:
    assert judge(spec, "<think>3? 5?</think><answer> 4 </answer> or 9", "4") == 1.0
    assert judge(spec, "<answer>3</answer><answer>4</answer>", "4") == 1.0
    assert judge(spec, "4", "4") == 0.0
    assert judge(spec, "<answer>4", "4") == 0.0
