"""Direct preference optimisation: learn from pairs of a chosen and a rejected answer.

Loss and figures are those of TRL 1.16's DPOTrainer with `precompute_ref_log_probs`: the reference
is the model without its adapter, and its log-probabilities are computed once. Not here: a
reference other than the base model, the pair sharing one pass over its prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from workbench.core.preferences import PreferenceExample
from workbench.core.recipes import DpoConfig
from workbench.engine.batching import TokenSequence, collate, padding_share, split
from workbench.engine.chat import answer_sequence
from workbench.engine.examples import read_preferences
from workbench.engine.logprobs import Policy, TokenLogprobs
from workbench.engine.losses import PairLogprobs, dpo_loss
from workbench.engine.method import Cuts, Report, Tally, pad_id
from workbench.engine.reference import ReferenceCache

# A second pass costs about as much as this share of padding in the first.
_PADDING_WORTH_A_PASS = 0.15


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Two sequences with the same prompt, and what the reference thinks of their answers."""

    chosen: TokenSequence
    rejected: TokenSequence
    ref_chosen: float = 0.0
    ref_rejected: float = 0.0


class Dpo:
    """Examples are token pairs; `prepare` fills in the reference's log-probabilities."""

    train: Sequence[TokenPair]
    held_out: Sequence[TokenPair]

    def __init__(
        self,
        config: DpoConfig,
        tokenizer: Any,
        device: torch.device,
        train: Path,
        held_out: Path,
        cache: ReferenceCache,
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._device = device
        self._cache = cache
        self._pad_id = pad_id(tokenizer)
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
        sequences = [sequence for pair in pairs for sequence in (pair.chosen, pair.rejected)]
        logps = self._cache.load(sequences)
        if logps is None:
            logps = self._reference_logps(policy, sequences, report)
            self._cache.save(sequences, logps)
        filled = [
            replace(pair, ref_chosen=logps[2 * place], ref_rejected=logps[2 * place + 1])
            for place, pair in enumerate(pairs)
        ]
        self.train, self.held_out = filled[: len(self.train)], filled[len(self.train) :]

    def _reference_logps(
        self, policy: Policy, sequences: Sequence[TokenSequence], report: Report
    ) -> list[float]:
        """One figure a sequence. Computed in order of length, so that little padding is read."""
        by_length = sorted(range(len(sequences)), key=lambda place: len(sequences[place].ids))
        logps = [0.0] * len(sequences)
        done = 0
        for places in split(by_length, 2 * self._config.per_device_train_batch_size):
            report(
                f"computing reference log-probabilities, {done // 2} of {len(sequences) // 2} pairs"
            )
            part = [sequences[place] for place in places]
            batch = collate(part, self._pad_id, self._device)
            sums = policy.reference(batch).row_sums().tolist()
            for place, value in zip(places, sums, strict=True):
                logps[place] = value
            done += len(part)
        return logps

    def weight(self, example: TokenPair) -> int:
        return 1

    def token_count(self, example: TokenPair) -> int:
        return len(example.chosen.ids) + len(example.rejected.ids)

    def loss(self, policy: Policy, examples: Sequence[TokenPair], tally: Tally) -> torch.Tensor:
        pairs = self._logprobs(policy, examples)
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

    def _logprobs(self, policy: Policy, examples: Sequence[TokenPair]) -> PairLogprobs:
        """Chosen and rejected answers in one pass, or in two where one would read much padding."""
        chosen_side = [pair.chosen for pair in examples]
        rejected_side = [pair.rejected for pair in examples]
        if padding_share([*chosen_side, *rejected_side]) > _PADDING_WORTH_A_PASS:
            chosen, rejected = self._sums(policy, chosen_side), self._sums(policy, rejected_side)
        else:
            chosen, rejected = self._sums(policy, [*chosen_side, *rejected_side]).chunk(2)
        return PairLogprobs(
            chosen=chosen,
            rejected=rejected,
            ref_chosen=chosen.new_tensor([pair.ref_chosen for pair in examples]),
            ref_rejected=chosen.new_tensor([pair.ref_rejected for pair in examples]),
            chosen_length=self._lengths(chosen_side),
            rejected_length=self._lengths(rejected_side),
        )

    def _sums(self, policy: Policy, sequences: Sequence[TokenSequence]) -> torch.Tensor:
        figures: TokenLogprobs = policy(collate(sequences, self._pad_id, self._device))
        return figures.row_sums()

    def _lengths(self, sequences: Sequence[TokenSequence]) -> torch.Tensor:
        counts = [sequence.trained_count for sequence in sequences]
        return torch.tensor(counts, device=self._device)
