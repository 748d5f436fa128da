"""What a model remembers of prompts and answers while it writes: once for all, or a copy a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from transformers import DynamicCache

from workbench.engine.attention import PackedAttention
from workbench.engine.one_token import OneToken
from workbench.engine.packing import Segment
from workbench.engine.shared_prefix import SharedPrefixCache


class AnswerMemory(Protocol):
    """Reads prompts, then a token of each answer at a time."""

    def first(self) -> torch.Tensor:
        """Read the prompts; returns the last hidden state for each row, [B, H]."""

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token a row, [B]; returns the last hidden states, [B, H]."""

    def keep(self, going: Sequence[int]) -> None:
        """Only the rows at these places stay."""


# Made of the model, distinct prompts, each row's prompt in ascending order, and the device.
MemoryKind = Callable[[Any, Sequence[Sequence[int]], Sequence[int], torch.device], AnswerMemory]


class Shared:
    """Prompts read in one packed pass and remembered once; rows beside them."""

    def __init__(
        self,
        causal: Any,
        prompts: Sequence[Sequence[int]],
        owners: Sequence[int],
        device: torch.device,
    ) -> None:
        self._causal, self._prompts, self._device = causal, prompts, device
        self._owners = owners
        ends = torch.tensor([len(prompt) for prompt in prompts]).cumsum(0).tolist()
        self._segments = [
            Segment(end - len(prompt), end) for prompt, end in zip(prompts, ends, strict=True)
        ]
        self._cache = SharedPrefixCache(self._segments, device)
        self._mask = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)

    def first(self) -> torch.Tensor:
        """Read the prompts; returns the last hidden state for each row, [B, H]."""
        ids = [token for prompt in self._prompts for token in prompt]
        positions = [place for prompt in self._prompts for place in range(len(prompt))]
        packed = PackedAttention(self._segments, self._device)
        states = self._causal.base_model(
            input_ids=torch.tensor([ids], device=self._device),
            position_ids=torch.tensor([positions], device=self._device),
            past_key_values=self._cache, use_cache=True, **packed.model_arguments(),
        ).last_hidden_state  # fmt: skip
        self._cache.branch(self._owners)
        lengths = [len(self._prompts[owner]) for owner in self._owners]
        self._positions = torch.tensor(lengths, device=self._device).unsqueeze(1)
        last = [self._segments[owner].end - 1 for owner in self._owners]
        rows: torch.Tensor = states[0, last]
        return rows

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token a row, [B]; returns the last hidden states, [B, H]."""
        self._cache.begin_token()
        states = self._causal.base_model(
            input_ids=tokens.unsqueeze(1), position_ids=self._positions,
            attention_mask=self._mask, past_key_values=self._cache, use_cache=True,
            branches=self._cache,
        ).last_hidden_state  # fmt: skip
        self._positions = self._positions + 1
        rows: torch.Tensor = states[:, 0]
        return rows

    def keep(self, going: Sequence[int]) -> None:
        """Only the rows at these places stay."""
        self._cache.keep(going)
        self._positions = self._positions[torch.tensor(going, device=self._device)]


class WrittenOut(Shared):
    """The same, with the step of a token written out where model and weights allow it."""

    def first(self) -> torch.Tensor:
        """Read the prompts; returns the last hidden state for each row, [B, H]."""
        self._one_token = OneToken.of(self._causal)
        return super().first()

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token a row, [B]; returns the last hidden states, [B, H]."""
        if self._one_token is None:
            return super().next(tokens)
        self._cache.begin_token()
        rows = self._one_token(tokens, self._positions, self._cache)
        self._positions = self._positions + 1
        return rows


class Copied:
    """Prompts padded on the left, read once, and what is remembered copied to their rows: as
    transformers does it, for models that nothing else suits.

    `mask` [B, tokens] says which tokens are there, `positions` [B, T] where those just read stand.
    """

    def __init__(
        self,
        causal: Any,
        prompts: Sequence[Sequence[int]],
        owners: Sequence[int],
        device: torch.device,
    ) -> None:
        self._causal, self._owners = causal, torch.tensor(owners, device=device)
        longest = max(map(len, prompts))
        ids = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        self._ids = torch.tensor(ids, device=device)
        self.mask = torch.tensor(mask, device=device)
        self.positions = (self.mask.cumsum(dim=1) - 1).clamp(min=0)
        self.cache = DynamicCache()

    def first(self) -> torch.Tensor:
        """Read the prompts; returns the last hidden state for each row, [B, H]."""
        rows = self._read(self._ids)[self._owners]
        self.cache.batch_select_indices(self._owners)
        self.mask, self.positions = self.mask[self._owners], self.positions[self._owners]
        return rows

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token a row, [B]; returns the last hidden states, [B, H]."""
        self.mask = torch.nn.functional.pad(self.mask, (0, 1), value=1)
        self.positions = self.positions[:, -1:] + 1
        return self._read(tokens.unsqueeze(1))

    def _read(self, ids: torch.Tensor) -> torch.Tensor:
        states = self._causal.base_model(
            input_ids=ids, attention_mask=self.mask, position_ids=self.positions,
            past_key_values=self.cache, use_cache=True,
        ).last_hidden_state  # fmt: skip
        rows: torch.Tensor = states[:, -1]
        return rows

    def keep(self, going: Sequence[int]) -> None:
        """Only the rows at these places stay."""
        kept = torch.tensor(going, device=self.mask.device)
        self.cache.batch_select_indices(kept)
        self.mask, self.positions = self.mask[kept], self.positions[kept]
