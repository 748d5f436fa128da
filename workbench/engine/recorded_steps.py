"""Answers written in tensors that never move, so that a GPU can repeat one recorded step.

A token of a small model is a thousand small kernels, and starting them takes longer than they do.
A CUDA graph starts them all at once, but needs every tensor to stay where it is, at its size. So
keys and values have room from the beginning, in buckets of lengths; answers that end stay in their
rows until half of them have, when the rest move together and the step is recorded anew.

On a CPU the same steps are made one by one, which is how they are tested. The recording itself was
not run yet, as no GPU was at hand: where it fails, steps are made one by one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from workbench.engine.answer_memory import Copied

# Room for tokens grows by so many, so that few sizes come up.
_BUCKET = 128


class _Room:
    """Keys and values of all layers, [B, K, room, D], as transformers' caches are used.

    `slot` [1] is where the token that is read stands; it is the same for all rows.
    """

    def __init__(self, keys: list[torch.Tensor], values: list[torch.Tensor], filled: int) -> None:
        self.keys, self.values = keys, values
        self.slot = torch.tensor([filled], device=keys[0].device)

    @property
    def size(self) -> int:
        return self.keys[0].shape[2]

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take over keys and values [B, K, 1, D]; returns all there is room for."""
        self.keys[layer].index_copy_(2, self.slot, keys)
        self.values[layer].index_copy_(2, self.slot, values)
        return self.keys[layer], self.values[layer]

    def get_seq_length(self, *_: Any) -> int:
        """Asked for by models that are not told positions; ours always are."""
        return 0


class Recorded:
    """The memory of answers whose every step is the same work in the same place."""

    def __init__(
        self,
        causal: Any,
        prompts: Sequence[Sequence[int]],
        owners: Sequence[int],
        device: torch.device,
    ) -> None:
        self._causal = causal
        self._reading = Copied(causal, prompts, owners, device)
        self._filled = max(map(len, prompts))
        self._places = torch.arange(len(owners), device=device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._is_new = True

    def first(self) -> torch.Tensor:
        """Read the prompts; returns the last hidden state for each row, [B, H]."""
        states = self._reading.first()
        layers = self._reading.cache.layers
        self._room = _Room(
            [layer.keys for layer in layers], [layer.values for layer in layers], self._filled
        )
        self._positions = self._reading.positions[:, -1:]
        # [B, 1, 1, room]: the tokens that are there; passed as it is, so that no mask is built.
        self._seen = self._reading.mask.bool()[:, None, None]
        del self._reading
        self._take(self._places)
        return states

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token a row, [B]; returns the last hidden states, [B, H]."""
        if self._filled == self._room.size:
            self._take(self._places)
        self._ids[self._places, 0] = tokens
        self._positions += 1
        self._seen.index_fill_(3, self._room.slot, True)
        self._make_step()
        self._filled += 1
        self._room.slot += 1
        return self._states[self._places]

    def keep(self, going: Sequence[int]) -> None:
        """Only the rows at these places stay."""
        self._places = self._places[torch.tensor(going, device=self._places.device)]
        if 2 * len(going) <= len(self._ids):
            self._take(self._places)

    def _take(self, rows: torch.Tensor) -> None:
        """Go on with these rows only, with room for more tokens: all tensors are new ones."""
        size = (self._filled // _BUCKET + 1) * _BUCKET

        def moved(old: torch.Tensor, dim: int) -> torch.Tensor:
            shape = list(old.shape)
            shape[0], shape[dim] = len(rows), size
            new = old.new_zeros(shape)
            new.narrow(dim, 0, self._filled).copy_(old[rows].narrow(dim, 0, self._filled))
            return new

        room = self._room
        self._room = _Room(
            [moved(layer, 2) for layer in room.keys], [moved(layer, 2) for layer in room.values],
            self._filled,
        )  # fmt: skip
        self._seen = moved(self._seen, 3)
        self._positions = self._positions[rows]
        self._ids = torch.zeros_like(self._positions)
        self._places = torch.arange(len(rows), device=rows.device)
        self._graph, self._is_new = None, True

    def _make_step(self) -> None:
        if self._is_new and self._ids.is_cuda:
            self._record()
        self._is_new = False
        if self._graph is not None:
            self._graph.replay()
        else:
            self._states = self._step()

    def _step(self) -> torch.Tensor:
        """Last hidden states of all rows; to make it twice changes nothing."""
        states: torch.Tensor = self._causal.base_model(
            input_ids=self._ids, position_ids=self._positions, attention_mask=self._seen,
            past_key_values=self._room, use_cache=True,
        ).last_hidden_state  # fmt: skip
        return states[:, 0]

    def _record(self) -> None:
        """Record the step as a CUDA graph, after a few in earnest, as torch asks for."""
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(2):
                self._step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._states = self._step()
        except RuntimeError:  # something in the model waits for the host
            return
        self._graph = graph
