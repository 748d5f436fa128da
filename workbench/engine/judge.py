"""What a run learnt of which answers are better, asked about pairs that nobody has judged.

A reward model says it with its scores. A model that learnt from preferences says it with the reward
that its loss had in mind (Rafailov et al., arXiv 2305.18290, eq. 5): β times how much likelier it
makes an answer than its reference does, or, where it learnt without one, β times the mean
log-probability of the answer's tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from pydantic import ValidationError

from workbench.core.errors import ModelFolderError, RunError
from workbench.core.generation import WeighedPair
from workbench.core.recipes import DpoConfig, KtoConfig, RewardConfig, RunSpec
from workbench.core.run_folder import RunFolder
from workbench.engine.chat import answer_sequence
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import add_adapter, load_base
from workbench.engine.packing import Group
from workbench.engine.reward_scoring import RewardModel
from workbench.engine.rewards.sample import RewardInput

# Tokens that one pass reads at most; a pair that is longer goes alone.
_TOKENS_AT_ONCE = 8192
_ADAPTER = "judge"


class Judge(Protocol):
    """Tells of pairs by how much their first answer is better, in order; None where it can't."""

    def __call__(self, pairs: Sequence[WeighedPair]) -> list[float | None]: ...


def load_judge(run_folder: Path, device: torch.device) -> Judge:
    """The judge that the run's result is.

    Raises RunError for a run that learnt nothing of the kind or has no result yet,
    ModelFolderError where its model can't be loaded.
    """
    run = RunFolder(run_folder)
    spec = _spec(run)
    config = spec.config
    if not isinstance(config, DpoConfig | KtoConfig | RewardConfig):
        raise RunError(
            f"“{spec.name}” did not learn which of two answers is better: choose a run of DPO, KTO"
            " or a reward model."
        )
    if not (run.adapter.is_dir() or run.model.is_dir()):
        raise RunError(f"“{spec.name}” has no result yet: wait until it is done.")
    if isinstance(config, RewardConfig):
        return RewardJudge(RewardModel.load(run_folder, device))
    has_reference = not isinstance(config, DpoConfig) or config.needs_reference
    policy, tokenizer = _load_policy(run, spec, device, has_reference=has_reference)
    return ImplicitReward(policy, tokenizer, config.beta, has_reference=has_reference)


@dataclass(frozen=True, slots=True)
class RewardJudge:
    """A reward model as a judge of pairs."""

    model: RewardModel

    def __call__(self, pairs: Sequence[WeighedPair]) -> list[float | None]:
        inputs = [
            RewardInput(pair.messages, text, None, 0, finished=True)
            for pair in pairs
            for text in (pair.first, pair.second)
        ]
        scores = self.model(inputs)
        return [
            None if first is None or second is None else first - second
            for first, second in zip(scores[::2], scores[1::2], strict=True)
        ]


class ImplicitReward:
    """A model that learnt from preferences, as a judge of pairs."""

    def __init__(
        self, policy: Policy, tokenizer: Any, beta: float, *, has_reference: bool = True
    ) -> None:
        self._policy = policy
        self._tokenizer = tokenizer
        self._beta = beta
        self._has_reference = has_reference
        self._window = getattr(policy.causal.config, "max_position_embeddings", math.inf)

    def __call__(self, pairs: Sequence[WeighedPair]) -> list[float | None]:
        groups = [self._group(pair) for pair in pairs]
        margins: list[float | None] = [None] * len(pairs)
        fitting = [place for place, group in enumerate(groups) if self._fits(group)]
        for places in _parts(fitting, groups):
            rewards = self._rewards([groups[place] for place in places]).tolist()
            for place, first, second in zip(places, rewards[::2], rewards[1::2], strict=True):
                margin = first - second
                margins[place] = margin if math.isfinite(margin) else None
        return margins

    def _group(self, pair: WeighedPair) -> Group:
        return tuple(
            answer_sequence(self._tokenizer, pair.messages, text)
            for text in (pair.first, pair.second)
        )

    def _fits(self, group: Group) -> bool:
        return all(len(item.ids) <= self._window and item.trained_count for item in group)

    def _rewards(self, groups: Sequence[Group]) -> torch.Tensor:
        """Reward of each answer, [2 · groups]."""
        with torch.no_grad():
            figures = self._policy(groups)
            if not self._has_reference:
                means = [part.mean() for part in figures.per_sequence()]
                return self._beta * torch.stack(means)
            sums: torch.Tensor = figures.sums()
            return self._beta * (sums - self._policy.reference(groups).sums())


def _load_policy(
    run: RunFolder, spec: RunSpec, device: torch.device, *, has_reference: bool
) -> tuple[Policy, Any]:
    base_folder = Path(spec.model.path)
    if run.adapter.is_dir():
        base = load_base(base_folder, device)
        policy = Policy(add_adapter(base.model, run.adapter, _ADAPTER))
    else:
        base = load_base(run.model, device)
        reference = load_base(base_folder, device).model if has_reference else None
        policy = Policy(base.model, reference)
    policy.eval()
    # A whole model and its reference each need attention replaced: padding suits both.
    if run.adapter.is_dir():
        try_packing(policy)
    return policy, base.tokenizer


def _spec(run: RunFolder) -> RunSpec:
    try:
        return RunSpec.model_validate_json(run.spec.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ModelFolderError(
            f"{run.path} holds no run that can be read: choose another run."
        ) from error


def _parts(places: Sequence[int], groups: Sequence[Group]) -> Iterator[list[int]]:
    """Places of groups that are read together."""
    part: list[int] = []
    tokens = 0
    for place in places:
        size = sum(len(item.ids) for item in groups[place])
        if part and tokens + size > _TOKENS_AT_ONCE:
            yield part
            part, tokens = [], 0
        part.append(place)
        tokens += size
    if part:
        yield part
