"""Whether a reward function will do, in one sentence for the person who writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.confined.process import ConfinedFunction

REWARD = "reward"
GIVEN = ("prompt", "completion", "answer", "messages", "token_count", "finished")
"""What a reward function may ask for by name: see docs/REWARDS.md."""

EXAMPLE: Mapping[str, Any] = {
    "prompt": "What is 6 times 7?",
    "completion": "Six times seven is 42.",
    "answer": "42",
    "messages": [{"role": "user", "content": "What is 6 times 7?"}],
    "token_count": 8,
    "finished": True,
}


def confined_reward(source: str, *, timeout_s: float, memory_mb: int) -> ConfinedFunction:
    """The function `reward` of `source`, not started yet."""
    return ConfinedFunction(
        source, REWARD, GIVEN, timeout_s=timeout_s, memory_bytes=memory_mb * 1024 * 1024
    )


def check(source: str, *, timeout_s: float = 2.0, memory_mb: int = 512) -> str | None:
    """Run `source` on an example, confined; returns one sentence when it won't do, else None.

    Takes about a tenth of a second, and at most twice `timeout_s` beyond that.
    """
    with confined_reward(source, timeout_s=timeout_s, memory_mb=memory_mb) as function:
        error = function.start()
        if error is not None:
            return f"The function can't be used: {error}."
        outcome = function.call(EXAMPLE)
    return f"On an example answer it failed: {outcome.error}." if outcome.value is None else None
