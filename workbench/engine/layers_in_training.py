"""Layers of the common kind in training, written out: an adapter's products share what they read.

Queries, keys and values read the same normed numbers, and so do gate and up. Their adapters' first
halves are one product then, and their second halves are further columns of the frozen weights, so
that none of them passes over an output of its own. Every gradient is written out with its layer.

For processors and LoRA on all products, without dropout; other models keep the layers of
transformers and peft, in the cheaper forms of `fused.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch.autograd.function import once_differentiable
from torch.nn import functional

from workbench.engine.attention import packed_attention
from workbench.engine.fused import inverse_rms, is_plain_norm, norm_gradient
from workbench.engine.logprobs import Policy, differ_by_rounding, trial_logps
from workbench.engine.plain_layers import PlainLayer, plain_layers
from workbench.engine.row_products import add_product, product


def try_writing_out(policy: Policy) -> bool:
    """Let the layers compute this way if it changes nothing for this model; returns whether it is
    so. For a policy that packs and whose weights no other process has a part of.
    """
    layers = plain_layers(policy.causal)
    if not policy.packs or not layers or not all(_suits(layer) for layer in layers):
        return False
    expected = trial_logps(policy)
    native = [layer.module.forward for layer in layers]
    for layer in layers:
        layer.module.forward = MethodType(_LayerInTraining(layer).forward, layer.module)
    if differ_by_rounding(expected, trial_logps(policy)):
        return True
    for layer, forward in zip(layers, native, strict=True):
        layer.module.forward = forward
    return False


def _suits(layer: PlainLayer) -> bool:
    products = (*layer.into_attention, *layer.into_middle, layer.out_of_middle)
    norms = (layer.module.input_layernorm, layer.module.post_attention_layernorm)
    return all(_is_plain(product) for product in products) and all(map(is_plain_norm, norms))


def _is_plain(product: Any) -> bool:
    if type(product) is not LoraLinear or len(product.active_adapters) != 1:
        return False
    name, base = product.active_adapters[0], product.get_base_layer()
    return (
        type(base) is torch.nn.Linear
        and base.weight.device.type == "cpu"
        and base.weight.is_floating_point()
        and name in product.lora_A
        and name not in product.lora_variant
        and not product.lora_bias[name]
        and isinstance(product.lora_dropout[name], torch.nn.Identity)
    )


class _LayerInTraining:
    """One layer's forward pass; whatever is asked of it but training is the model's own."""

    def __init__(self, layer: PlainLayer) -> None:
        module = layer.module
        self._layer = layer
        self._native = module.forward
        self._into_attention = _Adapted(layer.into_attention)
        self._into_middle = _Adapted(layer.into_middle)
        self._out_of_middle = _Adapted([layer.out_of_middle])

    def forward(
        self,
        module: Any,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        position_embeddings: tuple[torch.Tensor, torch.Tensor] | None = None,
        past_key_values: Any = None,
        **options: Any,
    ) -> torch.Tensor:
        """As transformers calls it: hidden states [1, T, H] to the next layer's."""
        packed = options.get("packed")
        parts = (self._into_attention, self._into_middle, self._out_of_middle)
        if (
            packed is None
            or past_key_values is not None
            or position_embeddings is None
            or not all(part.is_at_work for part in parts)
        ):
            native: torch.Tensor = self._native(
                hidden_states, attention_mask=attention_mask,
                position_embeddings=position_embeddings, past_key_values=past_key_values, **options,
            )  # fmt: skip
            return native
        cos, sin = (part[0].unsqueeze(1) for part in position_embeddings)
        inputs = (hidden_states[0], cos, sin, attention_mask, packed)
        # transformers does so in the layer's own forward, which this one stands for.
        if module.gradient_checkpointing and module.training:
            result: torch.Tensor = module._gradient_checkpointing_func(self._computed, *inputs)
        else:
            result = self._computed(*inputs)
        return result.unsqueeze(0)

    def _computed(
        self,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        mask: torch.Tensor | None,
        packed: Any,
    ) -> torch.Tensor:
        """[T, H] to [T, H]; `cos` and `sin` are [T, 1, D]."""
        x = x + self._attend(x, cos, sin, mask, packed)
        gate, up = self._into_middle.of_normed(x, self._layer.module.post_attention_layernorm)
        return x + self._out_of_middle.of_gated(gate, up)

    def _attend(
        self,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        mask: torch.Tensor | None,
        packed: Any,
    ) -> torch.Tensor:
        """[T, H] to [T, H]; `cos` and `sin` are [T, 1, D]."""
        layer, attention = self._layer, self._layer.attention
        made = self._into_attention.of_normed(x, layer.module.input_layernorm)
        query, key, value = (part.view(len(x), -1, attention.head_dim) for part in made)
        if layer.head_norms is not None:
            of_query, of_key = layer.head_norms
            query, key = of_query(query), of_key(key)
        query, key = (_Rotated.apply(part, cos, sin) for part in (query, key))  # type: ignore[no-untyped-call]
        query, key, value = (part.transpose(0, 1).unsqueeze(0) for part in (query, key, value))
        attended, _ = packed_attention(
            attention, query, key, value, mask, packed, scaling=attention.scaling,
            dropout=attention.attention_dropout if attention.training else 0.0,
            sliding_window=layer.window,
        )  # fmt: skip
        result: torch.Tensor = layer.out_of_attention(attended[0].flatten(1))
        return result


class _Adapted:
    """Linear layers of peft that read the same rows, each with one plain adapter.

    `weights` are [out, in + Σr]: a frozen weight W, and behind it s B of its own adapter and
    nothing of the others'. With rows [x | x Aᵀ], A all adapters' first halves, one product gives
    x Wᵀ + s (x Aᵀ) Bᵀ. The layers' own weights are the first columns of these from here on.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self._layers = tuple(layers)
        self._name = layers[0].active_adapters[0]
        self._linears = [layer.get_base_layer() for layer in layers]
        self.inputs: int = self._linears[0].in_features
        ranks = [layer.r[self._name] for layer in layers]
        ends = torch.tensor([self.inputs, *ranks]).cumsum(0).tolist()
        self.columns = [slice(*bounds) for bounds in pairwise(ends)]
        self.scales = [layer.scaling[self._name] for layer in layers]
        self.width: int = ends[-1]
        self.weights = [self._widened(linear) for linear in self._linears]
        self.biases = [linear.bias for linear in self._linears]

    def _widened(self, linear: torch.nn.Linear) -> torch.Tensor:
        wide = linear.weight.new_zeros(linear.out_features, self.width).detach()
        wide[:, : self.inputs] = linear.weight.detach()
        linear.weight.data = wide[:, : self.inputs]
        return wide

    @property
    def is_at_work(self) -> bool:
        """Whether the adapters are on, and apart from the weights."""
        return not any(
            layer.disable_adapters or layer.merged or layer.active_adapters != [self._name]
            for layer in self._layers
        )

    def of_normed(self, x: torch.Tensor, norm: Any) -> tuple[torch.Tensor, ...]:
        """The layers' outputs [T, out] for the RMS norm of x [T, in]."""
        made: tuple[torch.Tensor, ...] = _Normed.apply(  # type: ignore[no-untyped-call]
            x, norm.weight, norm.variance_epsilon, self, *self._adapters()
        )
        return made

    def of_gated(self, gate: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
        """The one layer's output [T, out] for silu(gate) · up, [T, in]."""
        made: torch.Tensor = _Gated.apply(gate, up, self, *self._adapters())  # type: ignore[no-untyped-call]
        return made

    def _adapters(self) -> list[torch.Tensor]:
        """All first halves A [r, in], then all second halves B [out, r]."""
        name = self._name
        return [
            *(layer.lora_A[name].weight for layer in self._layers),
            *(layer.lora_B[name].weight for layer in self._layers),
        ]

    def take_over(self, ups: Sequence[torch.Tensor]) -> None:
        """Put the adapters' second halves, as they are now, behind the frozen weights.

        Two lanes may do so at once: both write the same.
        """
        for weight, place, up, scale in zip(
            self.weights, self.columns, ups, self.scales, strict=True
        ):
            weight[:, place] = up * scale

    def products(self, rows: torch.Tensor, downs: torch.Tensor) -> list[torch.Tensor]:
        """Outputs for rows [T, in + Σr], whose last columns are filled in here."""
        torch.mm(rows[:, : self.inputs], downs.T, out=rows[:, self.inputs :])
        made = [product(rows, weight.T) for weight in self.weights]
        for output, bias in zip(made, self.biases, strict=True):
            if bias is not None:
                output += bias
        return made

    def gradients(
        self, upstream: Sequence[torch.Tensor], rows: torch.Tensor, downs: torch.Tensor
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """For x (a view [T, in]), and for all A and all B, in 32 bits.

        With g the gradients of the outputs: dx = Σ g W + Σ s (g B) A, dA = s (g B)ᵀ x,
        dB = s gᵀ (x Aᵀ); g W and s g B are one product.
        """
        into = product(upstream[0], self.weights[0])
        for gradient, weight in zip(upstream[1:], self.weights[1:], strict=True):
            add_product(into, gradient, weight)
        through = into[:, self.inputs :]
        of_downs = (through.T @ rows[:, : self.inputs]).float()
        ranks = [place.stop - place.start for place in self.columns]
        of_ups = [
            (gradient.T @ rows[:, place]).float().mul_(scale)
            for gradient, place, scale in zip(upstream, self.columns, self.scales, strict=True)
        ]
        of_x = into[:, : self.inputs].addmm_(through, downs)
        return of_x, [*torch.split(of_downs, ranks), *of_ups]


def _all_downs(adapters: Sequence[torch.Tensor], dtype: torch.dtype) -> torch.Tensor:
    downs = adapters[: len(adapters) // 2]
    return torch.cat([down.detach() for down in downs]).to(dtype)


class _Normed(torch.autograd.Function):
    """Products of an RMS norm: y = W n + s B A n with n = w · x / √(mean x² + ε)."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        epsilon: float,
        adapted: _Adapted,
        *adapters: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        rows = x.new_empty(len(x), adapted.width)
        exact = x.float()
        inverse = inverse_rms(exact, epsilon)
        torch.mul((exact * inverse).to(x.dtype), weight, out=rows[:, : adapted.inputs])
        downs = _all_downs(adapters, x.dtype)
        adapted.take_over(adapters[len(adapters) // 2 :])
        ctx.save_for_backward(x, weight, inverse, rows, downs)
        ctx.adapted = adapted
        return tuple(adapted.products(rows, downs))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, inverse, rows, downs = ctx.saved_tensors
        into, of_adapters = ctx.adapted.gradients(upstream, rows, downs)
        return norm_gradient(into, x, weight, inverse), None, None, None, *of_adapters


class _Gated(torch.autograd.Function):
    """The product of a SwiGLU's middle: y = W h + s B A h with h = silu(gate) · up (2002.05202)."""

    @staticmethod
    def forward(
        ctx: Any, gate: torch.Tensor, up: torch.Tensor, adapted: _Adapted, *adapters: torch.Tensor
    ) -> torch.Tensor:
        rows = gate.new_empty(len(gate), adapted.width)
        torch.mul(functional.silu(gate), up, out=rows[:, : adapted.inputs])
        downs = _all_downs(adapters, gate.dtype)
        adapted.take_over(adapters[len(adapters) // 2 :])
        ctx.save_for_backward(gate, up, rows, downs)
        ctx.adapted = adapted
        return adapted.products(rows, downs)[0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gate, up, rows, downs = ctx.saved_tensors
        into, of_adapters = ctx.adapted.gradients([upstream], rows, downs)
        of_gate = torch.ops.aten.silu_backward(into * up, gate)
        of_up = functional.silu(gate).mul_(into)
        return of_gate, of_up, None, *of_adapters


class _Rotated(torch.autograd.Function):
    """Rotary positions (arXiv 2104.09864) of heads [T, N, D]: y = x · cos + (-x₂, x₁) · sin.

    Both halves of `sin` [T, 1, D] are alike, so the gradient is g · cos - (-g₂, g₁) · sin.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(cos, sin)
        return _rotated(x, cos, sin, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        cos, sin = ctx.saved_tensors
        return _rotated(upstream, cos, sin, -1), None, None


def _rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, sign: int) -> torch.Tensor:
    result, half = x * cos, x.shape[-1] // 2
    result[..., :half].addcmul_(x[..., half:], sin[..., :half], value=-sign)
    result[..., half:].addcmul_(x[..., :half], sin[..., half:], value=sign)
    return result
