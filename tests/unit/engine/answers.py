"""Answers to prompts that nobody wrote, so that ours and TRL's trainers see the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch

from workbench.engine.answered import AnsweredPrompt
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy
from workbench.engine.online import TokenPrompt
from workbench.engine.rollout import Drawing, Request, Rollout

PROMPT_IDS = ([5, 9, 33, 70, 12, 8], [44, 7, 91], [61, 62, 30, 12])
LENGTHS = ((3, 7, 1, 5), (6, 2, 4, 4), (5, 5, 6, 1))
ADVANTAGES = torch.tensor([[0.7, -1.1, 0.2, 0.0], [1.4, -0.3, -0.5, -0.6], [0.9, -0.9, 1.0, -2.0]])


@dataclass(frozen=True)
class Padded:
    """The same answers as TRL's trainers hold them."""

    inputs: dict[str, torch.Tensor]
    mask: torch.Tensor

    def pad(self, values: torch.Tensor) -> torch.Tensor:
        """[N] → [S, longest]"""
        padded = torch.zeros(self.mask.shape)
        padded[self.mask.bool()] = values
        return padded


def groups() -> list[tuple[TokenSequence, ...]]:
    """Three prompts with four answers each."""
    made = []
    for number, (prompt, lengths) in enumerate(zip(PROMPT_IDS, LENGTHS, strict=True)):
        answers = [
            [(7 * place + 31 * length + 11 * number) % 300 + 4 for place in range(length)]
            for length in lengths
        ]
        made.append(tuple(TokenSequence([*prompt, *answer], len(prompt)) for answer in answers))
    return made


def padded(items: list[tuple[TokenSequence, ...]]) -> Padded:
    """Prompts padded on the left, answers on the right."""
    sequences = [sequence for group in items for sequence in group]
    prompts = [list(item.ids[: item.trained_from]) for item in sequences]
    answers = [list(item.ids[item.trained_from :]) for item in sequences]
    before, after = max(map(len, prompts)), max(map(len, answers))

    def table(rows: list[list[int]]) -> torch.Tensor:
        return torch.tensor(rows)

    mask = table([[1] * len(ids) + [0] * (after - len(ids)) for ids in answers])
    inputs = {
        "prompt_ids": table([[0] * (before - len(ids)) + ids for ids in prompts]),
        "prompt_mask": table([[0] * (before - len(ids)) + [1] * len(ids) for ids in prompts]),
        "completion_ids": table([ids + [0] * (after - len(ids)) for ids in answers]),
        "completion_mask": mask,
        "advantages": ADVANTAGES.flatten(),
        "num_items_in_batch": mask.sum(),
    }
    return Padded(inputs, mask)


def nearby(logps: torch.Tensor, spread: float, seed: int = 5) -> torch.Tensor:
    """Log-probabilities of a model that is not quite the same."""
    generator = torch.Generator().manual_seed(seed)
    return logps.detach() + spread * torch.randn(logps.shape, generator=generator)


def items(
    old: torch.Tensor, ref: torch.Tensor | None, is_learnt: torch.Tensor | None = None
) -> list[AnsweredPrompt]:
    """The answers as ours are held; `old` and `ref` are [N] of all of them."""
    made, start = [], 0
    for place, group in enumerate(groups()):
        learnt = torch.ones(4, dtype=torch.bool) if is_learnt is None else is_learnt[place]
        item = AnsweredPrompt(group, ADVANTAGES[place], learnt)
        end = start + sum(item.counts)
        item.old_logps = old[start:end]
        item.ref_logps = None if ref is None else ref[start:end]
        made.append(item)
        start = end
    return made


REWARD_VALUES = [1.0, None, 0.25, 0.5, 2.0, 2.0, 2.0, 2.0, -1.0, 0.0, 3.5, None]
_REWARD_SOURCE = f"""
VALUES = {REWARD_VALUES}
CALLS = []

def reward(prompt, completion, answer, **kwargs):
    CALLS.append(1)
    return VALUES[len(CALLS) - 1]
"""


class GivenAnswers:
    """A sampler that has its answers already."""

    REWARDS: ClassVar[list[dict[str, Any]]] = [
        {"kind": "python", "name": "reward", "source": _REWARD_SOURCE, "timeout_s": 30}
    ]

    def __init__(self, policy: Policy, temperature: float) -> None:
        self._policy = policy
        self._temperature = temperature

    def sample(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
        self._policy.eval()
        with torch.no_grad():
            logps = self._policy(groups(), self._temperature).per_sequence()
        sequences = [sequence for group in groups() for sequence in group]
        return [
            Rollout(list(item.ids[item.trained_from :]), row.tolist(), False)
            for item, row in zip(sequences, logps, strict=True)
        ]


def prompts_of(train: list[TokenPrompt]) -> list[TokenPrompt]:
    """As many prompts as there are groups, with the tokens of these."""
    pairs = zip(train, groups(), strict=True)
    return [
        replace(prompt, ids=list(group[0].ids[: group[0].trained_from])) for prompt, group in pairs
    ]


def given_ids() -> tuple[list[list[int]], list[list[int]]]:
    """Prompt and answer of each sequence, for what stands in place of a trainer's `_generate`."""
    sequences = [sequence for group in groups() for sequence in group]
    before = [list(item.ids[: item.trained_from]) for item in sequences]
    return before, [list(item.ids[item.trained_from :]) for item in sequences]


def online_settings(folder: Path) -> dict[str, Any]:
    """TRL's, for one batch of all answers."""
    return {
        "output_dir": str(folder / "trl"), "use_cpu": True, "bf16": False, "report_to": [],
        "gradient_checkpointing": False, "disable_tqdm": True, "num_generations": 4,
        "per_device_train_batch_size": 12, "max_completion_length": 8, "temperature": 0.8,
        "epsilon": 0.2, "seed": 0,
    }  # fmt: skip
