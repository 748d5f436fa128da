"""Attention over a packed row: each segment sees its prefix and its own past, and nothing else.

Registered with transformers under one name; without segments it is transformers' own SDPA. On
CUDA one variable-length FlashAttention call serves all segments; elsewhere SDPA runs segment by
segment, so that no work is spent on what a mask would throw away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from workbench.engine import segment_attention
from workbench.engine.packing import Segment
from workbench.engine.shared_prefix import SharedPrefixCache

NAME = "workbench_packed"

# A 4-D mask is passed through as it is, so that transformers builds none for a packed row.
_NO_MASK = (1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class _Varlen:
    """Segments as FlashAttention wants them: bounds of queries and keys, and which keys."""

    query_bounds: torch.Tensor
    key_bounds: torch.Tensor
    longest_query: int
    longest_key: int
    key_places: torch.Tensor | None


class PackedAttention:
    """What one forward pass needs to know of its segments; made once, used in every layer."""

    def __init__(self, segments: Sequence[Segment], device: torch.device) -> None:
        self.segments = tuple(segments)
        self.lengths = [segment.length for segment in segments]
        # A shared prefix is a segment itself, so that its keys are there already.
        self.place_of = {segment.start: place for place, segment in enumerate(segments)}
        self._device = device
        self._varlen: _Varlen | None = None
        self._masks: dict[tuple[int, int, int | None], torch.Tensor] = {}

    def model_arguments(self) -> dict[str, Any]:
        """What to pass to the model beside its tokens."""
        mask = torch.ones(_NO_MASK, dtype=torch.bool, device=self._device)
        return {"attention_mask": mask, "packed": self}

    def varlen(self) -> _Varlen:
        """The segments for one FlashAttention call. Keys of a shared prefix are gathered."""
        if self._varlen is None:
            queries = [segment.length for segment in self.segments]
            keys = [segment.length + segment.prefix_length for segment in self.segments]
            places = None
            if queries != keys:
                ranges = [
                    torch.arange(start, end)
                    for segment in self.segments
                    for start, end in (
                        (segment.prefix_start, segment.prefix_end), (segment.start, segment.end),
                    )
                ]  # fmt: skip
                places = torch.cat(ranges).to(self._device)
            self._varlen = _Varlen(
                self._bounds(queries), self._bounds(keys), max(queries), max(keys), places
            )
        return self._varlen

    def _bounds(self, lengths: Sequence[int]) -> torch.Tensor:
        sums = torch.tensor([0, *lengths], dtype=torch.int32).cumsum(0, dtype=torch.int32)
        return sums.to(self._device)

    def mask(self, segment: Segment, window: int | None) -> torch.Tensor:
        """Which of prefix and own tokens [C, P + C] each token of the segment sees."""
        key = (segment.prefix_length, segment.length, window)
        if key not in self._masks:
            past, own = segment.prefix_length, segment.length
            query = torch.arange(past, past + own, device=self._device)[:, None]
            place = torch.arange(past + own, device=self._device)[None, :]
            seen = place <= query
            if window is not None:
                seen &= place > query - window
            self._masks[key] = seen
        return self._masks[key]


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    packed: PackedAttention | None = None,
    branches: SharedPrefixCache | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attention as transformers calls it: query [B, H, T, D], key and value [B, K, T, D].

    Returns [B, T, H, D]. `branches` are answers being written, a token a row at a time.
    """
    if branches is not None:
        scale = options.get("scaling") or query.shape[-1] ** -0.5
        return branches.attend(int(module.layer_idx), query, scale), None  # type: ignore[arg-type]
    if packed is None:
        native: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **options
        )
        return native
    scale, window = options.get("scaling"), options.get("sliding_window")
    dropout = options.get("dropout", 0.0)
    if _flash_suits(query, dropout):
        return _flash(query, key, value, packed, scale, window), None
    if window is None and segment_attention.suits(query, value, dropout):
        return segment_attention.attend(query, key, value, packed.segments, scale), None
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    # Split rather than sliced: a slice's gradient is as large as the whole row.
    queries, keys, values = (torch.split(part, packed.lengths, 2) for part in (query, key, value))
    attended = []
    for segment, own, own_keys, own_values in zip(
        packed.segments, queries, keys, values, strict=True
    ):
        if segment.prefix_length:
            past = packed.place_of[segment.prefix_start]
            own_keys = torch.cat((keys[past], own_keys), dim=2)
            own_values = torch.cat((values[past], own_values), dim=2)
        is_plain = not segment.prefix_length and (window is None or segment.length <= window)
        attended.append(
            functional.scaled_dot_product_attention(
                own, own_keys, own_values, dropout_p=dropout, is_causal=is_plain, scale=scale,
                attn_mask=None if is_plain else packed.mask(segment, window),
            )
        )  # fmt: skip
    return torch.cat(attended, dim=2).transpose(1, 2), None


def _flash_suits(query: torch.Tensor, dropout: float) -> bool:
    """FlashAttention wants 16-bit numbers and an Ampere or newer card."""
    return (
        query.is_cuda
        and dropout == 0.0
        and query.dtype in {torch.bfloat16, torch.float16}
        and query.shape[-1] <= 256
        and torch.cuda.get_device_capability(query.device) >= (8, 0)
    )


def _flash(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    packed: PackedAttention,
    scale: float | None,
    window: int | None,
) -> torch.Tensor:
    from torch.nn.attention.varlen import varlen_attn

    plan = packed.varlen()
    queries, keys, values = (part[0].transpose(0, 1) for part in (query, key, value))
    if plan.key_places is not None:
        keys, values = keys[plan.key_places], values[plan.key_places]
    attended = varlen_attn(
        queries, keys, values, plan.query_bounds, plan.key_bounds, plan.longest_query,
        plan.longest_key, scale=scale, window_size=(-1 if window is None else window - 1, 0),
        enable_gqa=queries.shape[1] != keys.shape[1],
    )  # fmt: skip
    assert isinstance(attended, torch.Tensor)  # a tuple only where more is asked for
    return attended.unsqueeze(0)


AttentionInterface.register(NAME, packed_attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
