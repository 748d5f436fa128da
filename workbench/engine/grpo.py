"""Group relative policy optimisation: the model's own answers, each compared with its group's.

Shao et al., arXiv 2402.03300; its variants by their loss type (`policy_losses.aggregate`). Loss,
advantages, KL and figures are those of TRL 1.16's GRPOTrainer. With beta, each token's k3 is
multiplied by its ratio ρ, as TRL does by default, so that its gradient is that of the KL
(DeepSeek-V3.2, arXiv 2512.02556); the first paper does not. Departures from TRL:

- The G answers share one pass over their prompt, which changes nothing but the time.
- A reward that fails for an answer takes the mean of its group there; TRL counts it as 0.
- `bnpo` takes its mean over the tokens of a micro-batch, as TRL does, so that it alone depends
  on how a step is parted; in `dapo` a step's tokens are exactly those of the step.
- Without beta, groups whose answers are all worth the same are not read again: their loss and
  gradient are 0. Entropy and clip ratios are then of the other groups.
- `clip_ratio/low_min` and `clip_ratio/high_max` are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workbench.core.recipes import GrpoConfig
from workbench.engine.answered import AnsweredPrompt, column
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.online import OnlineMethod, Written, everyones
from workbench.engine.policy_losses import Answers, aggregate, clipped_loss, group_advantages, k3


class Grpo(OnlineMethod[GrpoConfig]):
    """Examples are prompts; items are prompts with G answers and their advantages."""

    def learn_from(
        self,
        policy: Policy,
        written: Written,
        groups: Sequence[tuple[TokenSequence, ...]],
        figures: Tally,
    ) -> list[AnsweredPrompt]:
        rewards = written.rewards
        scale = self._config.scale_rewards
        found = group_advantages(rewards, scale, everyones(rewards) if scale == "batch" else None)
        figures.add("frac_reward_zero_std", found.is_flat)
        items = [
            AnsweredPrompt(*parts)
            for parts in zip(groups, found.values, self.is_learnt(written), strict=True)
        ]
        if self._config.beta:
            reference = self.reference_logps(policy, groups, figures)
            for item, logps in zip(items, reference, strict=True):
                item.ref_logps = logps
        return items

    def weight(self, item: AnsweredPrompt) -> float:
        match self._config.loss_type:
            case "dapo":
                return item.learnt_tokens
            case "bnpo":
                return 1
            case _:
                return len(item.group)

    def micro_batches(self, items: Sequence[AnsweredPrompt]) -> Sequence[Sequence[AnsweredPrompt]]:
        """Those to learn from together; the others come with the last, which leaves them out."""
        if not self._leaves_out_flat:
            return super().micro_batches(items)
        learning = _worth_reading(items)
        others = [item for item in items if item not in learning]
        *parts, last = super().micro_batches(learning)
        return [*parts, [*last, *others]]

    @property
    def _leaves_out_flat(self) -> bool:
        """Whether a group without advantages can't change anything. Several processes must read
        equally often, and `bnpo` divides by the tokens of all groups.
        """
        is_alone = not (torch.distributed.is_available() and torch.distributed.is_initialized())
        return is_alone and not self._config.beta and self._config.loss_type != "bnpo"

    def loss(self, policy: Policy, items: Sequence[AnsweredPrompt], tally: Tally) -> torch.Tensor:
        if self._leaves_out_flat:
            read = _worth_reading(items)
            # What is left out has a loss of 0, and counts in the mean.
            left_out = sum(map(self.weight, items)) - sum(map(self.weight, read))
            tally.add("loss", torch.zeros(round(left_out)))
            items = read
        config = self._config
        figures = self.figures_of(policy, items)
        logps = figures.logps
        answers = Answers.of(figures.counts, logps.device)
        advantages = column(items, "advantages", logps)
        is_learnt = column(items, "is_learnt", logps)
        kept = answers.spread(is_learnt)

        log_ratios = logps - self.old_logps(items, logps)
        by_answer = config.importance_sampling_level == "sequence"
        # GSPO (arXiv 2507.18071, eq. 7): the mean of the log-ratios, not of the ratios.
        log_ratios = answers.means(log_ratios) if by_answer else log_ratios
        clipped = clipped_loss(
            log_ratios, advantages if by_answer else answers.spread(advantages),
            config.epsilon, config.epsilon_high or config.epsilon,
        )  # fmt: skip
        losses = answers.spread(clipped.losses) if by_answer else clipped.losses
        if config.beta:
            ratios = answers.spread(clipped.ratios) if by_answer else clipped.ratios
            kl = k3(logps, column(items, "ref_logps", logps)) * ratios
            losses = losses + config.beta * kl
            tally.add("kl", kl[kept])
        terms = aggregate(
            losses, answers, is_learnt, config.loss_type, config.max_completion_length, len(items)
        )
        tally.add("loss", terms)
        tally.add("entropy", figures.entropies[kept])
        counted = is_learnt if by_answer else kept
        tally.add("clip_ratio/low_mean", clipped.is_low[counted])
        tally.add("clip_ratio/high_mean", clipped.is_high[counted])
        tally.add("clip_ratio/region_mean", (clipped.is_low | clipped.is_high)[counted])
        return terms.sum()


def _worth_reading(items: Sequence[AnsweredPrompt]) -> Sequence[AnsweredPrompt]:
    """The items that have advantages; one of them where none has, so that gradients exist."""
    return [item for item in items if item.advantages.any()] or items[:1]
