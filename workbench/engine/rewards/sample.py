"""What a reward function is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbench.core.conversation import Conversation


@dataclass(frozen=True, slots=True)
class RewardInput:
    """One answer that the model in training wrote.

    `answer` is the prompt's right answer where the data has one. `token_count` counts the tokens
    of `completion`; `finished` is False where the length limit cut it off.
    """

    prompt: Conversation
    completion: str
    answer: str | None
    token_count: int
    finished: bool


@dataclass(frozen=True, slots=True)
class RewardResult:
    """The reward of one answer; None where it can't be told, and `note` says why in a line."""

    value: float | None
    note: str = ""


RewardFunction = Callable[[Sequence[RewardInput]], Sequence[RewardResult]]
"""One result for each input, in order. Never raises for what an answer says."""


class Scorer(Protocol):
    """Scores answers with a trained reward model."""

    def __call__(self, inputs: Sequence[RewardInput]) -> Sequence[float | None]:
        """One number for each input, in order; None where the model gave none."""


def for_each(judge: Callable[[RewardInput], RewardResult]) -> RewardFunction:
    """The reward function that judges each answer by itself."""

    def judge_all(inputs: Sequence[RewardInput]) -> list[RewardResult]:
        return [judge(item) for item in inputs]

    return judge_all


def yes_or_no(good: bool, note: str = "") -> RewardResult:
    return RewardResult(1.0 if good else 0.0, note)
