"""One more token of each answer, through models of the common kind, written out.

A token a row is so little work that most of its time goes to calling many small layers. Here
layers that read the same numbers are one product where their weights stand together, and nothing
is asked or built that the token does not need. The result is the layers' own (Llama, arXiv
2302.13971; rotary positions, 2104.09864).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from workbench.engine.plain_layers import PlainLayer, plain_layers, plain_linear
from workbench.engine.row_products import few_rows_linear
from workbench.engine.shared_prefix import SharedPrefixCache


@dataclass(frozen=True, slots=True)
class _Product:
    """Linear layers that read the same rows; those whose weights stand together are one.

    Weights are [out, in], the bias of all is [Σout] or absent.
    """

    weights: Sequence[torch.Tensor]
    bias: torch.Tensor | None

    @classmethod
    def of(cls, layers: Sequence[Any]) -> _Product | None:
        """None where one of them is more than its weight and bias."""
        linears = [plain_linear(layer) for layer in layers]
        found = [linear for linear in linears if linear is not None]
        biases = [linear.bias.detach() for linear in found if linear.bias is not None]
        if len(found) < len(linears) or len(biases) not in {0, len(found)}:
            return None
        weights = [linear.weight.detach() for linear in found]
        together = _as_one(weights)
        return cls(
            weights if together is None else [together], torch.cat(biases) if biases else None
        )

    @property
    def size(self) -> int:
        return sum(len(weight) for weight in self.weights)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """[B, in] to [B, Σout]."""
        products = [few_rows_linear(rows, weight) for weight in self.weights]
        product = products[0] if len(products) == 1 else torch.cat(products, dim=-1)
        return product if self.bias is None else product + self.bias


def _as_one(weights: Sequence[torch.Tensor]) -> torch.Tensor | None:
    """The weights as one matrix [Σout, in] if that is how they lie in memory."""
    first, place = weights[0], weights[0].data_ptr()
    for weight in weights:
        if weight.data_ptr() != place or not weight.is_contiguous():
            return None
        place += weight.nbytes
    if first.untyped_storage().nbytes() < place - first.untyped_storage().data_ptr():
        return None  # neighbours by chance
    return first.as_strided((sum(map(len, weights)), first.shape[1]), first.stride())


@dataclass(frozen=True, slots=True)
class _Norm:
    """w · x / √(mean x² + ε), of the last dimension."""

    weight: torch.Tensor
    epsilon: float

    @classmethod
    def of(cls, module: Any) -> _Norm:
        return cls(module.weight.detach(), module.variance_epsilon)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer's products and norms; `width` is a head's, `scale` what scores are multiplied by."""

    before_attention: _Norm
    into_attention: _Product
    head_norms: tuple[_Norm, _Norm] | None
    out_of_attention: _Product
    before_middle: _Norm
    into_middle: _Product
    out_of_middle: _Product
    width: int
    queries: int
    keys: int
    scale: float

    @classmethod
    def of(cls, layer: PlainLayer) -> _Layer | None:
        products = [
            _Product.of(group)
            for group in (
                layer.into_attention, [layer.out_of_attention],
                layer.into_middle, [layer.out_of_middle],
            )
        ]  # fmt: skip
        into_attention, out_of_attention, into_middle, out_of_middle = products
        if not (into_attention and out_of_attention and into_middle and out_of_middle):
            return None
        norms, width = layer.head_norms, layer.attention.head_dim
        keys = layer.into_attention[1].out_features // width
        return cls(
            _Norm.of(layer.module.input_layernorm), into_attention,
            None if norms is None else (_Norm.of(norms[0]), _Norm.of(norms[1])), out_of_attention,
            _Norm.of(layer.module.post_attention_layernorm), into_middle, out_of_middle,
            width, into_attention.size // width - 2 * keys, keys,
            layer.attention.scaling,
        )  # fmt: skip


class OneToken:
    """A model that reads one token a row. Its weights are those that the model had when made."""

    def __init__(self, causal: Any, layers: Sequence[_Layer]) -> None:
        body = causal.base_model
        self._embed, self._rotate = body.embed_tokens, body.rotary_emb
        self._layers, self._last = layers, _Norm.of(body.norm)

    @classmethod
    def of(cls, causal: Any) -> OneToken | None:
        """None for models of another kind, and where an adapter is apart from the weights."""
        layers = [_Layer.of(layer) for layer in plain_layers(causal)]
        found = [layer for layer in layers if layer is not None]
        return cls(causal, found) if found and len(found) == len(layers) else None

    def __call__(
        self, tokens: torch.Tensor, positions: torch.Tensor, cache: SharedPrefixCache
    ) -> torch.Tensor:
        """Read tokens [B] that stand at `positions` [B, 1]; last hidden states [B, H]."""
        x: torch.Tensor = self._embed(tokens)
        cos, sin = (part.transpose(0, 1) for part in self._rotate(x, positions.t()))  # [B, 1, D]
        # x · cos + (-x₂, x₁) · sin, with the sign moved to the sine's first half.
        sin = torch.cat((-sin[..., : sin.shape[-1] // 2], sin[..., sin.shape[-1] // 2 :]), -1)
        for place, layer in enumerate(self._layers):
            x = x + self._attend(place, layer, x, cos, sin, cache)
            gate, up = layer.into_middle(layer.before_middle(x)).chunk(2, dim=-1)
            x = x + layer.out_of_middle(functional.silu(gate) * up)
        return self._last(x)

    @staticmethod
    def _attend(
        place: int,
        layer: _Layer,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        cache: SharedPrefixCache,
    ) -> torch.Tensor:
        count, width = len(x), layer.width
        heads = layer.into_attention(layer.before_attention(x)).reshape(count, -1, width)
        turned, values = heads[:, : -layer.keys], heads[:, -layer.keys :]
        if layer.head_norms is not None:
            of_query, of_key = layer.head_norms
            queries, keys = turned[:, : layer.queries], turned[:, layer.queries :]
            turned = torch.cat((of_query(queries), of_key(keys)), 1)
        turned = torch.addcmul(turned * cos, turned.roll(width // 2, -1), sin)
        cache.update(turned[:, layer.queries :, None], values[:, :, None], place)
        attended = cache.attend(place, turned[:, : layer.queries, None], layer.scale)
        return layer.out_of_attention(attended.view(count, -1))
