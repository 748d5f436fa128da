"""Attention in 16 bits on a processor: its gradient is right up to a few roundings."""

from __future__ import annotations

import pytest
import torch

from workbench.engine import segment_attention
from workbench.engine.attention import PackedAttention, packed_attention
from workbench.engine.packing import Segment

_WIDTH = 64


def families(*lengths: tuple[int, tuple[int, ...]]) -> list[Segment]:
    """Prompts with their answers, one after the other: (prompt, (answer, …))."""
    segments, end = [], 0
    for prompt, answers in lengths:
        first, end = end, end + prompt
        segments.append(Segment(first, end))
        for answer in answers:
            segments.append(Segment(end, end + answer, first, first + prompt))
            end += answer
    return segments


def attended(
    parts: list[torch.Tensor], segments: list[Segment], incoming: torch.Tensor, scale: float | None
) -> list[torch.Tensor]:
    """What comes out, and the gradients of query, key and value."""
    leaves = [part.requires_grad_() for part in parts]
    packed = PackedAttention(segments, torch.device("cpu"))
    module = torch.nn.Module()
    out, _ = packed_attention(module, *leaves, None, packed, scaling=scale)
    return [out.detach(), *torch.autograd.grad(out, leaves, incoming)]


def error(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found.double() - exact).norm() / exact.norm())


@pytest.mark.parametrize("heads", [(4, 4), (6, 2)], ids=["each its keys", "shared keys"])
@pytest.mark.parametrize("scale", [None, 0.1])
@pytest.mark.parametrize(
    "segments",
    [
        families((24, ())),
        families((128, (64, 17)), (5, (1, 200))),
        families((300, (129,)), (1, ()), (2, (2, 2, 2))),
    ],
    ids=["one", "answers", "longer than a block"],
)
def test_its_gradient_is_about_as_near_to_the_exact_one_as_pytorchs(
    segments: list[Segment],
    heads: tuple[int, int],
    scale: float | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_query, of_key = heads
    draw = torch.Generator().manual_seed(1)
    length = segments[-1].end
    shapes = [(1, count, length, _WIDTH) for count in (of_query, of_key, of_key)]
    parts = [2 * torch.randn(*shape, generator=draw).bfloat16() for shape in shapes]
    incoming = torch.randn(1, length, of_query, _WIDTH, generator=draw).bfloat16()
    calls: list[int] = []
    ours = segment_attention.attend
    monkeypatch.setattr(segment_attention, "attend", lambda *given: calls.append(1) or ours(*given))
    found = attended([part.clone() for part in parts], segments, incoming, scale)
    assert calls, "it is used where it is the quicker one"
    monkeypatch.setattr(segment_attention, "suits", lambda *_: False)
    exact = attended([part.double() for part in parts], segments, incoming.double(), scale)
    peer = attended([part.clone() for part in parts], segments, incoming, scale)
    for mine, theirs, right in zip(found, peer, exact, strict=True):
        assert mine.shape == right.shape
        # A rounding to 16 bits is up to 0.004 of a value: both have few of them, not the same ones.
        assert error(mine, right) < 3 * error(theirs, right) + 1e-4


def test_it_is_left_to_pytorch_where_that_is_better() -> None:
    query = torch.zeros(1, 1, 1, 8, dtype=torch.bfloat16, requires_grad=True)
    assert segment_attention.suits(query, query, 0.0)
    assert not segment_attention.suits(query, query, 0.1)
    assert not segment_attention.suits(query.detach(), query, 0.0)
    assert not segment_attention.suits(query.float(), query, 0.0)
    assert not segment_attention.suits(query, query[..., :4], 0.0)
