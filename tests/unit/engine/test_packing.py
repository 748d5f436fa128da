"""Packing and sharing prompts change nothing but the time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.policies import gradients, policy_of
from workbench.core.recipes import AdapterConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import LoadedBase, trainable
from workbench.engine.packing import Group, pack, packed_length, pad, shared_length

CPU = torch.device("cpu")
PROMPT = [5, 9, 11, 7, 30]
PAIR: Group = (TokenSequence([*PROMPT, 8, 3, 2], 5), TokenSequence([*PROMPT, 8, 40, 41, 42, 2], 5))
CHAT: Group = (TokenSequence([4, 6, 8, 10, 12, 14, 16], 1, ((3, 5),)),)
FAMILY: Group = tuple(TokenSequence([*PROMPT, *range(50, 51 + n)], 5) for n in range(4))
GROUPS: list[Group] = [PAIR, CHAT, FAMILY]


def test_a_prompt_stands_once_and_its_answers_continue_it() -> None:
    batch = pack([PAIR], CPU)
    assert batch.input_ids.tolist() == [[*PROMPT, 8, 3, 2, 8, 40, 41, 42, 2]]
    assert batch.position_ids.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8, 9]]
    assert batch.sources.tolist() == [4, 5, 6, 4, 8, 9, 10, 11]
    assert batch.targets.tolist() == [8, 3, 2, 8, 40, 41, 42, 2]
    assert batch.counts == (3, 5)
    assert packed_length([PAIR]) == 13


def test_only_what_nobody_learns_is_shared() -> None:
    alike = TokenSequence([1, 2, 3, 4], 2)
    assert shared_length((alike, alike)) == 2
    assert shared_length((alike, TokenSequence([1, 9, 3], 2))) == 1
    assert shared_length((alike, TokenSequence([9], 0))) == 0


def test_padding_is_on_the_right_and_masked() -> None:
    batch = pad([[TokenSequence([5, 6, 7], 1)], [TokenSequence([8, 9], 0)]], CPU)
    assert batch.input_ids.tolist() == [[5, 6, 7], [8, 9, 0]]
    assert batch.attention_mask is not None
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch.sources.tolist() == [0, 1, 3]
    assert batch.targets.tolist() == [6, 7, 9]


@pytest.mark.parametrize("checkpointing", [False, True])
def test_packed_and_padded_passes_and_gradients_are_the_same(
    base: LoadedBase, checkpointing: bool
) -> None:
    policy = policy_of(base)
    if checkpointing:
        policy.model.activation_checkpointing_enable({"use_reentrant": False})
    weights = torch.linspace(-1, 2, sum(s.trained_count for g in GROUPS for s in g))
    padded = policy.train()(GROUPS)
    (padded.logps * weights).sum().backward()
    expected = gradients(policy)
    assert try_packing(policy)
    packed = policy(GROUPS)
    (packed.logps * weights).sum().backward()
    assert packed.counts == padded.counts
    torch.testing.assert_close(packed.logps, padded.logps)
    torch.testing.assert_close(packed.entropies, padded.entropies)
    torch.testing.assert_close(gradients(policy), expected, rtol=1e-4, atol=1e-6)


def test_a_window_of_attention_is_kept(base: LoadedBase) -> None:
    """Models that look back only so far do the same in a packed row."""
    policy = policy_of(base)
    native = policy(GROUPS).logps
    assert try_packing(policy)
    for layer in policy.causal.model.layers:
        layer.self_attn.register_forward_pre_hook(
            lambda _module, args, kwargs: (args, {**kwargs, "sliding_window": 3}), with_kwargs=True
        )
    windowed = policy(GROUPS).logps
    assert not torch.allclose(windowed, native)
    alone = torch.cat([policy([[s]]).logps for group in GROUPS for s in group])
    torch.testing.assert_close(windowed, alone)


def test_a_model_that_packing_does_not_suit_is_padded(base: LoadedBase) -> None:
    policy = policy_of(base)
    before = policy.causal.config._attn_implementation
    layer = policy.causal.model.layers[0]
    layer.register_forward_hook(  # looks at its neighbour, as convolutions and state spaces do
        lambda _module, _args, output: output + output.roll(1, dims=1)
    )
    assert not try_packing(policy)
    assert not policy.packs
    assert policy.causal.config._attn_implementation == before


def test_all_weights_learn_through_the_packed_pass(base: LoadedBase) -> None:
    policy = Policy(trainable(base, AdapterConfig(tuning="full")))
    policy(GROUPS).logps.sum().backward()
    expected = gradients(policy)
    assert try_packing(policy)
    policy(GROUPS).logps.sum().backward()
    torch.testing.assert_close(gradients(policy), expected, rtol=1e-4, atol=1e-5)


sequences = st.builds(
    lambda ids, start: TokenSequence(ids, min(start, len(ids) - 1)),
    st.lists(st.integers(0, 3), min_size=2, max_size=8),
    st.integers(0, 7),
)


@given(st.lists(st.lists(sequences, min_size=1, max_size=3), min_size=1, max_size=3))
def test_packing_keeps_every_learnt_token_and_what_comes_before_it(groups: list[Group]) -> None:
    packed, padded = pack(groups, CPU), pad(groups, CPU)
    assert packed.counts == padded.counts
    assert packed.targets.tolist() == padded.targets.tolist()
    assert packed.input_ids.numel() == packed_length(groups)
    for batch in (packed, padded):
        ids = batch.input_ids.flatten()[batch.sources].tolist()
        positions = batch.position_ids.reshape(-1)[batch.sources].tolist()
        expected = [
            (s.ids[place - 1], place - 1) for g in groups for s in g for place in s.learnt_positions
        ]
        assert list(zip(ids, positions, strict=True)) == expected
