"""From token sequences to one batch: packed without padding, prompts shared, or plainly padded.

Packed, all tokens stand in one row. Sequences of a group begin with the same tokens, which stand
there once: each answer continues that prefix, with position numbers to match, and attends to the
prefix and to itself alone. `attention.py` reads the segments; nothing else needs to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from workbench.engine.batching import TokenSequence, common_prefix_length

# Sequences that continue the same prompt: an example of SFT alone, a pair, a group of answers.
Group = Sequence[TokenSequence]

_PAD_ID = 0  # masked everywhere, so any token will do


@dataclass(frozen=True, slots=True)
class Segment:
    """Positions `start` to `end` of a packed row, that follow those of `prefix_start` to
    `prefix_end` (an empty range for the beginning of a sequence).
    """

    start: int
    end: int
    prefix_start: int = 0
    prefix_end: int = 0

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def prefix_length(self) -> int:
        return self.prefix_end - self.prefix_start


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """What one forward pass reads: R rows of T positions.

    `input_ids` and `position_ids` are [R, T]. `attention_mask` [R, T] is None when the row is
    packed and `segments` say what attends to what. `sources` [N] are the places in the flattened
    [R·T] whose hidden state predicts `targets` [N]: the learnt tokens, sequence after sequence;
    `counts` says how many each sequence has.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    attention_mask: torch.Tensor | None
    segments: tuple[Segment, ...]
    sources: torch.Tensor
    targets: torch.Tensor
    counts: tuple[int, ...]

    def lengths(self) -> torch.Tensor:
        """Length of the sequence that each position belongs to, [R, T]."""
        if self.attention_mask is not None:
            return self.attention_mask.sum(dim=1, keepdim=True).expand(self.input_ids.shape)
        lengths = torch.empty(self.input_ids.shape, device=self.input_ids.device)
        for segment in self.segments:
            lengths[0, segment.start : segment.end] = segment.length + segment.prefix_length
        return lengths


def pack(groups: Sequence[Group], device: torch.device, *, share: bool = True) -> TokenBatch:
    """All groups in one row; each group's common prompt once, unless `share` is off."""
    row = _Row([], [], [], [], [], [])
    for group in groups:
        prefix = shared_length(group) if share and len(group) > 1 else 0
        if prefix:
            start = row.append(group[0].ids[:prefix], 0)
            row.segments.append(Segment(start, start + prefix))
        for sequence in group:
            row.add_branch(sequence, prefix, start if prefix else 0)
    return row.batch(device)


def shared_length(group: Group) -> int:
    """Tokens at the beginning that all sequences of the group have in common and none learns."""
    first = group[0]
    length = min(sequence.first_learnt for sequence in group)
    for other in group[1:]:
        length = min(length, common_prefix_length(first.ids[:length], other.ids))
    return length


def packed_length(groups: Sequence[Group]) -> int:
    """Positions that `pack` makes of the groups."""
    total = 0
    for group in groups:
        prefix = shared_length(group) if len(group) > 1 else 0
        total += prefix + sum(len(sequence.ids) - prefix for sequence in group)
    return total


@dataclass(slots=True)
class _Row:
    """A packed row while it is being written."""

    ids: list[int]
    positions: list[int]
    segments: list[Segment]
    sources: list[int]
    targets: list[int]
    counts: list[int]

    def append(self, ids: Sequence[int], first_position: int) -> int:
        """Write tokens; returns the place of the first."""
        start = len(self.ids)
        self.ids.extend(ids)
        self.positions.extend(range(first_position, first_position + len(ids)))
        return start

    def add_branch(self, sequence: TokenSequence, prefix: int, prefix_start: int) -> None:
        """Write what `sequence` has beyond its first `prefix` tokens, and what of it is learnt."""
        start = self.append(sequence.ids[prefix:], prefix)
        self.segments.append(Segment(start, len(self.ids), prefix_start, prefix_start + prefix))
        learnt = sequence.learnt_positions
        for place in learnt:
            before = place - 1
            in_prefix = before < prefix
            self.sources.append(prefix_start + before if in_prefix else start + before - prefix)
            self.targets.append(sequence.ids[place])
        self.counts.append(len(learnt))

    def batch(self, device: torch.device) -> TokenBatch:
        return TokenBatch(
            input_ids=torch.tensor([self.ids], device=device),
            position_ids=torch.tensor([self.positions], device=device),
            attention_mask=None,
            segments=tuple(segment for segment in self.segments if segment.length),
            sources=torch.tensor(self.sources, dtype=torch.long, device=device),
            targets=torch.tensor(self.targets, dtype=torch.long, device=device),
            counts=tuple(self.counts),
        )


def pad(groups: Sequence[Group], device: torch.device) -> TokenBatch:
    """A row for each sequence, padded on the right: for models that packing does not suit."""
    sequences = [sequence for group in groups for sequence in group]
    length = max(len(sequence.ids) for sequence in sequences)
    input_ids = torch.full((len(sequences), length), _PAD_ID)
    mask = torch.zeros_like(input_ids)
    sources: list[int] = []
    targets: list[int] = []
    for row, sequence in enumerate(sequences):
        input_ids[row, : len(sequence.ids)] = torch.tensor(sequence.ids)
        mask[row, : len(sequence.ids)] = 1
        for place in sequence.learnt_positions:
            sources.append(row * length + place - 1)
            targets.append(sequence.ids[place])
    return TokenBatch(
        input_ids=input_ids.to(device),
        position_ids=torch.arange(length, device=device).expand(len(sequences), -1),
        attention_mask=mask.to(device),
        segments=(),
        sources=torch.tensor(sources, dtype=torch.long, device=device),
        targets=torch.tensor(targets, dtype=torch.long, device=device),
        counts=tuple(sequence.trained_count for sequence in sequences),
    )
