"""Direct preference optimisation: learn from pairs of a chosen and a rejected answer.

Loss and figures are those of TRL 1.16's DPOTrainer with `precompute_ref_log_probs`: the reference
is the model before training, and its log-probabilities are computed once and kept on disk. The
two answers of a pair share one pass over their prompt, which changes nothing but the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from workbench.core.preferences import PreferenceExample
from workbench.core.recipes import DpoConfig
from workbench.engine.batching import TokenSequence, split
from workbench.engine.chat import answer_sequence
from workbench.engine.examples import read_preferences
from workbench.engine.logprobs import Policy
from workbench.engine.losses import PairLogprobs, dpo_loss
from workbench.engine.method import Cuts, OfflineMethod, Report, Tally
from workbench.engine.packing import Group, packed_length
from workbench.engine.reference import ReferenceCache


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Two sequences with the same prompt, and what the reference thinks of their answers."""

    chosen: TokenSequence
    rejected: TokenSequence
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
            pair = TokenPair(whole.chosen.cut(limit), whole.rejected.cut(limit))
            if pair.chosen.trained_count and pair.rejected.trained_count:
                pairs.append(pair)
                shortened += pair != whole
        return pairs, Cuts(len(examples) - len(pairs), shortened)

    def _pair(self, example: PreferenceExample) -> TokenPair:
        chosen = answer_sequence(self._tokenizer, example.prompt, example.chosen)
        rejected = answer_sequence(self._tokenizer, example.prompt, example.rejected)
        start = min(chosen.trained_from, rejected.trained_from)
        return TokenPair(TokenSequence(chosen.ids, start), TokenSequence(rejected.ids, start))

    def prepare(self, policy: Policy, report: Report) -> None:
        """Compute the reference's log-probabilities of all pairs, or take them from the cache."""
        pairs = [*self.train, *self.held_out]
        sequences = [sequence for pair in pairs for sequence in pair.group]
        logps = self._cache.load(sequences)
        if logps is None:
            logps = self._reference_logps(policy, pairs, report)
            self._cache.save(sequences, logps)
        filled = [
            replace(pair, ref_chosen=logps[2 * place], ref_rejected=logps[2 * place + 1])
            for place, pair in enumerate(pairs)
        ]
        self.train, self.held_out = filled[: len(self.train)], filled[len(self.train) :]

    def _reference_logps(
        self, policy: Policy, pairs: Sequence[TokenPair], report: Report
    ) -> list[float]:
        """One figure a sequence. Computed in order of length, so that little padding is read."""
        by_length = sorted(range(len(pairs)), key=lambda place: packed_length([pairs[place].group]))
        logps = [0.0] * (2 * len(pairs))
        done = 0
        for places in split(by_length, self.batch_size):
            report(f"computing reference log-probabilities, {done} of {len(pairs)} pairs")
            sums = policy.reference([pairs[place].group for place in places]).sums().tolist()
            for order, place in enumerate(places):
                logps[2 * place : 2 * place + 2] = sums[2 * order : 2 * order + 2]
            done += len(places)
        return logps

    def weight(self, item: TokenPair) -> int:
        return 1

    def token_count(self, item: TokenPair) -> int:
        return len(item.chosen.ids) + len(item.rejected.ids)

    def loss(self, policy: Policy, items: Sequence[TokenPair], tally: Tally) -> torch.Tensor:
        pairs = self._logprobs(policy, items)
        losses = dpo_loss(
            pairs, beta=self._config.beta, loss_type=self._config.loss_type,
            label_smoothing=self._config.label_smoothing,
        )  # fmt: skip
        chosen = self._config.beta * pairs.chosen_logratio.detach()
        rejected = self._config.beta * pairs.rejected_logratio.detach()
        tally.add("loss", losses)
        tally.add("rewards/chosen", chosen)
        tally.add("rewards/rejected", rejected)
        tally.add("rewards/margins", chosen - rejected)
        tally.add("rewards/accuracies", chosen > rejected)
        tally.add("logps/chosen", pairs.chosen)
        tally.add("logps/rejected", pairs.rejected)
        return losses.sum()

    def _logprobs(self, policy: Policy, items: Sequence[TokenPair]) -> PairLogprobs:
        figures = policy([pair.group for pair in items])
        sums = figures.sums()
        lengths = torch.tensor(figures.counts, device=sums.device)
        return PairLogprobs(
            chosen=sums[::2],
            rejected=sums[1::2],
            ref_chosen=sums.new_tensor([pair.ref_chosen for pair in items]),
            ref_rejected=sums.new_tensor([pair.ref_rejected for pair in items]),
            chosen_length=lengths[::2],
            rejected_length=lengths[1::2],
        )
