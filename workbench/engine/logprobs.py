"""The model in training, and the log-probabilities that it gives to learnt tokens."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel

from workbench.engine import attention
from workbench.engine.attention import PackedAttention
from workbench.engine.batching import TokenSequence
from workbench.engine.head import Head, HeadFigures
from workbench.engine.lanes import Lanes, Read
from workbench.engine.packing import Group, TokenBatch, pack, pad

# Packed and padded passes of a model that packing suits differ by rounding only: in the mean, as
# 16 bits move single tokens by half a nat.
_SAME_LOGP = {torch.float32: 1e-3, torch.bfloat16: 0.15, torch.float16: 0.05}


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """Figures of the N learnt tokens of a batch, sequence after sequence; `counts` says how many
    each sequence has.

    `logps` [N] carries the gradient. `entropies` [N] are of all tokens that could have followed;
    `hits` [N] says where the model thought the token likeliest.
    """

    logps: torch.Tensor
    counts: tuple[int, ...]
    entropies: torch.Tensor
    hits: torch.Tensor

    def sums(self) -> torch.Tensor:
        """Log-probability of each sequence's learnt tokens together, [S]."""
        return torch.stack([part.sum() for part in self.per_sequence()])

    def per_sequence(self) -> tuple[torch.Tensor, ...]:
        """Log-probabilities of each sequence's learnt tokens."""
        return torch.split(self.logps, list(self.counts))


class Policy(torch.nn.Module):
    """The model in training. Calling it gives the log-probabilities of the learnt tokens.

    `model` is a PeftModel, or a causal language model whose own weights are trained; the
    reference is then `reference_model`, or, where that is None, the model as it is now.
    """

    def __init__(self, model: Any, reference_model: Any = None) -> None:
        super().__init__()
        self.model = model
        self._reference_model = (reference_model,)  # in a tuple: no part of the module
        self.packs = False
        self.lanes: Lanes | None = None

    @property
    def causal(self) -> Any:
        """The causal language model itself, adapters in its layers."""
        return self.model.get_base_model() if isinstance(self.model, PeftModel) else self.model

    def forward(
        self, groups: Sequence[Group], temperature: float = 1.0, noise_alpha: float = 0.0
    ) -> TokenLogprobs:
        """Log-probabilities, in order, of every sequence of every group.

        Sequences of a group that begin alike share that beginning. Logits are divided by
        `temperature`, so that what was sampled at it is judged at it. `noise_alpha` is NEFTune's.
        """
        noise = noise_alpha if self.training else 0.0

        def read(part: Sequence[Group]) -> Read:
            batch = self.batch(part)
            rows = self.hidden(batch, noise)[batch.sources]
            figures: HeadFigures = Head.of(self.causal)(rows, batch.targets, temperature)
            return Read(figures.logps, (figures.entropies, figures.hits), batch.counts)

        found = read(groups) if noise else self.in_lanes(groups, read)
        return TokenLogprobs(found.values, found.counts, *found.extras)

    def in_lanes(self, groups: Sequence[Group], work: Callable[[Sequence[Group]], Read]) -> Read:
        """`work` of all groups: side by side where the policy has lanes."""
        if self.lanes is None:
            return work(groups)
        return self.lanes.read(groups, work, [p for p in self.parameters() if p.requires_grad])

    def batch(self, groups: Sequence[Group]) -> TokenBatch:
        """The groups as one forward pass reads them."""
        device = self.causal.get_input_embeddings().weight.device
        return pack(groups, device) if self.packs else pad(groups, device)

    def hidden(self, batch: TokenBatch, noise_alpha: float = 0.0) -> torch.Tensor:
        """Last hidden states of all positions, flattened to [R·T, H]."""
        read = {"input_ids": batch.input_ids}
        if noise_alpha:
            read = {"inputs_embeds": self._noisy_embeddings(batch, noise_alpha)}
        if batch.attention_mask is None:
            arguments = PackedAttention(batch.segments, batch.input_ids.device).model_arguments()
        else:
            arguments = {"attention_mask": batch.attention_mask}
        states: torch.Tensor = self.causal.base_model(
            **read, position_ids=batch.position_ids, use_cache=False, **arguments
        ).last_hidden_state
        return states.flatten(0, 1)

    def _noisy_embeddings(self, batch: TokenBatch, alpha: float) -> torch.Tensor:
        """NEFTune: each embedding with noise of at most α / √(L·d), L its sequence's length."""
        embedded: torch.Tensor = self.causal.get_input_embeddings()(batch.input_ids)
        noise = torch.empty_like(embedded).uniform_(-alpha, alpha)
        return embedded + noise / (batch.lengths().unsqueeze(-1) * embedded.shape[-1]).sqrt()

    @contextmanager
    def as_reference(self) -> Iterator[Policy]:
        """The policy as it was before training, without dropout and gradient."""
        was_training = self.training
        self.eval()
        other = self._reference_model[0]
        try:
            with torch.no_grad():
                if other is not None:
                    reference = Policy(other)
                    reference.packs = self.packs
                    yield reference
                elif isinstance(self.model, PeftModel):
                    with self.model.disable_adapter():
                        yield self
                else:
                    yield self
        finally:
            self.train(was_training)

    def keep_reference(self) -> None:
        """Keep a copy of the model as it is now, where its own weights are trained: the reference.

        An adapter needs none, as it can be turned off.
        """
        if not isinstance(self.model, PeftModel):
            self._reference_model = (copy.deepcopy(self.model).requires_grad_(False),)

    def reference(self, groups: Sequence[Group], temperature: float = 1.0) -> TokenLogprobs:
        """The same of the reference."""
        with self.as_reference() as reference:
            result: TokenLogprobs = reference(groups, temperature)
        return result


def try_packing(policy: Policy) -> bool:
    """Turn packing on if it changes nothing for this model; returns whether it is on.

    Models differ in how they build attention, so that is tried out on a few tokens rather than
    looked up: two sequences with a common beginning and one alone, packed and padded.
    """
    native = policy.causal.config._attn_implementation
    try:
        policy.packs = False
        expected = trial_logps(policy)
        policy.causal.set_attn_implementation(attention.NAME)
        policy.packs = True
        policy.packs = differ_by_rounding(expected, trial_logps(policy))
    except (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError):
        policy.packs = False  # the model does not let attention be replaced
    if not policy.packs:
        policy.causal.set_attn_implementation(native)
    return policy.packs


@dataclass(frozen=True, slots=True)
class TrialLogps:
    """Log-probabilities of a few tokens, and the precision of the weights that gave them."""

    logps: torch.Tensor
    dtype: torch.dtype


@torch.no_grad()
def trial_logps(policy: Policy) -> TrialLogps:
    """What the policy, without dropout, says of two sequences that begin alike and one alone."""
    embeddings = policy.causal.get_input_embeddings().weight
    vocabulary = int(embeddings.shape[0])
    ids = [(7919 * (place + 1)) % vocabulary for place in range(24)]
    alike = [TokenSequence(ids[:12], 4), TokenSequence([*ids[:6], *ids[14:20]], 6)]
    was_training = policy.training
    policy.eval()
    try:
        return TrialLogps(policy([alike, [TokenSequence(ids[8:], 1)]]).logps, embeddings.dtype)
    finally:
        policy.train(was_training)


def differ_by_rounding(expected: TrialLogps, found: TrialLogps) -> bool:
    """Whether two ways to compute the same are as near to each other as their precision lets."""
    difference = float((expected.logps - found.logps).abs().mean())
    return difference <= _SAME_LOGP.get(expected.dtype, 0.15)
