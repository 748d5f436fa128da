"""A batch in two lanes: each computes its part of the sequences, forward and backward.

On a processor PyTorch shares out every single operation among all cores, and waits for the last of
them hundreds of times a pass. Parts of a batch need to wait for each other once. What one lane
computes is what the whole batch would have: rounding aside, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

import torch
from peft import PeftModel

from workbench.engine.packing import Group, packed_length
from workbench.engine.plain_layers import plain_layers

T = TypeVar("T")

_LANES = 2
# Measured: two lanes of 128 rows took 0.87 of the time of one of 256, of 256 rows 0.83.
_FEWEST_ROWS = 128
# Other kinds of rotary positions change a table when a longer sequence comes.
_FIXED_POSITIONS = {"default", "linear", "llama3", "yarn"}


@dataclass(frozen=True, slots=True)
class Read:
    """What a pass gives for the sequences that it read, one after the other.

    `values` [N] carries the gradient, `extras` [N] do not; `counts` says how many of the N each
    sequence has.
    """

    values: torch.Tensor
    extras: tuple[torch.Tensor, ...]
    counts: tuple[int, ...]


class Lanes:
    """Threads that compute side by side, each with its share of the cores."""

    def __init__(self) -> None:
        cores = torch.get_num_threads()
        self._threads = ThreadPoolExecutor(
            _LANES, "lane", initializer=_compute_with, initargs=(max(cores // _LANES, 1),)
        )
        all_there = Barrier(_LANES)
        self.run([all_there.wait] * _LANES)
        torch.set_num_threads(cores)  # a thread that is started later takes over what was set last

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do all at once; raises what the first of them that failed raised, when all have ended."""
        begun = [self._threads.submit(work) for work in works]
        for one in begun:
            one.exception()
        return [one.result() for one in begun]

    def read(
        self,
        groups: Sequence[Group],
        work: Callable[[Sequence[Group]], Read],
        parameters: Sequence[torch.nn.Parameter],
    ) -> Read:
        """`work` of all groups. Its gradient reaches `parameters` and nothing else."""
        shares = share_out(groups)
        if len(shares) < 2:
            return work(groups)
        works = [partial(work, [groups[place] for place in share]) for share in shares]
        if torch.is_grad_enabled():
            parts: list[Read] = []
            values, *extras = _SideBySide.apply(self, works, parts, *parameters)  # type: ignore[no-untyped-call]
        else:
            parts = self.run([partial(_without_gradient, work) for work in works])
            values, *extras = _joined(parts)
        return _in_order(groups, shares, parts, values, extras)


def _compute_with(cores: int) -> None:
    """Let this thread share out an operation among so many."""
    torch.get_num_threads()  # the first thing asked of a thread sets it to what all have
    torch.set_num_threads(cores)


def lanes_for(model: Any) -> Lanes | None:
    """Lanes for a model in training; None where its passes may not go on side by side.

    That takes a processor of several cores; an adapter, as each lane has gradients of its own; no
    dropout, as what is drawn would depend on which lane is first; and a family whose layers keep
    nothing from one pass to the next.
    """
    if not isinstance(model, PeftModel) or torch.get_num_threads() < _LANES:
        return None
    causal = model.get_base_model()
    is_drawing = causal.config.attention_dropout > 0 or any(
        isinstance(module, torch.nn.Dropout) and module.p > 0 for module in model.modules()
    )
    suits = (
        causal.device.type == "cpu"
        and bool(plain_layers(causal))
        and causal.config.rope_parameters["rope_type"] in _FIXED_POSITIONS
        and not is_drawing
    )
    return Lanes() if suits else None


def share_out(groups: Sequence[Group]) -> list[list[int]]:
    """The places of the groups that each lane computes; one lane where two would do too little.

    Longest first, each to the lane that has least: lanes that end together waste nothing.
    """
    lengths = [packed_length([group]) for group in groups]
    if len(groups) < _LANES or sum(lengths) < _LANES * _FEWEST_ROWS:
        return [list(range(len(groups)))]
    shares: list[list[int]] = [[] for _ in range(_LANES)]
    rows = [0] * _LANES
    for place in sorted(range(len(groups)), key=lambda place: -lengths[place]):
        lane = rows.index(min(rows))
        shares[lane].append(place)
        rows[lane] += lengths[place]
    return [sorted(share) for share in shares]


class _SideBySide(torch.autograd.Function):
    """Each lane records its own graph and goes back through it; the gradients are added up, lane
    by lane, so that the sum does not depend on which is ready first.
    """

    @staticmethod
    def forward(
        ctx: Any,
        lanes: Lanes,
        works: Sequence[Callable[[], Read]],
        parts: list[Read],
        *parameters: torch.nn.Parameter,
    ) -> tuple[torch.Tensor, ...]:
        parts.extend(lanes.run([partial(_with_gradient, work) for work in works]))
        ctx.lanes, ctx.ends = lanes, [part.values for part in parts]
        ctx.parameters = parameters
        values, *extras = _joined(parts)
        ctx.mark_non_differentiable(*extras)
        return values, *extras

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        ends, ctx.ends = ctx.ends, None  # once gone through, the graphs are let go
        pieces = torch.split(upstream[0], [len(end) for end in ends])
        first, *others = ctx.lanes.run(
            [
                partial(torch.autograd.grad, end, ctx.parameters, piece, allow_unused=True)
                for end, piece in zip(ends, pieces, strict=True)
            ]
        )
        total = list(first)
        for gradients in others:
            for place, gradient in enumerate(gradients):
                if gradient is not None:
                    known = total[place]
                    total[place] = gradient if known is None else known + gradient
        return None, None, None, *total


def _with_gradient(work: Callable[[], Read]) -> Read:
    with torch.enable_grad():
        return work()


def _without_gradient(work: Callable[[], Read]) -> Read:
    with torch.no_grad():
        return work()


def _joined(parts: Sequence[Read]) -> list[torch.Tensor]:
    """Values and extras of all lanes, lane after lane, apart from their graphs."""
    columns = zip(*((part.values, *part.extras) for part in parts), strict=True)
    return [torch.cat([piece.detach() for piece in column]) for column in columns]


def _in_order(
    groups: Sequence[Group],
    shares: Sequence[Sequence[int]],
    parts: Sequence[Read],
    values: torch.Tensor,
    extras: Sequence[torch.Tensor],
) -> Read:
    """What stands lane after lane, in the order of the groups."""
    spans: dict[int, list[range]] = {}
    at = 0
    for share, part in zip(shares, parts, strict=True):
        counts = iter(part.counts)
        for place in share:
            spans[place] = []
            for _ in groups[place]:
                count = next(counts)
                spans[place].append(range(at, at + count))
                at += count
    ordered = [span for place in range(len(groups)) for span in spans[place]]
    order = torch.tensor([row for span in ordered for row in span], dtype=torch.long)
    return Read(
        values[order], tuple(extra[order] for extra in extras), tuple(len(s) for s in ordered)
    )
