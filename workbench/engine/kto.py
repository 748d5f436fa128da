"""Kahneman-Tversky optimisation: learn from single answers, each marked good or bad.

An answer is worth how much likelier it became than with the reference, compared with a baseline:
how far the model has moved on answers that have nothing to do with their prompts (the KL of the
paper, arXiv 2402.01306, section 4.1). Loss and figures are those of TRL 1.16's KTOTrainer with
`precompute_ref_log_probs`: each example brings another example's answer to its own prompt, and the
reference's log-probabilities of both are computed once and kept on disk.

Departures from TRL, on purpose:
- The baseline is a mean over the whole step, of all micro-batches and processes, where TRL takes
  one of each micro-batch: 8 × 1 and 1 × 8 are the same step, and it varies less.
- The foreign answer is that of the example before, as in TRL, but over the whole data where TRL
  goes round within blocks of a batch; and it never answers the same prompt (unless all are one),
  because the two answers of a labelled pair stand side by side. With prompts that all differ and
  one block, the two are the same.
- The baseline is computed without dropout; TRL turns dropout off everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from workbench.core.events import Warned
from workbench.core.preferences import UnpairedExample
from workbench.core.recipes import KtoConfig
from workbench.engine.batching import TokenSequence, split
from workbench.engine.chat import answer_sequence
from workbench.engine.examples import read_unpaired
from workbench.engine.logprobs import Policy, TokenLogprobs
from workbench.engine.losses import kto_loss
from workbench.engine.method import Collected, Cuts, OfflineMethod, Report, Tally
from workbench.engine.packing import Group
from workbench.engine.processes import mean_of_all
from workbench.engine.reference import ReferenceCache

_FAR_FROM_BALANCE = 1.5


@dataclass(frozen=True, slots=True)
class JudgedSequence:
    """A prompt with its answer, the same prompt with a foreign one, and what the reference thinks
    of both. `baseline` is the KL of the step that the example is learnt in.
    """

    own: TokenSequence
    foreign: TokenSequence
    desirable: bool
    ref_own: float = 0.0
    ref_foreign: float = 0.0
    baseline: float = 0.0

    @property
    def group(self) -> Group:
        return (self.own, self.foreign)


class Kto(OfflineMethod[JudgedSequence]):
    """Examples are judged sequences; `prepare` fills in the reference, `collect` the baseline."""

    def __init__(
        self,
        config: KtoConfig,
        tokenizer: Any,
        train: Path,
        held_out: Path,
        cache: ReferenceCache,
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._cache = cache
        self.batch_size = config.per_device_train_batch_size
        self.train, self.cuts = self._tokenise(read_unpaired(train))
        self.held_out, _ = self._tokenise(read_unpaired(held_out))

    def _tokenise(self, examples: Sequence[UnpairedExample]) -> tuple[list[JudgedSequence], Cuts]:
        limit = self._config.max_length
        wholes = [
            answer_sequence(self._tokenizer, example.prompt, example.completion)
            for example in examples
        ]
        places = [place for place, whole in enumerate(wholes) if whole.cut(limit).trained_count]
        kept = [wholes[place] for place in places]
        judged = [
            JudgedSequence(own.cut(limit), foreign.cut(limit), examples[place].desirable)
            for place, own, foreign in zip(places, kept, _foreign_answers(kept), strict=True)
        ]
        shortened = sum(len(whole.ids) > limit for whole in kept)
        return judged, Cuts(len(examples) - len(judged), shortened)

    def prepare(self, policy: Policy, report: Report) -> None:
        """Compute the reference's log-probabilities of all answers, or take them from the cache."""
        examples = [*self.train, *self.held_out]
        groups = [example.group for example in examples]
        logps = self._cache.logps(policy, groups, self.batch_size, "answers", report)
        filled = [
            replace(example, ref_own=own, ref_foreign=foreign)
            for example, own, foreign in zip(examples, logps[::2], logps[1::2], strict=True)
        ]
        self.train, self.held_out = filled[: len(self.train)], filled[len(self.train) :]

    def collect(
        self, policy: Policy, examples: Sequence[JudgedSequence], step: int
    ) -> Collected[JudgedSequence]:
        """The examples with the baseline of their step."""
        policy.eval()
        baseline = float(mean_of_all(self._drift(policy, examples)).clamp(min=0))
        items = [replace(example, baseline=baseline) for example in examples]
        return Collected(items, events=() if step else self._imbalance())

    def measure(self, policy: Policy, examples: Sequence[JudgedSequence], tally: Tally) -> None:
        """Figures with the baseline of these examples alone."""
        baseline = float(self._drift(policy, examples).mean().clamp(min=0))
        self.loss(policy, [replace(example, baseline=baseline) for example in examples], tally)

    def _imbalance(self) -> Sequence[Warned]:
        """Good and bad answers should weigh alike: w_d n_d / (w_u n_u) from 1 to 4/3 in the paper
        (eq. 8), told here when it is off by more than half.
        """
        good = sum(example.desirable for example in self.train)
        bad = len(self.train) - good
        weighed = good * self._config.desirable_weight, bad * self._config.undesirable_weight
        counted = f"Of {good} good and {bad} bad answers one side"
        if not min(weighed):
            remedy = "add answers of the other kind, or raise their weight above 0"
            return [
                Warned("unbalanced", f"{counted} counts nothing, but KTO needs both: {remedy}.")
            ]
        ratio = weighed[0] / weighed[1]
        if 1 / _FAR_FROM_BALANCE <= ratio <= _FAR_FROM_BALANCE:
            return ()
        name, weight = (
            ("Weight of bad answers", weighed[0] / bad)
            if ratio > 1
            else ("Weight of good answers", weighed[1] / good)
        )
        remedy = f"set {name} to {weight:.2g} to make them even"
        return [Warned("unbalanced", f"{counted} outweighs the other: {remedy}.")]

    @torch.no_grad()
    def _drift(self, policy: Policy, examples: Sequence[JudgedSequence]) -> torch.Tensor:
        """How much likelier each foreign answer became than with the reference, [B]."""
        parts = []
        for part in split(examples, self.batch_size):
            sums = policy([[example.foreign] for example in part]).sums()
            parts.append(sums - sums.new_tensor([example.ref_foreign for example in part]))
        return torch.cat(parts)

    def weight(self, item: JudgedSequence) -> int:
        return 1

    def token_count(self, item: JudgedSequence) -> int:
        return len(item.own.ids)

    def loss(self, policy: Policy, items: Sequence[JudgedSequence], tally: Tally) -> torch.Tensor:
        config = self._config
        figures: TokenLogprobs = policy([[item.own] for item in items])
        logps = figures.sums()
        logratios = logps - logps.new_tensor([item.ref_own for item in items])
        desirable = torch.tensor([item.desirable for item in items], device=logps.device)
        baseline = logps.new_tensor([item.baseline for item in items])
        losses = kto_loss(
            logratios, desirable, baseline, beta=config.beta,
            desirable_weight=config.desirable_weight,
            undesirable_weight=config.undesirable_weight,
        )  # fmt: skip
        rewards = config.beta * logratios
        tally.add("loss", losses)
        tally.add("kl", baseline)
        tally.add("entropy", figures.entropies)
        tally.add("rewards/chosen", rewards[desirable])
        tally.add("rewards/rejected", rewards[~desirable])
        tally.differences["rewards/margins"] = ("rewards/chosen", "rewards/rejected")
        tally.add("logps/chosen", logps[desirable])
        tally.add("logps/rejected", logps[~desirable])
        return losses.sum()


def _foreign_answers(sequences: Sequence[TokenSequence]) -> list[TokenSequence]:
    """For each sequence its prompt with the answer of the nearest one before that has another
    prompt; the first go on from the end.
    """
    prompts = [tuple(sequence.ids[: sequence.trained_from]) for sequence in sequences]
    last_other = _places_before_with_another_prompt(prompts)
    return [
        TokenSequence(
            [*sequence.ids[: sequence.trained_from], *other.ids[other.trained_from :]],
            sequence.trained_from,
        )
        for sequence, other in zip(
            sequences, (sequences[place] for place in last_other), strict=True
        )
    ]


def _places_before_with_another_prompt(prompts: Sequence[tuple[int, ...]]) -> list[int]:
    """For each place the nearest one before, round the end, whose prompt differs; the one before
    where none does.
    """
    count = len(prompts)
    found = [(place - 1) % count for place in range(count)]
    for place in [*range(count), *range(count)]:  # twice: what is before the first is the last
        before = (place - 1) % count
        if prompts[before] == prompts[place] and prompts[found[before]] != prompts[place]:
            found[place] = found[before]
    return found
