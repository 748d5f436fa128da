"""From the rewards of a recipe to one number for each answer."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.errors import KnownError
from workbench.core.rewards import (
    ExactMatch,
    JsonReward,
    LanguageReward,
    LengthReward,
    NumericMatch,
    PythonReward,
    RegexReward,
    RewardModelReward,
    RewardSpec,
    TagsReward,
)
from workbench.engine.rewards.json_shape import json_reward
from workbench.engine.rewards.languages import language_reward
from workbench.engine.rewards.matching import exact_match, numeric_match
from workbench.engine.rewards.own_function import OwnFunction
from workbench.engine.rewards.patterns import length_reward, regex_reward
from workbench.engine.rewards.sample import RewardFunction, RewardInput, RewardResult, Scorer
from workbench.engine.rewards.tagged import tags_reward

LARGEST_VALUE = 1e6


def _nothing_to_close() -> None:
    return


@dataclass(frozen=True, slots=True)
class NamedReward:
    """A reward as it is computed; `close` ends what it has running."""

    name: str
    weight: float
    function: RewardFunction
    close: Callable[[], None] = _nothing_to_close


@dataclass(frozen=True, slots=True)
class RewardTable:
    """The rewards of a batch of answers, in the order of the answers.

    `results[name][i]` is what one reward gave answer i, before its weight. `totals[i]` is the
    weighted sum; where a reward has no value for an answer, the mean of its values in the same
    group takes its place, so that it pulls the answer neither up nor down. A reward without any
    value in a group is left out of that group's totals. An answer without any value at all has
    no total: leave it out of the group's mean and spread, and give it no advantage.
    """

    results: dict[str, tuple[RewardResult, ...]]
    totals: tuple[float | None, ...]

    def metrics(self) -> dict[str, float]:
        """Figures for the run's events, by TRL's names: mean and spread of each reward.

        `rewards/<name>/failed` is the share of answers without a value, where there are any.
        """
        figures: dict[str, float] = {}
        for name, results in self.results.items():
            values = [result.value for result in results if result.value is not None]
            if values:
                figures[f"rewards/{name}/mean"] = statistics.fmean(values)
                figures[f"rewards/{name}/std"] = (
                    statistics.stdev(values) if len(values) > 1 else 0.0
                )
            if len(values) < len(results):
                figures[f"rewards/{name}/failed"] = 1 - len(values) / len(results)
        return figures

    def failures(self) -> dict[str, Counter[str]]:
        """Why answers have no value, for each reward that failed: notes and how often."""
        notes = {
            name: Counter(result.note for result in results if result.value is None)
            for name, results in self.results.items()
        }
        return {name: counts for name, counts in notes.items() if counts}


def build(
    specs: Sequence[RewardSpec], *, scorer: Callable[[RewardModelReward], Scorer] | None = None
) -> list[NamedReward]:
    """Make the rewards of a recipe ready; `scorer` loads the reward models that it names.

    Raises KnownError for none at all, two of one name, or a function that can't be used. Close
    them with `close_all` when the run ends.
    """
    if not specs:
        raise KnownError("There is no reward to learn from: add at least one to the recipe.")
    rewards: list[NamedReward] = []
    try:
        for spec, name in zip(specs, _names(specs), strict=True):
            rewards.append(_build_one(spec, name, scorer))
    except BaseException:
        close_all(rewards)
        raise
    return rewards


def close_all(rewards: Sequence[NamedReward]) -> None:
    for reward in rewards:
        reward.close()


def score(
    rewards: Sequence[NamedReward], inputs: Sequence[RewardInput], *, group_size: int | None = None
) -> RewardTable:
    """Judge every answer by every reward.

    `group_size` consecutive inputs answer the same prompt; None takes all as one group.
    """
    size = group_size or max(1, len(inputs))
    assert len(inputs) % size == 0, f"{len(inputs)} answers are no groups of {size}"
    results = {
        reward.name: tuple(_checked(result) for result in reward.function(inputs))
        for reward in rewards
    }
    totals: list[float | None] = []
    for start in range(0, len(inputs), size):
        group = {name: column[start : start + size] for name, column in results.items()}
        totals += _totals(rewards, group, size)
    return RewardTable(results, tuple(totals))


def _totals(
    rewards: Sequence[NamedReward], group: dict[str, tuple[RewardResult, ...]], size: int
) -> list[float | None]:
    totals = [0.0] * size
    judged = [False] * size
    for reward in rewards:
        column = group[reward.name]
        assert len(column) == size, f"{reward.name} judged {len(column)} of {size} answers"
        present = [result.value for result in column if result.value is not None]
        if not present:
            continue
        mean = statistics.fmean(present)
        for place, result in enumerate(column):
            totals[place] += reward.weight * (mean if result.value is None else result.value)
            judged[place] |= result.value is not None
    return [total if seen else None for total, seen in zip(totals, judged, strict=True)]


def _checked(result: RewardResult) -> RewardResult:
    """The result, or none where its number would drown all others or is no number."""
    if result.value is None:
        return result
    if not math.isfinite(result.value) or abs(result.value) > LARGEST_VALUE:
        return RewardResult(None, f"{result.value:g} is beyond ±{LARGEST_VALUE:g}")
    return result


def _names(specs: Sequence[RewardSpec]) -> list[str]:
    """The given names; the kind for those without, numbered where it comes more than once."""
    taken = Counter(spec.name for spec in specs if spec.name)
    twice = next((name for name, count in taken.items() if count > 1), None)
    if twice is not None:
        raise KnownError(f"Two rewards are named {twice!r}: give each a name of its own.")
    names = []
    for spec in specs:
        name, number = spec.name, 1
        while not name or (not spec.name and taken[name]):
            name = spec.kind if number == 1 else f"{spec.kind}_{number}"
            number += 1
        taken[name] += 1
        names.append(name)
    return names


def _build_one(
    spec: RewardSpec, name: str, scorer: Callable[[RewardModelReward], Scorer] | None
) -> NamedReward:
    close = _nothing_to_close
    function: RewardFunction
    match spec:
        case ExactMatch():
            function = exact_match(spec)
        case NumericMatch():
            function = numeric_match(spec)
        case RegexReward():
            function = regex_reward(spec)
        case JsonReward():
            function = json_reward(spec)
        case LengthReward():
            function = length_reward(spec)
        case TagsReward():
            function = tags_reward(spec)
        case LanguageReward():
            function = language_reward(spec)
        case PythonReward():
            own = OwnFunction(spec)
            function, close = own, own.close
        case RewardModelReward():
            if scorer is None:
                raise KnownError("A reward model is asked for, and this method can't load one.")
            function = _scored_by(scorer(spec))
    return NamedReward(name, spec.weight, function, close)


def _scored_by(scorer: Scorer) -> RewardFunction:
    def judge_all(inputs: Sequence[RewardInput]) -> list[RewardResult]:
        values = scorer(inputs)
        return [
            RewardResult(value, "" if value is not None else "the reward model gave no number")
            for value in values
        ]

    return judge_all
