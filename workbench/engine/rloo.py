"""REINFORCE leave-one-out: each answer against the mean of the others to the same prompt.

Ahmadian et al., arXiv 2402.14740. Loss, advantages, KL and figures are those of TRL 1.16's
RLOOTrainer: the KL to the model before training, Σ log old − log ref over an answer's tokens (k1),
is taken from its reward; the ratio of an answer is that of all its tokens together. Departures:

- log old comes from sampling, where TRL makes another pass over the answers.
- A reward that fails for an answer takes the mean of its group there; TRL counts it as 0.
- An answer that is cut and masked counts nothing; TRL gives it the ratio 1, without a gradient.
- `clip_ratio/low_min` and `clip_ratio/high_max` are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workbench.core.recipes import RlooConfig
from workbench.engine.answered import AnsweredPrompt, column
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.online import OnlineMethod, Written, everyones
from workbench.engine.policy_losses import Answers, clipped_loss, leave_one_out_advantages


class Rloo(OnlineMethod[RlooConfig]):
    """Examples are prompts; items are prompts with G answers and their advantages."""

    def learn_from(
        self,
        policy: Policy,
        written: Written,
        groups: Sequence[tuple[TokenSequence, ...]],
        figures: Tally,
    ) -> list[AnsweredPrompt]:
        rewards, is_learnt = written.rewards, self.is_learnt(written)
        if self._config.beta:
            rewards = rewards - self._config.beta * self._kl(
                policy, written, groups, is_learnt, figures
            )
        normalize = self._config.normalize_advantages
        found = leave_one_out_advantages(
            rewards, normalize=normalize, everyones=everyones(rewards) if normalize else None
        )
        figures.add("frac_reward_zero_std", found.is_flat)
        return [
            AnsweredPrompt(*parts) for parts in zip(groups, found.values, is_learnt, strict=True)
        ]

    def _kl(
        self,
        policy: Policy,
        written: Written,
        groups: Sequence[tuple[TokenSequence, ...]],
        is_learnt: torch.Tensor,
        figures: Tally,
    ) -> torch.Tensor:
        """k1 of each answer, summed over its tokens, [P, G]; 0 for what is masked."""
        ref = torch.cat(self.reference_logps(policy, groups, figures))
        old = self.written_logps(policy, written, groups)
        counts = tuple(len(rollout.tokens) for rollout in written.rollouts)
        answers = Answers.of(counts, old.device)
        kept = answers.spread(is_learnt.flatten())
        figures.add("kl", (old - ref)[kept])
        return answers.sums((old - ref) * kept).view_as(is_learnt)

    def weight(self, item: AnsweredPrompt) -> float:
        return len(item.group)

    def loss(self, policy: Policy, items: Sequence[AnsweredPrompt], tally: Tally) -> torch.Tensor:
        figures = self.figures_of(policy, items)
        answers = Answers.of(figures.counts, figures.logps.device)
        is_learnt = column(items, "is_learnt", figures.logps)
        log_ratios = answers.sums(figures.logps - self.old_logps(items, figures.logps))
        clip = self._config.epsilon
        clipped = clipped_loss(log_ratios, column(items, "advantages", figures.logps), clip, clip)
        terms = clipped.losses * is_learnt
        tally.add("loss", terms)
        tally.add("entropy", figures.entropies[answers.spread(is_learnt)])
        tally.add("clip_ratio/low_mean", clipped.is_low)
        tally.add("clip_ratio/high_mean", clipped.is_high)
        tally.add("clip_ratio/region_mean", clipped.is_low | clipped.is_high)
        return terms.sum()
