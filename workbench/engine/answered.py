"""A prompt with the answers that the model wrote to it, and everything that is learnt from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from workbench.engine.batching import TokenSequence

# Tensors of an item with one number a token; those that a method has no use for are None.
_PER_TOKEN = ("old_logps", "ref_logps", "old_values", "returns")


@dataclass(slots=True, eq=False)
class AnsweredPrompt:
    """G answers to one prompt, N tokens of them in all, on the CPU.

    `advantages` are [G], or [N] where each token has its own. Of answers that are not `is_learnt`
    [G] nothing counts. `old_logps` [N] are of the model that wrote them, as the first pass over
    them saw it; `ref_logps`, `old_values` and `returns` are [N] too.
    """

    group: tuple[TokenSequence, ...]
    advantages: torch.Tensor
    is_learnt: torch.Tensor
    old_logps: torch.Tensor | None = None
    ref_logps: torch.Tensor | None = None
    old_values: torch.Tensor | None = None
    returns: torch.Tensor | None = None

    @property
    def counts(self) -> list[int]:
        """Tokens of each answer."""
        return [sequence.trained_count for sequence in self.group]

    @property
    def learnt_tokens(self) -> int:
        pairs = zip(self.counts, self.is_learnt.tolist(), strict=True)
        return sum(count for count, is_learnt in pairs if is_learnt)


def pack_answered(items: Sequence[AnsweredPrompt]) -> dict[str, torch.Tensor]:
    """Items as tensors: all tokens in a row, and how they are parted."""
    sequences = [sequence for item in items for sequence in item.group]
    tensors = {
        "ids": torch.tensor([token for sequence in sequences for token in sequence.ids]),
        "lengths": torch.tensor([len(sequence.ids) for sequence in sequences]),
        "trained_from": torch.tensor([sequence.trained_from for sequence in sequences]),
        "answers": torch.tensor([len(item.group) for item in items]),
        "is_learnt": torch.cat([item.is_learnt for item in items]),
        "advantages": torch.cat([item.advantages for item in items]),
        "advantage_counts": torch.tensor([len(item.advantages) for item in items]),
    }
    for name in _PER_TOKEN:
        columns = [getattr(item, name) for item in items]
        if any(column is not None for column in columns):
            # Items that nothing is learnt from may have none.
            tensors[name] = torch.cat(
                [
                    torch.zeros(sum(item.counts)) if column is None else column
                    for item, column in zip(items, columns, strict=True)
                ]
            )
    return tensors


def unpack_answered(tensors: Mapping[str, torch.Tensor]) -> list[AnsweredPrompt]:
    """What `pack_answered` made, back."""
    sequences = [
        TokenSequence(ids.tolist(), trained_from)
        for ids, trained_from in zip(
            torch.split(tensors["ids"], tensors["lengths"].tolist()),
            tensors["trained_from"].tolist(), strict=True,
        )
    ]  # fmt: skip
    sizes: list[int] = tensors["answers"].tolist()
    groups = [tuple(part) for part in _parts(sequences, sizes)]
    learnt = torch.split(tensors["is_learnt"], sizes)
    advantages = torch.split(tensors["advantages"], tensors["advantage_counts"].tolist())
    items = [AnsweredPrompt(*parts) for parts in zip(groups, advantages, learnt, strict=True)]
    tokens = [sum(item.counts) for item in items]
    for name in _PER_TOKEN:
        if name in tensors:
            for item, part in zip(items, torch.split(tensors[name], tokens), strict=True):
                setattr(item, name, part)
    return items


def _parts(
    sequences: Sequence[TokenSequence], sizes: Sequence[int]
) -> Iterator[Sequence[TokenSequence]]:
    start = 0
    for size in sizes:
        yield sequences[start : start + size]
        start += size


def column(items: Sequence[AnsweredPrompt], name: str, like: torch.Tensor) -> torch.Tensor:
    """One of the items' tensors, of all of them in a row, where `like` is."""
    values: list[torch.Tensor] = [getattr(item, name) for item in items]
    return torch.cat(values).to(like.device)
