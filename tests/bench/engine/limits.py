"""The least that a step needs: its FLOPs, and how fast this machine multiplies matrices.

N is the number of parameters in matrix products of the body, A those of the adapter, H the width
and V the vocabulary. A position read costs 2 N forward and 2 N backward (the gradient of frozen
weights is not needed) and 6 A; attention 2 · L · d · s a token forward over s tokens, three times
that with its backward; a learnt token 2 H V forward and 2 H V backward in the head.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoConfig

from tests.bench.engine.material import RANK, SFT_LENGTHS, Sizes
from workbench.core.recipes import AdapterConfig
from workbench.engine.devices import resolve_device
from workbench.engine.modeling import weights_dtype


@dataclass(frozen=True, slots=True)
class Limit:
    """Fewest floating-point operations of a step, and this machine's best rate, a second."""

    flops: float
    rate: float

    @property
    def least_s(self) -> float:
        return self.flops / self.rate


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a Llama-like model decides its cost."""

    layers: int
    hidden: int
    body: int
    adapter: int
    vocabulary: int

    @classmethod
    def of(cls, model: Path) -> Shape:
        config = AutoConfig.from_pretrained(model)
        hidden, inner = config.hidden_size, config.intermediate_size
        head = hidden // config.num_attention_heads
        kv = config.num_key_value_heads * head
        matrices = [(hidden, hidden), (hidden, kv), (hidden, kv), (hidden, hidden)]
        matrices += [(hidden, inner), (hidden, inner), (inner, hidden)]
        layers = config.num_hidden_layers
        return cls(
            layers, hidden, layers * sum(a * b for a, b in matrices),
            layers * RANK * sum(a + b for a, b in matrices), config.vocab_size,
        )  # fmt: skip

    def read(self, positions: int) -> float:
        """Forward and backward of so many positions, attention and head left out."""
        return positions * (4 * self.body + 6 * self.adapter)

    def attend(self, tokens: int, before: int = 0) -> float:
        """Causal attention of `tokens` that follow `before` others, forward and backward."""
        seen = tokens * before + tokens * tokens / 2
        return 3 * 4 * self.layers * self.hidden * seen

    def head(self, learnt: int) -> float:
        return 4.0 * learnt * self.hidden * self.vocabulary


def limit_of(method: str, model: Path, sizes: Sizes) -> Limit | None:
    """The limit of one step, or None for a step whose rollout is bound by memory instead."""
    shape = Shape.of(model)
    prompt, answer = sizes.prompt, sizes.answer
    if method == "sft":
        flops = sum(shape.read(p + c) + shape.attend(p + c) + shape.head(c) for p, c in SFT_LENGTHS)
    elif method in {"dpo", "grpo_update"}:
        groups, answers = (sizes.pairs, 2) if method == "dpo" else (1, sizes.group)
        one = shape.read(prompt + answers * answer) + shape.attend(prompt)
        one += answers * (shape.attend(answer, prompt) + shape.head(answer))
        flops = groups * one
    else:
        return None
    return Limit(flops, matrix_rate())


def matrix_rate() -> float:
    """Floating-point operations a second of a large matrix product, the best of several, in the
    numbers that frozen weights have by default on this device.
    """
    device = resolve_device("auto")
    on_gpu = device.type == "cuda"
    size = 8192 if on_gpu else 2048
    dtype = weights_dtype(device, AdapterConfig())
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = 0.0
    for _ in range(6):
        started = time.perf_counter()
        left @ right
        if on_gpu:
            torch.cuda.synchronize()
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best
