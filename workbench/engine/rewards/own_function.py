"""The person's own Python function as a reward; it runs confined (see workbench/confined)."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.confined.check import confined_reward
from workbench.confined.process import ConfinedFunction
from workbench.core.conversation import plain_text, to_json
from workbench.core.errors import KnownError
from workbench.core.rewards import PythonReward
from workbench.engine.rewards.sample import RewardInput, RewardResult


class OwnFunction:
    """Calls the function once for each answer. `close` ends its process."""

    def __init__(self, spec: PythonReward) -> None:
        """Start the process; raises KnownError when the source can't be used."""
        self.process: ConfinedFunction = confined_reward(
            spec.source, timeout_s=spec.timeout_s, memory_mb=spec.memory_mb
        )
        error = self.process.start()
        if error is not None:
            raise KnownError(f"The reward function can't be used: {error}. Mend it and try again.")

    def __call__(self, inputs: Sequence[RewardInput]) -> list[RewardResult]:
        outcomes = [self.process.call(_arguments(item)) for item in inputs]
        return [RewardResult(outcome.value, outcome.error) for outcome in outcomes]

    def close(self) -> None:
        self.process.close()


def _arguments(item: RewardInput) -> dict[str, object]:
    return {
        "prompt": plain_text(item.prompt),
        "completion": item.completion,
        "answer": item.answer,
        "messages": to_json(item.prompt),
        "token_count": item.token_count,
        "finished": item.finished,
    }
