"""Proximal policy optimisation with a critic: the classical way, which the others do without.

Schulman et al., arXiv 1707.06347, as InstructGPT (arXiv 2203.02155) and TRL's former PPOTrainer use
it on language models; TRL 1.16 has none, so it is tested against the formulas. Each token is a
step; its reward is −β (log old − log ref), and the last token's also what the answer was given.
The critic's values make advantages of them (GAE), whitened over the step; policy and value losses
are clipped, and count for each token the same.

Where an answer was cut, nothing is expected after its last token, as if it had ended there.
An answer whose rewards all failed counts nothing. Values are read where a token is drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from workbench.core.recipes import PpoConfig
from workbench.engine.answered import AnsweredPrompt, column
from workbench.engine.batching import TokenSequence
from workbench.engine.critic import Critic
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.online import (
    OnlineMethod,
    SamplerOf,
    ScorerOf,
    Written,
    everyones,
    own_sampler,
    split_by_group,
)
from workbench.engine.policy_losses import (
    Answers,
    clipped_loss,
    clipped_value_loss,
    gae,
    whiten,
)


class Ppo(OnlineMethod[PpoConfig]):
    """Examples are prompts; items are prompts with answers, and an advantage for each token."""

    def __init__(
        self,
        config: PpoConfig,
        tokenizer: Any,
        train: Path,
        held_out: Path,
        scorer_of: ScorerOf | None = None,
        sampler_of: SamplerOf = own_sampler,
        *,
        critic: Critic,
    ) -> None:
        super().__init__(config, tokenizer, train, held_out, scorer_of, sampler_of)
        self.critic = critic
        self._collecting_s = 0.0

    def extra_parameters(self) -> Mapping[str, tuple[float, Sequence[torch.nn.Parameter]]]:
        return {"critic": (self._config.critic_learning_rate, self.critic.trained())}

    def learn_from(
        self,
        policy: Policy,
        written: Written,
        groups: Sequence[tuple[TokenSequence, ...]],
        figures: Tally,
    ) -> list[AnsweredPrompt]:
        config, rewards = self._config, written.rewards
        is_learnt = self.is_learnt(written) & ~rewards.isnan()
        answers = Answers.of(tuple(len(item.tokens) for item in written.rollouts), rewards.device)
        kept = answers.spread(is_learnt.flatten())

        given = self._token_rewards(policy, written, groups, answers, kept, figures)
        values = self._values(groups)
        counts = answers.counts.tolist()
        advantages = torch.cat(
            [
                gae(*parts, config.gamma, config.gae_lambda)
                for parts in zip(
                    torch.split(given, counts), torch.split(values, counts), strict=True
                )
            ]
        )
        returns = advantages + values
        self._collecting_s = self.critic.cost.time_s
        figures.add("critic/explained_variance", _explained(values[kept], returns[kept]))
        if config.whiten_advantages:
            advantages = whiten(advantages, everyones(advantages[kept]))
        columns = (split_by_group(column, groups) for column in (advantages, values, returns))
        return [
            AnsweredPrompt(group, advantage, learnt, old_values=value, returns=expected)
            for group, learnt, advantage, value, expected in zip(
                groups, is_learnt, *columns, strict=True
            )
        ]

    def _token_rewards(
        self,
        policy: Policy,
        written: Written,
        groups: Sequence[tuple[TokenSequence, ...]],
        answers: Answers,
        kept: torch.Tensor,
        figures: Tally,
    ) -> torch.Tensor:
        """Reward of each token, [N]: the penalty for leaving the reference, at the end the rest."""
        given = torch.zeros(len(kept))
        if self._config.beta:
            old = self.written_logps(policy, written, groups)
            kl = old - torch.cat(self.reference_logps(policy, groups, figures))
            figures.add("kl", kl[kept])
            given -= self._config.beta * kl
        last = answers.counts.cumsum(0) - 1
        given[last] += written.rewards.flatten().nan_to_num(nan=0.0)
        return given

    def _values(self, groups: Sequence[tuple[TokenSequence, ...]]) -> torch.Tensor:
        size = self._config.per_device_train_batch_size
        parts = [groups[start : start + size] for start in range(0, len(groups), size)]
        return torch.cat([self.critic.values(part).cpu() for part in parts])

    def weight(self, item: AnsweredPrompt) -> float:
        return item.learnt_tokens

    def loss(self, policy: Policy, items: Sequence[AnsweredPrompt], tally: Tally) -> torch.Tensor:
        config = self._config
        figures = self.figures_of(policy, items)
        logps = figures.logps
        answers = Answers.of(figures.counts, logps.device)
        kept = answers.spread(column(items, "is_learnt", logps))
        clipped = clipped_loss(
            logps - self.old_logps(items, logps), column(items, "advantages", logps),
            config.epsilon, config.epsilon,
        )  # fmt: skip
        policy_losses = clipped.losses[kept]

        self.critic.train(policy.training)
        with self.critic.measured():
            values = self.critic([item.group for item in items])
        self.critic.measure_backward(values, logps)
        value_losses, is_held = clipped_value_loss(
            values, column(items, "old_values", values), column(items, "returns", values),
            config.cliprange_value,
        )  # fmt: skip
        terms = policy_losses + config.vf_coef * value_losses[kept]

        tally.add("loss", terms)
        tally.add("policy_loss", policy_losses)
        tally.add("entropy", figures.entropies[kept])
        tally.add("clip_ratio/region_mean", (clipped.is_low | clipped.is_high)[kept])
        tally.add("critic/loss", value_losses[kept])
        tally.add("critic/value_mean", values[kept])
        tally.add("critic/clip_ratio", is_held[kept])
        return terms.sum()

    def step_figures(self, update_time_s: float) -> Mapping[str, float]:
        """What the critic took in this step, which is no part of `update_time_s`, and of memory."""
        cost = self.critic.cost
        figures = {
            "update_time_s": update_time_s - (cost.time_s - self._collecting_s),
            "critic/time_s": cost.time_s,
            "critic/parameters": float(sum(item.numel() for item in self.critic.trained())),
            "critic/memory_bytes": float(self.critic.weight_bytes + cost.activation_bytes),
        }
        cost.time_s = self._collecting_s = 0.0
        return figures


def _explained(values: torch.Tensor, returns: torch.Tensor) -> torch.Tensor:
    """Share of the returns' variance that the values knew, [1]; nothing where there is none."""
    if not len(returns) or (spread := returns.var(correction=0)) == 0:
        return values[:0]
    return (1 - (returns - values).var(correction=0) / spread).view(1)
