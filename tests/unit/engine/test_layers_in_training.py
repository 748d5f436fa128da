"""The written-out layers give what the models' own give, family by family, gradients too."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import MistralConfig, Qwen2Config, Qwen3Config

from tests.unit.engine.policies import gradients, policy_of
from tests.unit.engine.random_models import SIZES, adapted
from workbench.core.recipes import AdapterConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.fused import fuse
from workbench.engine.layers_in_training import try_writing_out
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import LoadedBase, trainable
from workbench.engine.packing import Group
from workbench.engine.rollout import Drawing, PolicySampler, Request

GROUPS: list[Group] = [
    [TokenSequence([5, 9, 11, 7, 30, 8, 3, 2], 3), TokenSequence([5, 9, 11, 40, 41], 3)],
    [TokenSequence([4, 6, 12], 1)],
]


def packed(base: LoadedBase) -> Policy:
    policy = policy_of(base)
    assert try_packing(policy)
    fuse(policy)
    return policy


def results(policy: Policy) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    logps = policy(GROUPS).logps
    (logps * torch.linspace(-1, 2, len(logps))).sum().backward()
    return logps.detach(), gradients(policy)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_results_and_gradients_stay_the_same(base: LoadedBase, checkpointing: bool) -> None:
    policy = packed(base).train()
    if checkpointing:
        policy.model.activation_checkpointing_enable({"use_reentrant": False})
    expected, expected_gradients = results(policy)
    assert try_writing_out(policy)
    found, found_gradients = results(policy)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found_gradients, expected_gradients, rtol=1e-4, atol=1e-6)


def kept_bytes(policy: Policy) -> int:
    """What a forward pass keeps for the backward pass, weights among it."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logps = policy(GROUPS).logps
    assert logps.requires_grad  # and so its graph was there until here
    return sum(kept.values())


def test_checkpointed_layers_keep_what_goes_in_alone(base: LoadedBase) -> None:
    policy = packed(base).train()
    assert try_writing_out(policy)
    everything = kept_bytes(policy)
    policy.model.activation_checkpointing_enable({"use_reentrant": False})
    assert kept_bytes(policy) < everything / 3


@pytest.mark.parametrize(
    "config",
    [
        Qwen2Config(**{**SIZES, "head_dim": 8}),
        Qwen3Config(**SIZES),
        MistralConfig(**SIZES, sliding_window=3),
    ],
    ids=["biases", "norms of heads", "a window"],
)
def test_other_families_of_the_kind(config: Any) -> None:
    policy = adapted(config).train()
    expected, expected_gradients = results(policy)
    assert try_writing_out(policy)
    found, found_gradients = results(policy)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found_gradients, expected_gradients, rtol=1e-4, atol=1e-5)


def test_an_adapter_that_has_moved_is_taken_over(base: LoadedBase) -> None:
    policy = packed(base)
    assert try_writing_out(policy)
    before = policy(GROUPS).logps
    with torch.no_grad():
        for parameter in policy.parameters():
            if parameter.requires_grad:
                parameter.mul_(-1.5)
    after = policy(GROUPS).logps
    assert not torch.allclose(after, before)
    policy.packs = False  # padded rows are left to the model's own layers
    torch.testing.assert_close(after, policy(GROUPS).logps, rtol=1e-4, atol=1e-4)


def test_reference_and_answers_are_as_they_were(base: LoadedBase) -> None:
    policy = packed(base)
    requests = [Request([5, 9, 33], "a"), Request([5, 9, 33], "b"), Request([7, 8], "c")]

    def all_told() -> tuple[torch.Tensor, list[list[int]]]:
        sampler = PolicySampler(policy, frozenset())
        assert sampler.try_sharing()
        answers = sampler.sample(requests, Drawing(12))
        return policy.reference(GROUPS).logps, [rollout.tokens for rollout in answers]

    expected_logps, expected_answers = all_told()
    assert try_writing_out(policy)
    logps, answers = all_told()
    torch.testing.assert_close(logps, expected_logps)
    assert answers == expected_answers


@pytest.mark.parametrize(
    "config",
    [
        AdapterConfig(r=4, lora_dropout=0.5),
        AdapterConfig(r=4, tuning="dora"),
        AdapterConfig(r=4, target_modules="q_proj,v_proj"),
        AdapterConfig(tuning="full"),
    ],
    ids=["dropout", "dora", "some layers", "full"],
)
def test_other_ways_to_train_keep_the_models_layers(
    base: LoadedBase, config: AdapterConfig
) -> None:
    policy = Policy(trainable(base, config))
    assert try_packing(policy)
    assert not try_writing_out(policy)


def test_a_padded_policy_keeps_the_models_layers(base: LoadedBase) -> None:
    assert not try_writing_out(policy_of(base))
