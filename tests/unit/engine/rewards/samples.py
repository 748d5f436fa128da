"""Answers to judge, in short."""

from __future__ import annotations

from workbench.core.conversation import user
from workbench.core.rewards import RewardSpec
from workbench.engine.rewards.sample import RewardInput
from workbench.engine.rewards.scoring import build, close_all, score


def sample(completion: str, answer: str | None = None) -> RewardInput:
    return RewardInput(user("A question?"), completion, answer, len(completion.split()), True)


def judged(spec: RewardSpec, *completions: str, answer: str | None = None) -> list[float | None]:
    """What the reward gives each completion."""
    rewards = build([spec])
    try:
        table = score(rewards, [sample(text, answer) for text in completions])
    finally:
        close_all(rewards)
    (results,) = table.results.values()
    return [result.value for result in results]


def judge(spec: RewardSpec, completion: str, answer: str | None = None) -> float | None:
    return judged(spec, completion, answer=answer)[0]
