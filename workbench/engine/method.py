"""What the loop needs to know of a method: its examples, its loss and how it is measured."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import torch

from workbench.core.events import Payload
from workbench.engine.logprobs import Policy

Example = TypeVar("Example")
Item = TypeVar("Item")

# Called with what is being done, in words, now and then during work that takes long.
Report = Callable[[str], None]


@dataclass(slots=True)
class Tally:
    """Sums and counts of figures, so that a mean over several batches is exact.

    `differences` names figures that are the mean of one less the mean of another.
    """

    sums: dict[str, torch.Tensor] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    differences: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, name: str, values: torch.Tensor) -> None:
        """Count each of `values` [N] under `name`. Nothing to count leaves no trace."""
        if not values.numel():
            return
        total = values.detach().float().sum()
        self.sums[name] = self.sums[name] + total if name in self.sums else total
        self.counts[name] = self.counts.get(name, 0) + values.numel()

    def means(self, prefix: str = "") -> dict[str, float]:
        """Mean of each figure, brought from the device in one transfer."""
        if not self.sums:
            return {}
        totals = torch.stack(list(self.sums.values())).tolist()
        means = {
            name: total / self.counts[name] for name, total in zip(self.sums, totals, strict=True)
        }
        for name, (one, other) in self.differences.items():
            if one in means and other in means:
                means[name] = means[one] - means[other]
        return {prefix + name: value for name, value in means.items()}


class Method(Protocol[Example, Item]):
    """One way to learn. `train` and `held_out` are its tokenised examples.

    Each step takes some examples; `collect` makes of them the items that are learnt from, which
    `reuses` steps in a row share. A step's loss is the sum of `loss` over its micro-batches,
    divided by the sum of `weight` over all of its items: so 8 × 1 and 1 × 8 are the same step.
    """

    train: Sequence[Example]
    held_out: Sequence[Example]
    reuses: int

    def prepare(self, policy: Policy, report: Report) -> None:
        """Compute what stays the same over the run."""

    def extra_parameters(self) -> Mapping[str, tuple[float, Sequence[torch.nn.Parameter]]]:
        """What is trained beside the policy: name → (learning rate, parameters)."""

    def collect(self, policy: Policy, examples: Sequence[Example], step: int) -> Collected[Item]:
        """Make items of the examples of the step after `step` steps."""

    def pack_items(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Items as tensors, to be kept in a checkpoint while they are still to be used."""

    def unpack_items(self, tensors: Mapping[str, torch.Tensor]) -> Sequence[Item]:
        """What `pack_items` made, back."""

    def micro_batches(self, items: Sequence[Item]) -> Sequence[Sequence[Item]]:
        """The items in parts that are computed at once."""

    def weight(self, item: Item) -> float:
        """What the item counts in the mean: its tokens, or 1."""

    def teaches(self, item: Item) -> bool:
        """Whether anything of the item can be learnt; one that is masked may count in the mean."""

    def token_count(self, item: Item) -> int:
        """Tokens that one pass over the item reads, padding left out."""

    def loss(self, policy: Policy, items: Sequence[Item], tally: Tally) -> torch.Tensor:
        """Summed loss of a micro-batch, a scalar with gradient; figures go into `tally`."""

    def step_figures(self, update_time_s: float) -> Mapping[str, float]:
        """Figures of a step that has ended; learning from its items took `update_time_s`."""

    def measure(self, policy: Policy, examples: Sequence[Example], tally: Tally) -> None:
        """Figures of held-out examples, without learning from them."""


@dataclass(slots=True)
class Collected(Generic[Item]):
    """What a step learns from, and what is worth telling about how it was got."""

    items: Sequence[Item]
    figures: Tally = field(default_factory=Tally)
    events: Sequence[Payload] = ()


class OfflineMethod(ABC, Generic[Example]):
    """A method that learns from given examples as they are."""

    train: Sequence[Example]
    held_out: Sequence[Example]
    reuses = 1
    batch_size: int

    def prepare(self, policy: Policy, report: Report) -> None:
        """Nothing stays the same over the run."""

    def extra_parameters(self) -> Mapping[str, tuple[float, Sequence[torch.nn.Parameter]]]:
        return {}

    def collect(self, policy: Policy, examples: Sequence[Example], step: int) -> Collected[Example]:
        return Collected(examples)

    def pack_items(self, items: Sequence[Example]) -> dict[str, torch.Tensor]:
        return {}  # each step takes new examples: nothing waits

    def unpack_items(self, tensors: Mapping[str, torch.Tensor]) -> Sequence[Example]:
        return ()

    def micro_batches(self, items: Sequence[Example]) -> Sequence[Sequence[Example]]:
        size = self.batch_size
        return [items[start : start + size] for start in range(0, len(items), size)]

    @abstractmethod
    def loss(self, policy: Policy, items: Sequence[Example], tally: Tally) -> torch.Tensor:
        """Summed loss of a micro-batch, as `Method.loss`."""

    def teaches(self, item: Example) -> bool:
        return True  # examples without a learnt token are left out before

    def step_figures(self, update_time_s: float) -> Mapping[str, float]:
        return {}

    def measure(self, policy: Policy, examples: Sequence[Example], tally: Tally) -> None:
        self.loss(policy, examples, tally)


@dataclass(frozen=True, slots=True)
class Cuts:
    """What the length limit did to a data set.

    `dropped` have a prompt that leaves no room; `too_long` can't be cut and are left out whole.
    """

    dropped: int = 0
    shortened: int = 0
    too_long: int = 0

    def sentence(self, max_length: int) -> str | None:
        """What happened, for a person, or None when nothing did."""
        parts = []
        if self.dropped:
            parts.append(f"{self.dropped} left out, as the prompt alone is longer")
        if self.too_long:
            parts.append(f"{self.too_long} left out")
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
