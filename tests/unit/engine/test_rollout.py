"""Answers written by the policy: what they were thought worth, one prompt's memory for all of its
answers, the same answers from the same keys, and weights put back exactly."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from tests.unit.engine.policies import policy_of
from workbench.core.recipes import AdapterConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import LoadedBase, attach_adapter
from workbench.engine.rollout import Drawing, PolicySampler, Request, Rollout
from workbench.engine.token_choice import draw_tokens
from workbench.engine.writing_weights import merged, ready_to_write

PROMPTS = ([5, 9, 33, 70, 12, 8], [44, 7, 91], [5, 9, 33, 70, 12, 8, 101, 3, 55])


def requests(answers: int) -> list[Request]:
    return [
        Request(prompt, f"{place}/{number}")
        for place, prompt in enumerate(PROMPTS)
        for number in range(answers)
    ]


@pytest.fixture
def policy(base: LoadedBase) -> Policy:
    policy = policy_of(base)
    assert try_packing(policy)
    return policy


def ends_of(policy: Policy) -> frozenset[int]:
    """Tokens that come now and then in what the policy writes, so that answers end apart."""
    written = PolicySampler(policy, frozenset()).sample(requests(5), Drawing(20))
    usual = Counter(token for rollout in written for token in rollout.tokens)
    return frozenset(token for token, _ in usual.most_common(12)[6:])


def expected_logps(
    policy: Policy, request: Request, rollout: Rollout, temperature: float
) -> list[float]:
    sequence = TokenSequence([*request.prompt, *rollout.tokens], len(request.prompt))
    policy.eval()
    with torch.no_grad():
        logps: list[float] = policy([[sequence]], temperature).logps.tolist()
    return logps


@pytest.mark.parametrize("way", ["copied", "shared", "written_out", "recorded"])
@pytest.mark.parametrize("top_p", [1.0, 0.8])
def test_answers_are_worth_what_the_policy_says(policy: Policy, way: str, top_p: float) -> None:
    sampler = PolicySampler(policy, ends_of(policy), max_rows=7)
    sampler.shares_prefixes, sampler.records_steps = way != "copied", way == "recorded"
    sampler.writes_out = way == "written_out"
    asked = requests(5)
    written = sampler.sample(asked, Drawing(20, temperature=0.7, top_p=top_p))
    assert len({len(rollout.tokens) for rollout in written}) > 3  # they did leave one by one
    for request, rollout in zip(asked, written, strict=True):
        expected = expected_logps(policy, request, rollout, 0.7)
        assert rollout.logps == pytest.approx(expected, abs=2e-5)
        assert rollout.is_finished == (rollout.tokens[-1] in sampler._ends)
        assert rollout.is_finished or len(rollout.tokens) == 20


def test_sharing_changes_nothing(policy: Policy) -> None:
    sampler = PolicySampler(policy, ends_of(policy))
    assert sampler.try_sharing()
    shared = sampler.sample(requests(4), Drawing(70))  # more than there is room for at first
    sampler.shares_prefixes = False
    copied = sampler.sample(requests(4), Drawing(70))
    assert [rollout.tokens for rollout in shared] == [rollout.tokens for rollout in copied]


def test_steps_in_one_place_change_nothing(policy: Policy) -> None:
    sampler = PolicySampler(policy, ends_of(policy))
    plain = sampler.sample(requests(4), Drawing(140))  # more than a bucket, so rows move
    assert sampler.try_recording()
    recorded = sampler.sample(requests(4), Drawing(140))
    assert [rollout.tokens for rollout in plain] == [rollout.tokens for rollout in recorded]
    never = PolicySampler(policy, frozenset())
    never.records_steps = True
    assert {len(rollout.tokens) for rollout in never.sample(requests(1), Drawing(140))} == {140}


def test_same_key_same_answer_whatever_else_is_asked(policy: Policy) -> None:
    sampler = PolicySampler(policy, ends_of(policy))
    sampler.try_sharing()
    asked = requests(3)
    together = sampler.sample(asked, Drawing(12))
    alone = sampler.sample(asked[4:5], Drawing(12))
    assert alone[0].tokens == together[4].tokens
    assert len({tuple(rollout.tokens) for rollout in together[:3]}) == 3


def test_sharing_is_off_where_packing_is(base: LoadedBase) -> None:
    assert not PolicySampler(policy_of(base), frozenset()).try_sharing()


@pytest.mark.parametrize("tuning", ["lora", "dora"])
def test_merging_is_undone_exactly(base: LoadedBase, tuning: str) -> None:
    config = AdapterConfig.model_validate({"r": 4, "tuning": tuning})
    policy = Policy(attach_adapter(base, config))
    torch.manual_seed(1)
    for name, parameter in policy.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    policy.eval()
    before = {name: value.clone() for name, value in policy.state_dict().items()}
    group = [[TokenSequence(PROMPTS[0], 1)]]
    with torch.no_grad():
        apart = policy(group).logps
        with merged(policy.model):
            assert any(
                not torch.equal(value, before[name]) for name, value in policy.state_dict().items()
            )
            torch.testing.assert_close(policy(group).logps, apart, rtol=0, atol=2e-5)
        with pytest.raises(KeyboardInterrupt), ready_to_write(policy):
            raise KeyboardInterrupt
        assert torch.equal(policy(group).logps, apart)
    for name, value in policy.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_greedy_takes_the_likeliest(policy: Policy) -> None:
    sampler = PolicySampler(policy, frozenset())
    sampler.try_sharing()
    rollout = sampler.sample([Request(PROMPTS[0])], Drawing(3, temperature=0))[0]
    ids = list(PROMPTS[0])
    for token in rollout.tokens:
        hits = policy([[TokenSequence([*ids, token], len(ids))]]).hits
        assert bool(hits[0])
        ids.append(token)


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0, -30.0]]).expand(4000, -1)
    uniform = (torch.arange(4000) + 0.5) / 4000
    for temperature, top_p in ((1.0, 1.0), (0.5, 1.0), (1.0, 0.8)):
        drawn = draw_tokens(logits, temperature, top_p, uniform)
        p = torch.softmax(logits[0] / temperature, dim=0)
        torch.testing.assert_close(drawn.logps.exp(), p[drawn.tokens])
        kept = p * ((p.cumsum(0) - p) < top_p)  # the logits fall, so this is the nucleus
        shares = torch.bincount(drawn.tokens, minlength=5) / 4000
        torch.testing.assert_close(shares, kept / kept.sum(), rtol=0, atol=1e-3)


def test_the_largest_random_number_still_draws_a_token() -> None:
    logits = torch.full((2, 7), -5.0)
    drawn = draw_tokens(logits, 1.0, 1.0, torch.tensor([1.0, 1.0]))
    assert drawn.tokens.max() < 7
