"""Attention over a packed row on processors, in 16 bits, with a gradient of our own.

PyTorch's attention for CPUs is quick forward; its gradient in 16 bits takes several times as long
as the matrix products that it consists of. Here they are written out, FlashAttention's way
(Dao et al., 2022, arXiv:2205.14135): probabilities are made again from the log-sum-exp that the
forward pass kept, block by block of queries, so that memory stays linear in the length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from workbench.engine.packing import Segment

_QUERIES_AT_ONCE = 128


def suits(query: torch.Tensor, value: torch.Tensor, dropout: float) -> bool:
    """Whether a gradient is wanted where ours is the quicker one: in 16 bits on a processor.

    Some models have values of another width than their keys; those stay with PyTorch.
    """
    return (
        query.device.type == "cpu"
        and query.dtype == torch.bfloat16
        and query.shape[-1] == value.shape[-1]
        and dropout == 0.0
        and query.requires_grad
    )


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    segments: Sequence[Segment],
    scale: float | None,
) -> torch.Tensor:
    """Attention of a row: query [1, H, T, D], key and value [1, K, T, D], all in bfloat16.

    The segments cover the row; each token sees its segment's prefix and past. Returns
    [1, T, H, D].
    """
    used = query.shape[-1] ** -0.5 if scale is None else scale
    attended: torch.Tensor = _RowAttention.apply(query, key, value, segments, used)  # type: ignore[no-untyped-call]
    return attended


class _RowAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        segments: Sequence[Segment],
        scale: float,
    ) -> torch.Tensor:
        _, heads, length, width = query.shape
        groups = heads // key.shape[1]
        keys, values = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        attended = query.new_empty(1, length, heads, width)
        log_sums = torch.empty(heads, length)
        biases: dict[tuple[int, int], torch.Tensor] = {}
        for segment in segments:
            own, bias = slice(segment.start, segment.end), None
            if segment.prefix_length:
                shape = (segment.length, segment.prefix_length)
                if shape not in biases:
                    biases[shape] = _bias(*shape, query.dtype)
                bias = biases[shape]
            out, sums = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
                query[:, :, own], _seen(keys, segment, segment.end),
                _seen(values, segment, segment.end),
                is_causal=bias is None, attn_mask=bias, scale=scale,
            )  # fmt: skip
            attended[:, own] = out.transpose(1, 2)
            log_sums[:, own] = sums[0]
        ctx.save_for_backward(query, key, value, attended, log_sums)
        ctx.segments, ctx.scale = segments, scale
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        query, key, value, attended, log_sums = ctx.saved_tensors
        width = query.shape[-1]
        shares = (attended[0] * gradient[0]).sum(-1, dtype=torch.float32).T  # [H, T]
        queries = _with_offset(query[0] * ctx.scale, -log_sums)
        incoming = _with_offset(gradient[0].transpose(0, 1), -shares)
        keys, values = _with_ones(key[0]), _with_ones(value[0])
        of_query = torch.empty_like(query)
        of_key, of_value = torch.zeros_like(key), torch.zeros_like(value)
        for block in _blocks(ctx.segments):
            rows, past = _Rows(block, key.shape[1]), block.segment
            seen_keys, seen_values = (_seen(part, past, block.end) for part in (keys, values))
            scaled, above = rows.of(queries), rows.of(incoming)
            weights = torch.bmm(scaled, seen_keys.mT).exp_()  # exp(score - log-sum)
            rows.forget_what_comes_later(weights)
            _add(of_value[0], block, torch.bmm(weights.mT, above[..., :width]))
            of_scores = torch.bmm(above, seen_values.mT).mul_(weights)
            _add(of_key[0], block, torch.bmm(of_scores.mT, scaled[..., :width]))
            of_block = torch.bmm(of_scores, seen_keys[..., :width])
            of_query[0, :, block.start : block.end] = of_block.view(-1, block.length, width)
        return of_query.mul_(ctx.scale), of_key, of_value, None, None


@dataclass(frozen=True, slots=True)
class _Block:
    """Queries `start` to `end` of a segment; they see nothing of it behind `end`."""

    segment: Segment
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def _blocks(segments: Sequence[Segment]) -> Iterator[_Block]:
    for segment in segments:
        for start in range(segment.start, segment.end, _QUERIES_AT_ONCE):
            yield _Block(segment, start, min(start + _QUERIES_AT_ONCE, segment.end))


@dataclass(frozen=True, slots=True)
class _Rows:
    """A block as matrices: one a head of the keys, with all heads of queries that share it."""

    block: _Block
    key_heads: int

    def of(self, row: torch.Tensor) -> torch.Tensor:
        """[H, T, N] to [K, H / K * length, N]."""
        own = row[:, self.block.start : self.block.end]
        return own.reshape(self.key_heads, -1, row.shape[-1])

    def forget_what_comes_later(self, weights: torch.Tensor) -> None:
        """Make the weights [K, H / K * length, seen] of keys behind their query zero, in place."""
        length = self.block.length
        weights.view(self.key_heads, -1, length, weights.shape[-1])[..., -length:].tril_()


def _seen(row: torch.Tensor, segment: Segment, end: int) -> torch.Tensor:
    """Of [..., T, N] the segment's prefix and its own tokens up to `end`."""
    own = row[..., segment.start : end, :]
    if not segment.prefix_length:
        return own
    return torch.cat((row[..., segment.prefix_start : segment.prefix_end, :], own), -2)


def _add(total: torch.Tensor, block: _Block, part: torch.Tensor) -> None:
    """Add [K, seen, D] to where `_seen` took it from, in place."""
    segment = block.segment
    prefix = segment.prefix_length
    if prefix:
        total[:, segment.prefix_start : segment.prefix_end] += part[:, :prefix]
    total[:, segment.start : block.end] += part[:, prefix:]


def _bias(length: int, past: int, dtype: torch.dtype) -> torch.Tensor:
    """[length, past + length]: 0 where a token is seen, else minus infinity."""
    return torch.full((length, past + length), float("-inf"), dtype=dtype).triu_(past + 1)


def _with_offset(rows: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
    """Rows [..., D] with what is to be added to each of their products, as two more columns.

    A matrix product adds in 32 bits: the small difference of two large numbers is rounded to 16
    only at the end. The offset is in 32 bits, its columns what 16 bits hold of it and the rest.
    """
    coarse = offset.to(rows.dtype)
    fine = (offset - coarse.float()).to(rows.dtype)
    return torch.cat((rows, coarse.unsqueeze(-1), fine.unsqueeze(-1)), -1)


def _with_ones(rows: torch.Tensor) -> torch.Tensor:
    """What `_with_offset` is multiplied with."""
    return torch.cat((rows, rows.new_ones(*rows.shape[:-1], 2)), -1)
