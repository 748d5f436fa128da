"""Reward functions in short, and the process that runs them."""

from __future__ import annotations

from workbench.confined.check import EXAMPLE, confined_reward
from workbench.confined.process import ConfinedFunction, Outcome


def confined(*lines: str, timeout_s: float = 5.0, memory_mb: int = 512) -> ConfinedFunction:
    """A function `reward` of these lines."""
    body = "\n".join(f"    {line}" for line in lines)
    source = f"def reward(prompt, completion, answer, **kwargs):\n{body}\n"
    return confined_reward(source, timeout_s=timeout_s, memory_mb=memory_mb)


def outcome(*lines: str, timeout_s: float = 5.0, memory_mb: int = 512) -> Outcome:
    """What the function gives for the example."""
    with confined(*lines, timeout_s=timeout_s, memory_mb=memory_mb) as function:
        return function.call(EXAMPLE)
