"""The written-out step of a token against the models' own, family by family."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GemmaConfig, MistralConfig, Qwen2Config, Qwen3Config

from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import peft_at_work
from workbench.engine.one_token import OneToken
from workbench.engine.plain_layers import plain_layers
from workbench.engine.rollout import Drawing, PolicySampler, Request, Rollout
from workbench.engine.writing_weights import ready_to_write

SIZES: dict[str, Any] = {
    "vocab_size": 90, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "initializer_range": 0.3,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
FAMILIES = {
    "mistral": MistralConfig(**SIZES),
    "qwen2": Qwen2Config(**{**SIZES, "head_dim": 8}),  # with biases
    "qwen3": Qwen3Config(**SIZES),  # with a norm of each head
}
ASKED = [
    Request(prompt, f"{place}/{number}")
    for place, prompt in enumerate(([5, 9, 33, 70], [44, 7, 11, 3, 8, 21], [80]))
    for number in range(3)
]


def adapted(config: Any) -> Policy:
    """A model of random weights, biases and norms, with an adapter that does something."""
    torch.manual_seed(0)
    causal = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for name, parameter in causal.named_parameters():
        if "bias" in name or "norm" in name:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    causal.requires_grad_(False)
    with peft_at_work():
        model = get_peft_model(causal, LoraConfig(r=4, target_modules="all-linear"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    policy = Policy(model.eval())
    assert try_packing(policy)
    return policy


def written(policy: Policy, *, out: bool) -> list[Rollout]:
    sampler = PolicySampler(policy, frozenset({13, 14, 15, 16, 17}))
    sampler.try_sharing()
    assert sampler.writes_out  # it changed nothing in the trial
    sampler.writes_out = out
    return sampler.sample(ASKED, Drawing(70))


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_token_is_read_as_the_model_reads_it(family: str) -> None:
    policy = adapted(FAMILIES[family])
    with ready_to_write(policy):
        assert OneToken.of(policy.causal) is not None
    ours, models = written(policy, out=True), written(policy, out=False)
    assert len({len(rollout.tokens) for rollout in ours}) > 2  # they did leave one by one
    for one, other in zip(ours, models, strict=True):
        assert one.tokens == other.tokens
        assert one.logps == pytest.approx(other.logps, abs=2e-5)


def test_merged_weights_of_one_input_stand_together() -> None:
    policy = adapted(FAMILIES["qwen2"])
    with ready_to_write(policy):
        step = OneToken.of(policy.causal)
        assert step is not None
        assert [len(layer.into_attention.weights) for layer in step._layers] == [1, 1]
        assert [len(layer.into_middle.weights) for layer in step._layers] == [1, 1]
    assert OneToken.of(policy.causal) is None  # the adapter is apart again
    with policy.model.disable_adapter():
        apart = OneToken.of(policy.causal)
        assert apart is not None
        assert len(apart._layers[0].into_attention.weights) == 3


def test_other_kinds_of_models_are_left_to_transformers() -> None:
    causal = AutoModelForCausalLM.from_config(GemmaConfig(**SIZES), dtype=torch.float32)
    assert plain_layers(causal) == ()
    assert OneToken.of(causal) is None
    sampler = PolicySampler(policy := Policy(causal.eval()), frozenset())
    assert try_packing(policy)
    assert sampler.try_sharing()
    assert len(sampler.sample(ASKED, Drawing(3))) == len(ASKED)
