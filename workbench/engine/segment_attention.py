"""Attention over a packed row on processors, in 16 bits, with a gradient of our own.

PyTorch's attention for CPUs is quick forward; its gradient in 16 bits takes several times as long
as the matrix products that it consists of. Here they are written out, FlashAttention's way
(Dao et al., 2022, arXiv:2205.14135): probabilities are made again from the log-sum-exp that the
forward pass kept, part by part (`attention_parts.py`), so that memory stays linear in the length.

Heads that share their keys are rows of the same products: a token's are next to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from workbench.engine.attention_parts import Part, Range, parts_of, runs_of
from workbench.engine.packing import Segment


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
    attended: torch.Tensor = _RowAttention.apply(query, key, value, tuple(segments), used)  # type: ignore[no-untyped-call]
    return attended


class _RowAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        segments: tuple[Segment, ...],
        scale: float,
    ) -> torch.Tensor:
        queries, keys, values = _by_token(query[0].transpose(0, 1), len(key[0])), key[0], value[0]
        attended = torch.empty_like(queries)
        log_sums = torch.empty(queries.shape[:-1])
        for segment in segments:
            own = Range(segment.start, segment.end)
            _attend_to_own(queries, keys, values, own, scale, attended, log_sums)
        for run in runs_of(segments):
            if run.prefix.length:
                _attend_to_prefix(
                    queries, keys, values, run.queries, run.prefix, scale, attended, log_sums
                )
        result = attended.transpose(0, 1).reshape(1, query.shape[2], *query.shape[1::2])
        ctx.save_for_backward(queries, key, value, result, log_sums)
        ctx.segments, ctx.scale = segments, scale
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        queries, key, value, attended, log_sums = ctx.saved_tensors
        heads, width = len(key[0]), key.shape[-1]
        shares = (attended[0] * gradient[0]).sum(-1, dtype=torch.float32)  # [T, H]
        shares = shares.view(len(shares), heads, -1).transpose(0, 1)  # [K, T, H / K]
        scaled = _with_offset(queries * ctx.scale, -log_sums)
        incoming = _with_offset(_by_token(gradient[0], heads), -shares)
        keys, values = _with_ones(key[0]), _with_ones(value[0])
        of_query, of_key, of_value = (torch.zeros_like(part) for part in (queries, key, value))
        for part in parts_of(ctx.segments):
            rows, above = _rows(scaled, part.queries), _rows(incoming, part.queries)
            seen_keys, seen_values = _of(keys, part.keys), _of(values, part.keys)
            scores = torch.bmm(rows, seen_keys.mT)
            _hide(scores, part)
            weights = scores.exp_()  # exp(score - log-sum)
            _of(of_value[0], part.keys).add_(torch.bmm(weights.mT, above[..., :width]))
            of_scores = torch.bmm(above, seen_values.mT).mul_(weights)
            _of(of_key[0], part.keys).add_(torch.bmm(of_scores.mT, rows[..., :width]))
            _rows(of_query, part.queries).add_(torch.bmm(of_scores, seen_keys[..., :width]))
        of_query = (of_query * ctx.scale).transpose(0, 1).flatten(1, 2)
        return of_query.transpose(0, 1).unsqueeze(0), of_key, of_value, None, None


def _attend_to_own(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    own: Range,
    scale: float,
    attended: torch.Tensor,
    log_sums: torch.Tensor,
) -> None:
    """What each query of a segment makes of its past in it, into `attended` and `log_sums`."""
    heads = queries.shape[2]
    out, sums = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        _of(queries, own).transpose(1, 2),  # keys' heads in place of a batch, so nothing is copied
        *(_of(part, own).unsqueeze(1).expand(-1, heads, -1, -1) for part in (keys, values)),
        is_causal=True, scale=scale,
    )  # fmt: skip
    _of(attended, own).copy_(out.transpose(1, 2))
    _of(log_sums, own).copy_(sums.transpose(1, 2))


def _attend_to_prefix(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    run: Range,
    prefix: Range,
    scale: float,
    attended: torch.Tensor,
    log_sums: torch.Tensor,
) -> None:
    """Join what a run's queries make of its prefix with what is there of their own.

    Two softmaxes are joined by their log-sums: the prefix has a share of e^p / (e^p + e^o).
    """
    out, sums = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        _rows(queries, run).unsqueeze(0), _of(keys, prefix).unsqueeze(0),
        _of(values, prefix).unsqueeze(0), scale=scale,
    )  # fmt: skip
    own = _rows(log_sums.unsqueeze(-1), run)
    share = torch.sigmoid(sums[0].unsqueeze(-1) - own)
    _rows(attended, run).lerp_(out[0], share.to(out.dtype))
    own.copy_(torch.logaddexp(own, sums[0].unsqueeze(-1)))


def _by_token(row: torch.Tensor, key_heads: int) -> torch.Tensor:
    """[T, H, D] to [K, T, H / K, D], in memory too."""
    return row.reshape(len(row), key_heads, -1, row.shape[-1]).transpose(0, 1).contiguous()


def _of(row: torch.Tensor, places: Range) -> torch.Tensor:
    return row[:, places.start : places.end]


def _rows(row: torch.Tensor, places: Range) -> torch.Tensor:
    """Of [K, T, R, N] a range as rows of a matrix for each head of keys, [K, length · R, N]."""
    return _of(row, places).flatten(1, 2)


def _hide(scores: torch.Tensor, part: Part) -> None:
    """Make the scores [K, length · R, keys] of what is not seen minus infinity, in place."""
    if part.bias is not None:
        columns = part.bias.shape[-1]
        view = scores.view(len(scores), part.queries.length, -1, scores.shape[-1])
        view[..., -columns:].add_(part.bias)


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
