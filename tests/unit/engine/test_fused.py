"""The cheaper layers give what the layers give that they stand for, gradients too."""

from __future__ import annotations

import pytest
import torch

from tests.unit.engine.policies import gradients, policy_of
from workbench.core.recipes import AdapterConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.fused import fuse
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import LoadedBase, trainable
from workbench.engine.packing import Group

GROUPS: list[Group] = [[TokenSequence([5, 9, 11, 7, 30, 8, 3, 2], 3)], [TokenSequence([4, 6], 1)]]


@pytest.mark.parametrize("checkpointing", [False, True])
def test_results_and_gradients_stay_the_same(base: LoadedBase, checkpointing: bool) -> None:
    policy = policy_of(base).train()
    if checkpointing:
        policy.model.activation_checkpointing_enable({"use_reentrant": False})
    plain = policy(GROUPS).logps
    plain.sum().backward()
    expected = gradients(policy)
    layers = policy.causal.config.num_hidden_layers
    assert fuse(policy) == layers * (7 + 2) + 1
    fused = policy(GROUPS).logps
    fused.sum().backward()
    torch.testing.assert_close(fused, plain)
    torch.testing.assert_close(gradients(policy), expected, rtol=1e-4, atol=1e-6)


def test_the_base_alone_is_as_it_was(base: LoadedBase) -> None:
    policy = policy_of(base)
    expected = policy.reference(GROUPS).logps
    fuse(policy)
    torch.testing.assert_close(policy.reference(GROUPS).logps, expected)
    assert not torch.allclose(policy(GROUPS).logps, expected)


@pytest.mark.parametrize(
    "config", [AdapterConfig(r=4, lora_dropout=0.5), AdapterConfig(r=4, tuning="dora")]
)
def test_what_is_not_plain_is_left_to_peft(base: LoadedBase, config: AdapterConfig) -> None:
    policy = Policy(trainable(base, config)).train()
    torch.manual_seed(0)
    plain = policy(GROUPS).logps
    fuse(policy)
    torch.manual_seed(0)
    torch.testing.assert_close(policy(GROUPS).logps, plain)


def test_a_norm_that_learns_or_differs_is_left_alone(base: LoadedBase) -> None:
    assert fuse(Policy(trainable(base, AdapterConfig(tuning="full")))) == 0
    base.model.requires_grad_(False)
    norm = base.model.model.norm
    norm.register_forward_hook(lambda _module, _args, output: 2 * output)
    policy = policy_of(base)
    layers = policy.causal.config.num_hidden_layers
    assert fuse(policy) == layers * 9
