"""The weights as they are while answers are written: adapter merged in, small products fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil
import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer

from workbench.engine.logprobs import Policy
from workbench.engine.plain_layers import plain_layers
from workbench.engine.row_products import few_rows_linear
from workbench.engine.sharding import gathered

# Merged weights take as much again as the layers have; this much memory stays free besides.
_SPARE_BYTES = 2 * 1024**3


@contextmanager
def ready_to_write(policy: Policy) -> Iterator[None]:
    """Within it, a token a row is computed as fast as can be; after it, all is as it was."""
    with ExitStack() as stack:
        stack.enter_context(gathered(policy))
        stack.enter_context(merged(policy.model))
        stack.enter_context(_few_rows_fast(policy.causal))
        yield


@contextmanager
def merged(model: Any) -> Iterator[None]:
    """The adapter as part of the weights, which are put back bit for bit.

    Without an adapter, for weights in 4 bits, and where memory is short, nothing changes.
    """
    layers = _mergeable(model)
    kept = [layer.get_base_layer().weight.data for layer in layers]
    try:
        for layer in layers:
            _merge(layer)
        _stand_together(model, layers)
        yield
    finally:
        for layer, weight in zip(layers, kept, strict=True):
            layer.get_base_layer().weight.data = weight
            layer.merged_adapters.clear()


def _mergeable(model: Any) -> list[Any]:
    if not isinstance(model, PeftModel):
        return []
    layers = [
        module
        for module in model.modules()
        if isinstance(module, LoraLayer)
        and not module.disable_adapters
        and any(name in module.lora_A for name in _active(module))
    ]
    weights = [layer.get_base_layer().weight for layer in layers]
    if not weights or not all(weight.is_floating_point() for weight in weights):
        return []
    needed = sum(weight.numel() * weight.element_size() for weight in weights)
    device = weights[0].device
    return layers if _free_bytes(device) > needed + _SPARE_BYTES else []


def _free_bytes(device: torch.device) -> int:
    if device.type != "cuda":
        return int(psutil.virtual_memory().available)
    held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + held


def _active(layer: Any) -> list[str]:
    names: list[str] = layer.active_adapters
    return names


@torch.no_grad()
def _merge(layer: Any) -> None:
    """Give the layer's linear part a copy of its weight with the adapter in it."""
    linear, name = layer.get_base_layer(), layer.active_adapters[0]
    is_plain = (
        type(linear) is torch.nn.Linear
        and len(layer.active_adapters) == 1
        and name not in layer.lora_variant
        and not layer.lora_bias[name]
    )
    if not is_plain:  # such as DoRA
        layer.merge(safe_merge=True)
        return
    down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
    weight = linear.weight.to(down.dtype)  # added in the adapter's precision, rounded once
    both = torch.addmm(weight, up, down, alpha=layer.scaling[name])
    linear.weight.data = both.to(linear.weight.dtype)
    layer.merged_adapters.append(name)


def _stand_together(model: Any, merged_layers: Sequence[Any]) -> None:
    """Let merged weights that read the same numbers stand one below the other in one tensor, so
    that one product can serve them (`one_token.py`).
    """
    if not merged_layers:
        return
    known = {id(layer) for layer in merged_layers}
    for layer in plain_layers(model.get_base_model()):
        for group in (layer.into_attention, layer.into_middle):
            if not all(id(part) in known for part in group):
                continue
            linears = [part.get_base_layer() for part in group]
            together = torch.cat([linear.weight.data for linear in linears])
            parts = torch.split(together, [linear.out_features for linear in linears])
            for linear, part in zip(linears, parts, strict=True):
                linear.weight.data = part


@contextmanager
def _few_rows_fast(causal: Any) -> Iterator[None]:
    """Linear layers of models on a CPU are quick at a handful of rows."""
    linears = [
        module
        for module in causal.modules()
        if type(module) is torch.nn.Linear and module.weight.device.type == "cpu"
    ]
    try:
        for linear in linears:
            linear.forward = _Turned(linear)  # type: ignore[assignment,method-assign]
        yield
    finally:
        for linear in linears:
            del linear.forward


class _Turned:
    """A linear layer that computes few rows column-wise."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        self._linear = linear

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        flat = rows.reshape(-1, rows.shape[-1])
        product = few_rows_linear(flat, self._linear.weight, self._linear.bias)
        return product.view(*rows.shape[:-1], -1)
