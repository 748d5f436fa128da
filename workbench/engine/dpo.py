"""Direct preference optimisation: learn from pairs of a chosen and a rejected answer.

Losses and figures are those of TRL 1.16: of its DPOTrainer with `precompute_ref_log_probs`, of its
CPOTrainer for simpo (with `cpo_alpha` 0) and of its ORPOTrainer for orpo. The reference is the
model before training, and its log-probabilities are computed once and kept on disk; simpo and orpo
have none. The two answers of a pair share one pass over their prompt, which changes nothing but
the time.

Departures from TRL, on purpose:
- sigmoid takes `label_smoothing` (conservative DPO); TRL's DPO ignores it there, its CPO does not.
- orpo's likelihood term is the paper's: of the chosen answer alone, a mean over each answer's
  tokens. TRL takes a mean over all tokens of the micro-batch, prompts among them, which changes
  with how a step is cut into micro-batches.
- A pair's strength can widen the margin it must reach (ODPO; `losses.odpo_offset` says by how
  much). TRL has nothing like it.
- The mean logit (`logits/chosen`, `logits/rejected`) is no figure here: logits are never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import logsigmoid

from workbench.core.preferences import PreferenceExample
from workbench.core.recipes import DpoConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.chat import answer_sequence
from workbench.engine.examples import read_preferences
from workbench.engine.logprobs import Policy, TokenLogprobs
from workbench.engine.losses import (
    DpoSettings,
    PairLogprobs,
    dpo_loss,
    log_odds,
    odpo_offset,
)
from workbench.engine.method import Cuts, OfflineMethod, Report, Tally
from workbench.engine.packing import Group
from workbench.engine.reference import ReferenceCache


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Two sequences with the same prompt, and what the reference thinks of their answers.

    `offset` is what the pair's strength adds to the margin wanted.
    """

    chosen: TokenSequence
    rejected: TokenSequence
    offset: float = 0.0
    ref_chosen: float = 0.0
    ref_rejected: float = 0.0

    @property
    def group(self) -> Group:
        return (self.chosen, self.rejected)


class Dpo(OfflineMethod[TokenPair]):
    """Examples are token pairs; `prepare` fills in the reference's log-probabilities."""

    def __init__(
        self,
        config: DpoConfig,
        tokenizer: Any,
        train: Path,
        held_out: Path,
        cache: ReferenceCache,
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._cache = cache
        self.batch_size = config.per_device_train_batch_size
        self.train, self.cuts = self._tokenise(read_preferences(train))
        self.held_out, _ = self._tokenise(read_preferences(held_out))

    def _tokenise(self, examples: Sequence[PreferenceExample]) -> tuple[list[TokenPair], Cuts]:
        pairs, shortened = [], 0
        for example in examples:
            whole = self._pair(example)
            limit = self._config.max_length
            pair = replace(
                whole, chosen=whole.chosen.cut(limit), rejected=whole.rejected.cut(limit)
            )
            if pair.chosen.trained_count and pair.rejected.trained_count:
                pairs.append(pair)
                shortened += pair != whole
        return pairs, Cuts(len(examples) - len(pairs), shortened)

    def _pair(self, example: PreferenceExample) -> TokenPair:
        chosen = answer_sequence(self._tokenizer, example.prompt, example.chosen)
        rejected = answer_sequence(self._tokenizer, example.prompt, example.rejected)
        start = min(chosen.trained_from, rejected.trained_from)
        offset = odpo_offset(example.strength) if self._config.use_strength else 0.0
        return TokenPair(
            TokenSequence(chosen.ids, start), TokenSequence(rejected.ids, start), offset
        )

    def prepare(self, policy: Policy, report: Report) -> None:
        """Compute the reference's log-probabilities of all pairs, or take them from the cache."""
        if not self._config.needs_reference:
            return
        pairs = [*self.train, *self.held_out]
        groups = [pair.group for pair in pairs]
        logps = self._cache.logps(policy, groups, self.batch_size, "pairs", report)
        filled = [
            replace(pair, ref_chosen=chosen, ref_rejected=rejected)
            for pair, chosen, rejected in zip(pairs, logps[::2], logps[1::2], strict=True)
        ]
        self.train, self.held_out = filled[: len(self.train)], filled[len(self.train) :]

    def weight(self, item: TokenPair) -> int:
        return 1

    def token_count(self, item: TokenPair) -> int:
        return len(item.chosen.ids) + len(item.rejected.ids)

    def loss(self, policy: Policy, items: Sequence[TokenPair], tally: Tally) -> torch.Tensor:
        config = self._config
        settings = DpoSettings(config.beta, config.label_smoothing, config.simpo_gamma)
        figures: TokenLogprobs = policy([pair.group for pair in items])
        pairs = _pair_logprobs(figures, items)
        losses = dpo_loss(pairs, config.loss_type, settings)
        hits = torch.split(figures.hits, list(figures.counts))
        tally.add("loss", losses)
        tally.add("entropy", figures.entropies)
        tally.add("mean_token_accuracy", torch.cat(hits[::2]))
        self._tell_rewards(pairs, tally)
        return losses.sum()

    def _tell_rewards(self, pairs: PairLogprobs, tally: Tally) -> None:
        """Rewards are β times what the loss compares: log-ratios, or log-probabilities a token."""
        beta = self._config.beta
        if self._config.needs_reference:
            chosen_logps, rejected_logps = pairs.chosen, pairs.rejected
            chosen, rejected = beta * pairs.chosen_logratio, beta * pairs.rejected_logratio
        else:
            chosen_logps, rejected_logps = pairs.chosen_mean, pairs.rejected_mean
            chosen, rejected = beta * chosen_logps, beta * rejected_logps
        tally.add("rewards/chosen", chosen)
        tally.add("rewards/rejected", rejected)
        tally.add("rewards/margins", chosen - rejected)
        tally.add("rewards/accuracies", chosen > rejected)
        tally.add("logps/chosen", chosen_logps)
        tally.add("logps/rejected", rejected_logps)
        if self._config.loss_type == "orpo":
            odds = log_odds(pairs).detach()
            tally.add("nll_loss", -chosen_logps)
            tally.add("log_odds_chosen", odds)
            tally.add("log_odds_ratio", logsigmoid(odds))


def _pair_logprobs(figures: TokenLogprobs, items: Sequence[TokenPair]) -> PairLogprobs:
    sums = figures.sums()
    lengths = torch.tensor(figures.counts, device=sums.device)
    return PairLogprobs(
        chosen=sums[::2],
        rejected=sums[1::2],
        ref_chosen=sums.new_tensor([pair.ref_chosen for pair in items]),
        ref_rejected=sums.new_tensor([pair.ref_rejected for pair in items]),
        chosen_length=lengths[::2],
        rejected_length=lengths[1::2],
        offsets=sums.new_tensor([pair.offset for pair in items]),
    )
