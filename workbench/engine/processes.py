"""Several processes that train one model: who is first, what they add up and agree on.

With one process each of these is free. `accelerate launch` starts several and says whether each
has the whole model (DDP), a part of it (FSDP2, `sharding.py`) or of what it takes to train it
(DeepSpeed, `zero.py`); this file holds what we exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object

from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.sharding import Sharding
from workbench.engine.zero import Zero

T = TypeVar("T")


class Processes:
    """One process among those that `accelerator` knows."""

    def __init__(
        self,
        accelerator: Accelerator,
        sharding: Sharding | None = None,
        zero: Zero | None = None,
    ) -> None:
        self.accelerator = accelerator
        self.sharding = sharding
        self.zero = zero
        self.rank = int(accelerator.process_index)
        self.count = int(accelerator.num_processes)

    @classmethod
    def start(cls, device: torch.device) -> Processes:
        """Join the processes that compute on `device`'s kind; raises RunError for a way to share
        the model out that is not known here.
        """
        if zero := Zero.wanted():
            return cls(zero.start(device), zero=zero)
        sharding = Sharding.wanted()
        accelerator = Accelerator(cpu=device.type == "cpu", device_placement=False)
        return cls(accelerator, sharding if accelerator.num_processes > 1 else None)

    @property
    def is_first(self) -> bool:
        """Whether this one writes events and checkpoints."""
        return self.rank == 0

    def share_of(self, items: Sequence[T]) -> Sequence[T]:
        """The part of this process of what all work on together: a multiple of their number."""
        size = len(items) // self.count
        return items[self.rank * size : (self.rank + 1) * size]

    def total(self, value: float) -> float:
        """Sum over all processes."""
        if self.count == 1:
            return value
        return float(sum(gather_object([value])))

    def total_tally(self, tally: Tally) -> Tally:
        """All processes' figures in one tally."""
        if self.count == 1:
            return tally
        together = Tally(differences=tally.differences)
        sums = {name: float(value) for name, value in tally.sums.items()}
        for part_sums, part_counts in gather_object([(sums, tally.counts)]):
            for name, value in part_sums.items():
                before = together.sums.get(name, torch.tensor(0.0, dtype=torch.float64))
                together.sums[name] = before + value
                together.counts[name] = together.counts.get(name, 0) + part_counts[name]
        return together

    def everyones(self, value: T) -> list[T]:
        """What each process has, the first's first."""
        return [value] if self.count == 1 else list(gather_object([value]))

    def agree(self, value: T) -> T:
        """What the first process has, on every process."""
        if self.count == 1:
            return value
        box: list[Any] = [value]
        broadcast_object_list(box)
        agreed: T = box[0]
        return agreed

    def first_before_others(self) -> AbstractContextManager[Any]:
        """The first process does it and leaves the result where the others find it."""
        context: AbstractContextManager[Any] = self.accelerator.main_process_first()
        return context

    def wait(self) -> None:
        """Go on together."""
        if self.count > 1:
            self.accelerator.wait_for_everyone()

    def join(self, policy: Policy, optimizer: Any) -> tuple[Policy, Any]:
        """Both as all processes use them; what is shared out is that already."""
        if self.sharding is not None:
            return policy, optimizer
        if self.zero is not None:
            return self.zero.join(self.accelerator, policy, optimizer)
        joined: tuple[Policy, Any] = self.accelerator.prepare(policy, optimizer)
        return joined

    def accumulating(self, policy: Any, *, is_last: bool) -> AbstractContextManager[Any]:
        """Exchange gradients only after the last micro-batch of a step."""
        if self.sharding is not None:
            policy.set_requires_gradient_sync(is_last)
            return nullcontext()
        if self.zero is not None:
            self.zero.next_is_last(is_last)
            return nullcontext()
        if self.count == 1 or is_last:
            return nullcontext()
        context: AbstractContextManager[Any] = self.accelerator.no_sync(policy)
        return context

    def backward(self, loss: torch.Tensor) -> None:
        """Add the gradients of `loss` to those that are there."""
        if self.zero is not None:
            self.zero.backward(loss)
        else:
            self.accelerator.backward(loss)


def mean_of_all(values: torch.Tensor) -> torch.Tensor:
    """Mean of `values` [N] of all processes together, a scalar; every process must ask for it."""
    total = torch.stack((values.sum(), values.new_tensor(float(values.numel()))))
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(total)
    return total[0] / total[1]
