"""Models whose layers are all of the common kind: Llama and those built like it.

x + o(attention(rope(q), rope(k), v)) of an RMS norm of x, then x + down(silu(gate) · up) of
another. What is written out for them (`one_token.py`) is listed by family, as that is how it was
read and tried; others compute as transformers has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

_FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})


@dataclass(frozen=True, slots=True)
class PlainLayer:
    """A decoder layer of transformers and what it is made of; linear layers may have adapters."""

    module: Any

    @property
    def attention(self) -> Any:
        return self.module.self_attn

    @property
    def into_attention(self) -> tuple[Any, Any, Any]:
        """What makes queries, keys and values of the same numbers."""
        return self.attention.q_proj, self.attention.k_proj, self.attention.v_proj

    @property
    def out_of_attention(self) -> Any:
        return self.attention.o_proj

    @property
    def into_middle(self) -> tuple[Any, Any]:
        """Gate and up, which read the same numbers."""
        return self.module.mlp.gate_proj, self.module.mlp.up_proj

    @property
    def out_of_middle(self) -> Any:
        return self.module.mlp.down_proj

    @property
    def head_norms(self) -> tuple[Any, Any] | None:
        """Norms of each head's query and key, in models that have them (Qwen 3)."""
        query = getattr(self.attention, "q_norm", None)
        return None if query is None else (query, self.attention.k_norm)

    @property
    def window(self) -> int | None:
        """How many tokens back a token sees, where that is limited."""
        of_model: int | None = getattr(self.attention.config, "sliding_window", None)
        of_layer: int | None = getattr(self.attention, "sliding_window", of_model)
        return of_layer


def plain_layers(causal: Any) -> tuple[PlainLayer, ...]:
    """The layers of a causal language model of transformers; none where they are of another kind.

    Normal inputs are scaled by no factor and middles are SiLU's, in all families listed.
    """
    config = causal.config
    if config.model_type not in _FAMILIES or config.hidden_act not in {"silu", "swish"}:
        return ()
    return tuple(PlainLayer(module) for module in causal.base_model.layers)


def plain_linear(layer: Any) -> torch.nn.Linear | None:
    """The one linear layer that `layer` now is; None where an adapter adds to it, or 4 bits."""
    if hasattr(layer, "get_base_layer"):
        if not (layer.merged or layer.disable_adapters):
            return None
        layer = layer.get_base_layer()
    return layer if type(layer) is torch.nn.Linear else None
