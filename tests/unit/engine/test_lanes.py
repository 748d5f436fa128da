"""Two lanes compute what one would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.testing import assert_close
from transformers import AutoModelForCausalLM, LlamaConfig

from tests.unit.engine.random_models import SIZES, adapted
from workbench.engine import lanes
from workbench.engine.batching import TokenSequence
from workbench.engine.lanes import Lanes, Read, lanes_for, share_out
from workbench.engine.logprobs import Policy, TokenLogprobs
from workbench.engine.modeling import peft_at_work
from workbench.engine.packing import Group


@pytest.fixture(autouse=True)
def _two_cores() -> Iterator[None]:
    cores = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(cores)


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches of a few tokens go in two lanes."""
    monkeypatch.setattr(lanes, "_FEWEST_ROWS", 4)


def _sequence(start: int, length: int, trained_from: int) -> TokenSequence:
    return TokenSequence([(start + 7 * place) % 80 + 3 for place in range(length)], trained_from)


def _groups() -> list[Group]:
    """Pairs with a common prompt, answers alone; long ones and short ones in turn."""
    pair = [_sequence(5, 14, 8), TokenSequence([*_sequence(5, 8, 8).ids, 9, 10, 11], 8)]
    return [
        [_sequence(1, 5, 2)],
        pair,
        [_sequence(3, 30, 4)],
        [_sequence(4, 9, 8)],
        [pair[1], pair[0]],
        [_sequence(9, 12, 1)],
    ]


def _gradients(policy: Policy, figures: TokenLogprobs) -> dict[str, torch.Tensor]:
    policy.zero_grad()
    weights = torch.linspace(-1, 2, len(figures.logps))
    (figures.logps * weights).sum().backward()  # type: ignore[no-untyped-call]
    return {
        name: parameter.grad
        for name, parameter in policy.named_parameters()
        if parameter.grad is not None
    }


@pytest.mark.usefixtures("few_rows")
def test_figures_and_gradients_are_those_of_one_lane() -> None:
    policy = adapted(LlamaConfig(**SIZES))
    alone = policy(_groups())
    expected = _gradients(policy, alone)

    policy.lanes = Lanes()
    assert len(share_out(_groups())) == 2
    together = policy(_groups())
    found = _gradients(policy, together)

    assert together.counts == alone.counts
    assert_close(together.logps, alone.logps, rtol=1e-5, atol=1e-5)
    assert_close(together.entropies, alone.entropies, rtol=1e-5, atol=1e-5)
    assert torch.equal(together.hits, alone.hits)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert_close(found[name], gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("few_rows")
def test_the_same_batch_gives_the_same_bits() -> None:
    policy = adapted(LlamaConfig(**SIZES))
    policy.lanes = Lanes()
    first = _gradients(policy, policy(_groups()))
    first = {name: gradient.clone() for name, gradient in first.items()}
    for _ in range(5):
        again = _gradients(policy, policy(_groups()))
        assert all(torch.equal(again[name], gradient) for name, gradient in first.items())


@pytest.mark.usefixtures("few_rows")
def test_without_gradient_nothing_is_recorded() -> None:
    policy = adapted(LlamaConfig(**SIZES))
    with torch.no_grad():
        expected = policy(_groups()).logps
        policy.lanes = Lanes()
        found = policy(_groups()).logps
    assert not found.requires_grad
    assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("few_rows")
def test_gradients_of_several_batches_add_up() -> None:
    policy = adapted(LlamaConfig(**SIZES))
    policy.lanes = Lanes()
    once = {name: g.clone() for name, g in _gradients(policy, policy(_groups())).items()}
    policy.zero_grad()
    for _ in range(2):
        figures = policy(_groups())
        (figures.logps * torch.linspace(-1, 2, len(figures.logps))).sum().backward()
    for name, parameter in policy.named_parameters():
        if parameter.requires_grad:
            assert_close(parameter.grad, 2 * once[name])


def test_what_goes_wrong_in_a_lane_is_raised() -> None:
    def fail() -> None:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        Lanes().run([lambda: None, fail])


def test_lanes_share_the_cores_and_leave_them_to_the_others() -> None:
    assert Lanes().run([torch.get_num_threads] * 2) == [1, 1]
    assert torch.get_num_threads() == 2


def test_few_tokens_stay_in_one_lane() -> None:
    assert share_out(_groups()) == [[0, 1, 2, 3, 4, 5]]
    policy = adapted(LlamaConfig(**SIZES))
    seen: list[Sequence[Group]] = []

    def read(part: Sequence[Group]) -> Read:
        seen.append(part)
        return Read(torch.zeros(len(part)), (), (1,) * len(part))

    policy.lanes = Lanes()
    policy.in_lanes(_groups(), read)
    assert len(seen) == 1


@pytest.mark.usefixtures("few_rows")
def test_lanes_are_about_as_long() -> None:
    groups = [[_sequence(0, length, 1)] for length in (40, 3, 22, 17, 31, 5, 8, 12)]
    first, second = share_out(groups)
    assert sorted([*first, *second]) == list(range(8))
    rows = [sum(len(groups[place][0].ids) for place in share) for share in (first, second)]
    assert abs(rows[0] - rows[1]) <= 3


def _model(dropout: float = 0.0, **changes: Any) -> Any:
    causal = AutoModelForCausalLM.from_config(LlamaConfig(**SIZES, **changes))
    lora = LoraConfig(r=4, target_modules="all-linear", lora_dropout=dropout)
    with peft_at_work():
        return get_peft_model(causal, lora)


def test_lanes_are_for_adapters_without_dropout() -> None:
    assert lanes_for(_model()) is not None
    assert lanes_for(_model(dropout=0.1)) is None
    assert lanes_for(_model(attention_dropout=0.1)) is None
    assert lanes_for(_model().get_base_model()) is None
    dynamic = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}
    assert lanes_for(_model(rope_parameters=dynamic)) is None
    torch.set_num_threads(1)
    assert lanes_for(_model()) is None
