"""Policies over the tiny model whose adapter already does something."""

from __future__ import annotations

import torch

from workbench.core.recipes import AdapterConfig
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import LoadedBase, attach_adapter


def policy_of(base: LoadedBase) -> Policy:
    """A policy whose adapter has random weights, the same at each call."""
    torch.manual_seed(1)
    model = attach_adapter(base, AdapterConfig(r=4, lora_alpha=8))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return Policy(model)


def gradients(policy: Policy) -> dict[str, torch.Tensor]:
    """The gradients of what is trained; they are taken away."""
    found = {}
    for name, parameter in policy.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            found[name] = parameter.grad.clone()
            parameter.grad = None
    return found
