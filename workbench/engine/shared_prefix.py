"""A key-value cache in which the answers to one prompt share what the model remembers of it.

A prompt's keys and values stand once, however many answers continue it: nothing is copied to the
answers' rows, and one matrix product serves all of them. Each row keeps only its own tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from workbench.engine.packing import Segment

# Tokens of answers that there is room for at first; doubled when it is used up.
_FIRST_ROOM = 64


@dataclass(slots=True)
class _Layer:
    """Of one layer: prompts [P, K, S, D], padded on the right, and rows [B, K, room, D]."""

    prompt_keys: torch.Tensor
    prompt_values: torch.Tensor
    own_keys: torch.Tensor
    own_values: torch.Tensor


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which rows continue which prompt.

    `slots` [P, W] names a row for each of the W places that a prompt has; a place left empty
    repeats a row, whose result is not read. `places` [B] is where a row stands in the flat [P·W].
    """

    slots: torch.Tensor
    places: torch.Tensor
    width: int
    is_even: bool

    @classmethod
    def of(cls, owners: Sequence[int], prompts: int, device: torch.device) -> _Rows:
        """`owners` has each row's prompt, in ascending order."""
        rows_of: list[list[int]] = [[] for _ in range(prompts)]
        for row, owner in enumerate(owners):
            rows_of[owner].append(row)
        width = max(len(rows) for rows in rows_of)
        slots = [rows + [0] * (width - len(rows)) for rows in rows_of]
        first = {row: owner * width for owner, rows in enumerate(rows_of) for row in rows[:1]}
        places, at = [], 0
        for row in range(len(owners)):
            at = first.get(row, at + 1)
            places.append(at)
        return cls(
            torch.tensor(slots, device=device), torch.tensor(places, device=device), width,
            is_even=len(owners) == prompts * width,
        )  # fmt: skip


class SharedPrefixCache:
    """What a model remembers while it writes; passed to it as `past_key_values` and `branches`.

    First one pass over all prompts in a packed row, `prompts` their segments; then, after `branch`,
    one token a row at a time.
    """

    def __init__(self, prompts: Sequence[Segment], device: torch.device) -> None:
        self._prompts = tuple(prompts)
        self._device = device
        self._layers: list[_Layer] = []
        self._owners: list[int] = []
        self._length = 0
        self._rows: _Rows | None = None
        lengths = torch.tensor([segment.length for segment in prompts], device=device)
        size = max(segment.length for segment in prompts)
        # [P, 1, 1, S]: what of the padded prompts is not there.
        self._absent = (torch.arange(size, device=device) >= lengths[:, None])[:, None, None]
        self._is_ragged = any(segment.length < size for segment in prompts)

    def branch(self, owners: Sequence[int]) -> None:
        """Begin a row for each of `owners`, a prompt's number, in ascending order."""
        self._owners = list(owners)
        self._rows = _Rows.of(owners, len(self._prompts), self._device)
        for layer in self._layers:
            _, heads, _, width = layer.prompt_keys.shape
            room = layer.prompt_keys.new_empty(len(owners), heads, _FIRST_ROOM, width)
            layer.own_keys, layer.own_values = room, torch.empty_like(room)

    def begin_token(self) -> None:
        """Each row is about to read one more token."""
        self._length += 1
        if self._length <= self._layers[0].own_keys.shape[2]:
            return
        for layer in self._layers:
            layer.own_keys = torch.cat((layer.own_keys, torch.empty_like(layer.own_keys)), dim=2)
            layer.own_values = torch.cat(
                (layer.own_values, torch.empty_like(layer.own_values)), dim=2
            )

    def keep(self, going: Sequence[int]) -> None:
        """Only the rows at the places `going` stay; prompts that no row continues are let go."""
        kept = torch.tensor(going, device=self._device)
        owners = [self._owners[place] for place in going]
        wanted = sorted(set(owners))
        if len(wanted) < len(self._absent):
            left = torch.tensor(wanted, device=self._device)
            self._absent = self._absent[left]
            for layer in self._layers:
                layer.prompt_keys = layer.prompt_keys[left]
                layer.prompt_values = layer.prompt_values[left]
        for layer in self._layers:
            layer.own_keys, layer.own_values = layer.own_keys[kept], layer.own_values[kept]
        number = {owner: place for place, owner in enumerate(wanted)}
        self._owners = [number[owner] for owner in owners]
        self._rows = _Rows.of(self._owners, len(wanted), self._device)

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As transformers calls it in each layer: take over keys and values [B, K, T, D]."""
        if self._rows is None:
            self._layers.append(
                _Layer(self._padded(keys), self._padded(values), keys[:0], values[:0])
            )
        else:
            own = self._layers[layer]
            own.own_keys[:, :, self._length - 1] = keys[:, :, 0]
            own.own_values[:, :, self._length - 1] = values[:, :, 0]
        return keys, values

    def get_seq_length(self, *_: Any) -> int:
        """Asked for by models that are not told positions; ours always are."""
        return self._length

    def _padded(self, packed: torch.Tensor) -> torch.Tensor:
        """[1, K, ΣS, D] of all prompts in a row → [P, K, S, D]."""
        parts = [packed[0, :, part.start : part.end].transpose(0, 1) for part in self._prompts]
        return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True).transpose(1, 2).contiguous()

    def attend(self, layer: int, query: torch.Tensor, scale: float) -> torch.Tensor:
        """Attention of one token a row, [B, H, 1, D], to its prompt and its row; [B, 1, H, D].

        Two softmaxes are joined by their log-sums: the share of the prompt is e^p / (e^p + e^r).
        """
        rows, own = self._rows, self._layers[layer]
        assert rows is not None
        count, heads, _, width = query.shape
        kv_heads = own.own_keys.shape[1]
        query = query.reshape(count, kv_heads, heads // kv_heads, width)
        of_prompt, prompt_sums = _attention(
            _by_prompt(query, rows), own.prompt_keys, own.prompt_values,
            self._absent if self._is_ragged else None, scale,
        )  # fmt: skip
        of_row, row_sums = _attention(
            query, own.own_keys[:, :, : self._length], own.own_values[:, :, : self._length],
            None, scale,
        )  # fmt: skip
        share = torch.sigmoid(_by_row(prompt_sums.unsqueeze(-1), rows) - row_sums.unsqueeze(-1))
        answer = torch.lerp(of_row, _by_row(of_prompt, rows), share.to(of_row.dtype))
        return answer.reshape(count, 1, heads, width)


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    absent: torch.Tensor | None,
    scale: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention of [N, K, Q, D] to [N, K, S, D], and the log of each softmax's sum, [N, K, Q].

    `absent` [N, 1, 1, S] says which keys are not there.
    """
    if query.device.type == "cpu":
        bias = None
        if absent is not None:
            bias = torch.zeros_like(absent, dtype=query.dtype).masked_fill_(absent, float("-inf"))
        attended, sums = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query.contiguous(), key, value, attn_mask=bias, scale=scale
        )  # contiguous, as the kernel takes a step of 1 within a head for granted
        return attended, sums
    scores = ((query * scale) @ key.transpose(2, 3)).float()
    if absent is not None:
        scores = scores.masked_fill(absent, float("-inf"))
    log_sums = scores.logsumexp(dim=-1)
    return (scores - log_sums.unsqueeze(-1)).exp().to(value.dtype) @ value, log_sums


def _by_prompt(values: torch.Tensor, rows: _Rows) -> torch.Tensor:
    """[B, K, R, X] → [P, K, W·R, X]: all rows of a prompt together, for one product."""
    _, kv_heads, repeats, size = values.shape
    placed = values if rows.is_even else values[rows.slots.flatten()]
    apart = placed.reshape(-1, rows.width, kv_heads, repeats, size).transpose(1, 2)
    return apart.reshape(-1, kv_heads, rows.width * repeats, size)


def _by_row(values: torch.Tensor, rows: _Rows) -> torch.Tensor:
    """The way back: [P, K, W·R, X] → [B, K, R, X]"""
    prompts, kv_heads, together, size = values.shape
    repeats = together // rows.width
    apart = values.view(prompts, kv_heads, rows.width, repeats, size).transpose(1, 2)
    flat = apart.reshape(prompts * rows.width, kv_heads, repeats, size)
    return flat if rows.is_even else flat[rows.places]
