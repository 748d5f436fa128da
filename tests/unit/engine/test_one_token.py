"""The written-out step of a token against the models' own, family by family."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, GemmaConfig, MistralConfig, Qwen2Config, Qwen3Config

from tests.unit.engine.random_models import SIZES, adapted
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.one_token import OneToken
from workbench.engine.plain_layers import plain_layers
from workbench.engine.rollout import Drawing, PolicySampler, Request, Rollout
from workbench.engine.writing_weights import ready_to_write

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


def test_what_is_not_merged_is_written_too() -> None:
    policy = adapted(FAMILIES["qwen2"])
    with policy.model.disable_adapter():
        apart = written(policy, out=False)
        assert [one.tokens for one in written(policy, out=True)] == [one.tokens for one in apart]


def test_other_kinds_of_models_are_left_to_transformers() -> None:
    causal = AutoModelForCausalLM.from_config(GemmaConfig(**SIZES), dtype=torch.float32)
    assert plain_layers(causal) == ()
    assert OneToken.of(causal) is None
    sampler = PolicySampler(policy := Policy(causal.eval()), frozenset())
    assert try_packing(policy)
    assert sampler.try_sharing()
    assert len(sampler.sample(ASKED, Drawing(3))) == len(ASKED)
