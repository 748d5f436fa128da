"""Cheaper forms of two layers that every step runs hundreds of times; the results stay the same.

Written out, autograd keeps and touches more than the mathematics needs: peft's LoRA makes three
extra passes over every output, RMSNorm keeps four tensors where one and a column will do. Each
replacement is tried against the layer it replaces before it is used.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear

from workbench.engine.row_products import product


def fuse(model: torch.nn.Module) -> int:
    """Let suitable layers of `model` compute in the cheaper way; returns how many do."""
    count = 0
    for module in model.modules():
        if type(module) is LoraLinear and _is_plain_linear(module):
            module.forward = MethodType(_lora_forward, module)
            count += 1
        elif type(module).__name__.endswith("RMSNorm") and is_plain_norm(module):
            module.forward = MethodType(_norm_forward, module)
            count += 1
    return count


def _is_plain_linear(layer: Any) -> bool:
    return type(layer.get_base_layer()) is torch.nn.Linear


def _lora_forward(self: Any, x: torch.Tensor, *arguments: Any, **options: Any) -> torch.Tensor:
    """LoRA's forward: fused where one plain adapter is at work, else as peft has it."""
    active = self.active_adapters
    name = active[0] if len(active) == 1 else ""
    is_plain = (
        not arguments
        and not options
        and name in self.lora_A
        and not self.disable_adapters
        and not self.merged
        and name not in self.lora_variant
        and not self.lora_bias[name]
        and (not self.training or isinstance(self.lora_dropout[name], torch.nn.Identity))
    )
    if not is_plain:
        plain: torch.Tensor = LoraLinear.forward(self, x, *arguments, **options)
        return plain
    base = self.get_base_layer()
    result: torch.Tensor = _LoraProduct.apply(  # type: ignore[no-untyped-call]
        x, base.weight, base.bias, self.lora_A[name].weight, self.lora_B[name].weight,
        self.scaling[name],
    )  # fmt: skip
    return result


class _LoraProduct(torch.autograd.Function):
    """y = x Wᵀ + b + s (x Aᵀ) Bᵀ with W and b frozen (LoRA, Hu et al., arXiv 2106.09685).

    With g the gradient of y: dx = g W + s (g B) A, dA = s (g B)ᵀ x, dB = s gᵀ (x Aᵀ).
    x is [..., in], A [r, in], B [out, r].
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        rows = x.reshape(-1, x.shape[-1])
        down, up = down.to(x.dtype), up.to(x.dtype)
        low = rows @ down.T
        result = product(rows, weight.T)
        if bias is not None:
            result += bias
        result.addmm_(low, up.T, alpha=scale)
        ctx.save_for_backward(rows, weight, down, up, low)
        ctx.scale = scale
        return result.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        rows, weight, down, up, low = ctx.saved_tensors
        gradient = upstream[0].reshape(-1, upstream[0].shape[-1])
        through = gradient @ up
        through *= ctx.scale
        into_x = None
        if ctx.needs_input_grad[0]:
            into_x = product(gradient, weight)
            into_x.addmm_(through, down)
            into_x = into_x.view(*upstream[0].shape[:-1], -1)
        into_down = (through.T @ rows).float()
        into_up = (gradient.T @ low).float().mul_(ctx.scale)
        return into_x, None, None, into_down, into_up, None


def is_plain_norm(module: torch.nn.Module) -> bool:
    """Whether the module computes w · x / √(mean x² + ε), tried out on a few numbers."""
    weight, epsilon = getattr(module, "weight", None), getattr(module, "variance_epsilon", None)
    if not isinstance(weight, torch.Tensor) or weight.requires_grad or epsilon is None:
        return False
    sample = torch.linspace(-2, 3, 2 * weight.numel(), device=weight.device, dtype=weight.dtype)
    rows = sample.view(2, -1)
    with torch.no_grad():
        return torch.allclose(module(rows), _norm_forward(module, rows), rtol=1e-2, atol=1e-3)


def _norm_forward(self: Any, x: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _RmsNorm.apply(  # type: ignore[no-untyped-call]
        x, self.weight, self.variance_epsilon
    )
    return result


class _RmsNorm(torch.autograd.Function):
    """y = w · x r with r = 1 / √(mean x² + ε) and w frozen (RMSNorm, arXiv 1910.07467).

    With g the gradient of y, H the width and u = w · g: dx = r u − x r³ (Σ u x) / H.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
        exact = x.float()
        inverse = inverse_rms(exact, epsilon)
        ctx.save_for_backward(x, weight, inverse)
        normal: torch.Tensor = (exact * inverse).to(x.dtype)
        return normal.mul_(weight)

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        return norm_gradient(upstream[0], *ctx.saved_tensors), None, None


def inverse_rms(exact: torch.Tensor, epsilon: float) -> torch.Tensor:
    """1 / √(mean x² + ε) of the last dimension, [..., 1], of numbers in 32 bits."""
    norms: torch.Tensor = torch.linalg.vector_norm(exact, dim=-1, keepdim=True)
    return norms.square_().div_(exact.shape[-1]).add_(epsilon).rsqrt_()


def norm_gradient(
    upstream: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, inverse: torch.Tensor
) -> torch.Tensor:
    """The gradient for x of an RMS norm whose `inverse` was r."""
    exact = x.float()
    scaled = upstream.float() * weight.float()
    along = torch.linalg.vecdot(scaled, exact).unsqueeze(-1)
    along.mul_(inverse.pow(3)).div_(-x.shape[-1])
    gradient: torch.Tensor = scaled.mul_(inverse).addcmul_(exact, along)
    return gradient.to(x.dtype)
