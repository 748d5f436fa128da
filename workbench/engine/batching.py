"""Token sequences, padded batches, and the order in which examples are seen."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

IGNORED = -100

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """Tokens of one conversation; those from position `trained_from` on are learnt."""

    ids: Sequence[int]
    trained_from: int

    @property
    def trained_count(self) -> int:
        """Tokens that are learnt. The first of a sequence has nothing to be predicted from."""
        return max(0, len(self.ids) - max(self.trained_from, 1))

    def cut(self, max_length: int) -> TokenSequence:
        """The sequence without what exceeds `max_length` tokens, from its end."""
        if len(self.ids) <= max_length:
            return self
        return TokenSequence(self.ids[:max_length], self.trained_from)


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Sequences padded on the right. B rows, T positions.

    `input_ids` and `attention_mask` are [B, T]; `labels` is [B, T] with IGNORED where a token is
    not learnt; `trained_counts` has the number of learnt tokens of each row.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor
    trained_counts: tuple[int, ...]


def collate(sequences: Sequence[TokenSequence], pad_id: int, device: torch.device) -> TokenBatch:
    """Pad sequences into one batch on `device`."""
    length = max(len(sequence.ids) for sequence in sequences)
    shape = (len(sequences), length)
    input_ids = torch.full(shape, pad_id, dtype=torch.long)
    attention_mask = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED, dtype=torch.long)
    for row, sequence in enumerate(sequences):
        size, start = len(sequence.ids), max(sequence.trained_from, 1)
        input_ids[row, :size] = torch.tensor(sequence.ids)
        attention_mask[row, :size] = 1
        labels[row, start:size] = input_ids[row, start:size]
    return TokenBatch(
        input_ids.to(device), attention_mask.to(device), labels.to(device),
        tuple(sequence.trained_count for sequence in sequences),
    )  # fmt: skip


def padding_share(sequences: Sequence[TokenSequence]) -> float:
    """Which share of a batch of these sequences would be padding, 0 to 1."""
    lengths = [len(sequence.ids) for sequence in sequences]
    return 1 - sum(lengths) / (len(lengths) * max(lengths))


@dataclass(frozen=True, slots=True)
class DataOrder:
    """An endless order: every epoch a new shuffle, decided by the seed and the epoch alone.

    A place in it is one number, how many examples were seen, so a resume is exact mid-epoch.
    """

    count: int
    seed: int

    def take(self, start: int, size: int) -> list[int]:
        """Indices of `size` examples from place `start` on; may reach into the next epoch."""
        taken: list[int] = []
        while len(taken) < size:
            epoch, offset = divmod(start + len(taken), self.count)
            taken.extend(self._epoch(epoch)[offset : offset + size - len(taken)])
        return taken

    def _epoch(self, epoch: int) -> list[int]:
        order = list(range(self.count))
        random.Random(f"{self.seed}/{epoch}").shuffle(order)  # noqa: S311 - order, not secrecy
        return order


def split(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Consecutive parts of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
