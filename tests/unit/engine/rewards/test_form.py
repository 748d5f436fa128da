"""Rewards for an answer's form: patterns, length, tags, JSON, language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engine.rewards.samples import judge, judged, sample
from workbench.core.rewards import (
    ExactMatch,
    JsonReward,
    LanguageReward,
    LengthReward,
    NumericMatch,
    RegexReward,
    TagsReward,
)
from workbench.engine.rewards.patterns import count_words
from workbench.engine.rewards.scoring import build, score


def test_a_pattern_anywhere_or_as_the_whole() -> None:
    assert judged(RegexReward(pattern=r"\d+"), "a 12", "none") == [1.0, 0.0]
    assert judged(RegexReward(pattern=r"\d+", match="whole"), "12", "a 12") == [1.0, 0.0]
    assert judged(RegexReward(pattern="yes", ignore_case=True), "YES", "no") == [1.0, 0.0]
    assert judged(RegexReward(pattern="as an AI", negate=True), "Hello", "as an AI") == [1.0, 0.0]


def test_a_pattern_that_explodes_fails_that_sample_only() -> None:
    bad, good = judged(RegexReward(pattern="(a|aa)+$"), "a" * 80 + "b", "aaa")
    assert bad is None
    assert good == 1.0


def test_length_falls_smoothly_on_both_sides() -> None:
    spec = LengthReward(target_words=100, tolerance_words=10, falloff_words=20)
    values = judged(spec, *("word " * count for count in (0, 70, 90, 100, 110, 130, 150, 5000)))
    assert values[2:5] == [1.0, 1.0, 1.0]
    assert values[1] == values[5] == pytest.approx(0.5)
    assert values[6] == pytest.approx(0.0625)
    assert values[0] is not None
    assert 0 < values[0] < 1e-5
    assert values[7] is not None
    assert values[7] < 1e-100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n", 0),
        ("Don't stop.", 2),
        ("well-kept 3.14 1,000 — yes!", 4),
        ("你好，世界。", 4),
        ("ok 世界 ok", 4),
        ("Ünïcode wörks", 2),
        ("... !!!", 0),
    ],
)
def test_words_are_counted_as_people_count(text: str, words: int) -> None:
    assert count_words(text) == words


GOOD = "<think>2 and 2</think>\n<answer>4</answer>"


@pytest.mark.parametrize(
    ("text", "plain", "graded"),
    [
        (GOOD, 1.0, 1.0),
        ("", 0.0, 0.0),
        ("four", 0.0, 0.0),
        ("<think>2 and 2</think> 4", 0.0, 2 / 5),
        ("<think>2 and 2</think><answer>4", 0.0, 3 / 5),
        ("<answer>4</answer><think>2</think>", 0.0, 4 / 5),
        ("<think></think><answer>4</answer>", 0.0, 4 / 5),
        ("<think>a<answer>4</answer></think>", 0.0, 4 / 5),
        ("<think>a<answer></think>4</answer>", 0.0, 4 / 5),
        (GOOD + " Good luck!", 0.0, 4 / 5),
        ("Well: " + GOOD, 0.0, 4 / 5),
        (GOOD + GOOD, 0.0, 0.0),
    ],
)
def test_tags_once_in_order_and_nothing_outside(text: str, plain: float, graded: float) -> None:
    assert judge(TagsReward(graded=False), text) == plain
    assert judge(TagsReward(), text) == pytest.approx(graded)


def test_tags_may_allow_text_outside() -> None:
    assert judge(TagsReward(nothing_outside=False), f"Well: {GOOD} Bye.") == 1.0
    assert judge(TagsReward(tags="a"), "<a>x</a>") == 1.0


SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "age": {"type": "integer"}},
        "required": ["name"],
    }
)


@pytest.mark.parametrize(
    ("text", "any_json", "of_the_shape"),
    [
        ('{"name": "Ada", "age": 36}', 1.0, 1.0),
        (' {"name": "Ada"}\n', 1.0, 1.0),
        ('```json\n{"name": "Ada"}\n```', 1.0, 1.0),
        ('```\n{"name": "Ada"}\n```\n', 1.0, 1.0),
        ('{"name": "ada"}', 1.0, 0.0),
        ('{"name": "Ada", "age": "36"}', 1.0, 0.0),
        ("[]", 1.0, 0.0),
        ("42", 1.0, 0.0),
        ("{'name': 'Ada'}", 0.0, 0.0),
        ('{"name": "Ada"', 0.0, 0.0),
        ('Here it is: {"name": "Ada"}', 0.0, 0.0),
        ('{"age": NaN}', 0.0, 0.0),
        ("", 0.0, 0.0),
        ("[" * 100_000, 0.0, 0.0),
        ("```json\n```", 0.0, 0.0),
        ("```" + " " * 100_000, 0.0, 0.0),
    ],
)
def test_json(text: str, any_json: float, of_the_shape: float) -> None:
    assert judge(JsonReward(), text) == any_json
    assert judge(JsonReward(json_schema=SCHEMA), text) == of_the_shape


def test_json_within_a_tag_and_without_fences() -> None:
    assert judge(JsonReward(within_tag="answer"), "so: <answer>[1]</answer>") == 1.0
    assert judge(JsonReward(within_tag="answer"), "[1]") == 0.0
    assert judge(JsonReward(allow_fence=False), "```json\n[1]\n```") == 0.0


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^(a|aa)+$"},  # takes for ever
        {"$ref": "http://127.0.0.1:9/schema.json"},  # nothing is fetched
        {"$ref": "#/nowhere"},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_can_not_be_followed_fails_the_sample(schema: object) -> None:
    spec = JsonReward(json_schema=json.dumps(schema))
    assert judge(spec, json.dumps("a" * 80 + "b")) in (None, 0.0)


def test_language() -> None:
    english = "You should let the dough rest for an hour before you bake it."
    german = "Der Teig sollte eine Stunde ruhen, bevor er gebacken wird."
    assert judged(LanguageReward(language="de"), german, english) == [1.0, 0.0]
    assert judged(LanguageReward(language="en"), german, english) == [0.0, 1.0]
    assert judged(LanguageReward(language="zh"), "会议明天早上九点开始，请带上您的笔记。") == [1.0]


@pytest.mark.parametrize("text", ["", "42", "!!!", "x = 3 + 4", "OK", "\\boxed{72}"])
def test_what_has_no_language_has_no_value(text: str) -> None:
    assert judge(LanguageReward(), text) is None


EVERY_FORM = (
    ExactMatch(), NumericMatch(), RegexReward(pattern="x"), JsonReward(json_schema=SCHEMA),
    LengthReward(), TagsReward(), LanguageReward(),
)  # fmt: skip


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
@settings(max_examples=50)
def test_no_text_breaks_a_reward(texts: list[str]) -> None:
    table = score(build(EVERY_FORM), [sample(text, answer="42") for text in texts])
    for results in table.results.values():
        assert all(result.value is None or 0.0 <= result.value <= 1.0 for result in results)
