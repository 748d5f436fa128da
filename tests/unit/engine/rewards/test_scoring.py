"""Several rewards together: names, weights, and answers without a value."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.engine.rewards.samples import sample
from workbench.core.errors import KnownError
from workbench.core.rewards import (
    ExactMatch,
    LengthReward,
    NumericMatch,
    PythonReward,
    RegexReward,
    RewardModelReward,
    RewardSpec,
)
from workbench.engine.rewards.sample import RewardInput, RewardResult
from workbench.engine.rewards.scoring import NamedReward, build, close_all, score


def fixed(name: str, *values: float | None, weight: float = 1.0) -> NamedReward:
    """A reward that gives these values whatever it sees."""
    return NamedReward(
        name,
        weight,
        lambda _inputs: [RewardResult(value, "why" * (value is None)) for value in values],
    )


def totals(*rewards: NamedReward, count: int, group_size: int | None = None) -> list[float | None]:
    table = score(rewards, [sample("x")] * count, group_size=group_size)
    return [None if total is None else round(total, 6) for total in table.totals]


def test_the_total_is_the_weighted_sum() -> None:
    rewards = [fixed("a", 1.0, 0.0), fixed("b", 0.5, 1.0, weight=-2.0)]
    assert totals(*rewards, count=2) == [0.0, -2.0]


def test_a_missing_value_pulls_neither_up_nor_down() -> None:
    rewards = [fixed("a", 1.0, 0.0, None), fixed("b", 1.0, 2.0, 3.0)]
    assert totals(*rewards, count=3) == [2.0, 2.0, 3.5]


def test_the_mean_in_its_place_is_that_of_its_own_group() -> None:
    reward = fixed("a", 1.0, None, 10.0, 20.0)
    other = fixed("b", 0.0, 0.0, 0.0, 0.0)
    assert totals(reward, other, count=4, group_size=2) == [1.0, 1.0, 10.0, 20.0]


def test_a_reward_without_any_value_in_a_group_is_left_out_there() -> None:
    reward = fixed("a", None, None, 5.0, 6.0)
    other = fixed("b", 1.0, 2.0, 0.0, 0.0)
    assert totals(reward, other, count=4, group_size=2) == [1.0, 2.0, 5.0, 6.0]


def test_an_answer_without_any_value_has_no_total() -> None:
    rewards = [fixed("a", 1.0, None), fixed("b", 2.0, None)]
    assert totals(*rewards, count=2) == [3.0, None]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e7])
def test_numbers_that_would_drown_the_others_are_no_values(value: float) -> None:
    table = score([fixed("a", value, 1.0)], [sample("x")] * 2)
    assert table.totals == (None, 1.0)
    assert "beyond" in table.results["a"][0].note


def test_figures_are_named_as_trl_names_them() -> None:
    table = score([fixed("a", 1.0, 3.0, None, None), fixed("b", None, None, None, None)],
                  [sample("x")] * 4)  # fmt: skip
    assert table.metrics() == {
        "rewards/a/mean": 2.0,
        "rewards/a/std": pytest.approx(2**0.5),
        "rewards/a/failed": 0.5,
        "rewards/b/failed": 1.0,
    }
    assert table.failures() == {"a": {"why": 2}, "b": {"why": 4}}


def test_no_answers_at_all() -> None:
    table = score(build([NumericMatch()]), [])
    assert table.totals == ()
    assert table.metrics() == {}


def test_names_differ() -> None:
    specs: list[RewardSpec] = [
        RegexReward(), RegexReward(), RegexReward(name="regex_2"), LengthReward(name="short"),
    ]  # fmt: skip
    names = [reward.name for reward in build(specs)]
    assert len(set(names)) == 4
    assert names[0] == "regex"
    assert names[2:] == ["regex_2", "short"]


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(KnownError, match="Two rewards are named 'same'"):
        build([RegexReward(name="same"), LengthReward(name="same")])


def test_no_reward_is_refused() -> None:
    with pytest.raises(KnownError, match="no reward to learn from"):
        build([])


def test_a_persons_function_among_others() -> None:
    source = "def reward(completion, answer):\n    return 1 / len(completion) if answer else None"
    rewards = build([PythonReward(source=source, weight=2.0), ExactMatch()])
    try:
        table = score(rewards, [sample("ab", "ab"), sample("", "ab"), sample("abcd", "x")])
    finally:
        close_all(rewards)
    assert table.totals == (2.0, pytest.approx(0.75), 0.5)
    assert "ZeroDivisionError" in table.results["python"][1].note


def test_a_function_that_can_not_be_used_is_told_before_the_run() -> None:
    with pytest.raises(KnownError, match="there is no function named reward"):
        build([LengthReward(), PythonReward(source="x = 1")])


def test_a_reward_model_is_asked_for_all_at_once() -> None:
    asked: list[int] = []

    def load(spec: RewardModelReward) -> object:
        assert spec.path == "models/judge"

        def scorer(inputs: Sequence[RewardInput]) -> list[float | None]:
            asked.append(len(inputs))
            return [float(len(item.completion)) for item in inputs[:-1]] + [None]

        return scorer

    rewards = build([RewardModelReward(path="models/judge")], scorer=load)
    table = score(rewards, [sample("a"), sample("abc"), sample("x")])
    assert asked == [3]
    assert table.totals == (1.0, 3.0, None)


def test_a_reward_model_without_a_way_to_load_it_is_refused() -> None:
    with pytest.raises(KnownError, match="reward model"):
        build([RewardModelReward(path="models/judge")])
