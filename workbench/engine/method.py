"""What the loop needs to know of a method: its examples, its loss and how it is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import torch

from workbench.engine.logprobs import Policy

Example = TypeVar("Example")

# Called with what is being done, in words, now and then during work that takes long.
Report = Callable[[str], None]


@dataclass(slots=True)
class Tally:
    """Sums and counts of figures, so that a mean over several batches is exact."""

    sums: dict[str, torch.Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, values: torch.Tensor) -> None:
        """Count each of `values` [N] under `name`."""
        total = values.detach().float().sum()
        self.sums[name] = self.sums[name] + total if name in self.sums else total
        self.counts[name] = self.counts.get(name, 0) + values.numel()

    def means(self, prefix: str = "") -> dict[str, float]:
        """Mean of each figure, brought from the device in one transfer."""
        if not self.sums:
            return {}
        totals = torch.stack(list(self.sums.values())).tolist()
        return {
            prefix + name: total / self.counts[name]
            for name, total in zip(self.sums, totals, strict=True)
        }


class Method(Protocol[Example]):
    """One way to learn. `train` and `held_out` are its tokenised examples.

    A step's loss is the sum of `loss` over its micro-batches, divided by the sum of `weight` over
    all of its examples: so 8 × 1 and 1 × 8 are the same step.
    """

    train: Sequence[Example]
    held_out: Sequence[Example]

    def prepare(self, policy: Policy, report: Report) -> None:
        """Compute what stays the same over the run."""

    def weight(self, example: Example) -> int:
        """What the example counts in the mean: its tokens, or 1."""

    def token_count(self, example: Example) -> int:
        """Tokens that one pass over the example reads, padding left out."""

    def loss(self, policy: Policy, examples: Sequence[Example], tally: Tally) -> torch.Tensor:
        """Summed loss of a micro-batch, a scalar with gradient; figures go into `tally`."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """What the length limit did to a data set."""

    dropped: int = 0
    shortened: int = 0

    def sentence(self, max_length: int) -> str | None:
        """What happened, for a person, or None when nothing did."""
        parts = []
        if self.dropped:
            parts.append(f"{self.dropped} left out, as the prompt alone is longer")
        if self.shortened:
            parts.append(f"{self.shortened} cut at the end")
        if not parts:
            return None
        return (
            f"Some examples are longer than Max length ({max_length} tokens): "
            + " and ".join(parts) + ". Raise Max length to learn from all of them."
        )  # fmt: skip


def pad_id(tokenizer: Any) -> int:
    """A token to fill batches with; it is masked everywhere, so any will do."""
    for candidate in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if candidate is not None:
            return int(candidate)
    return 0
