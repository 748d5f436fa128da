"""The formulas of online methods, written out plainly."""

from __future__ import annotations

import math

import pytest
import torch

from workbench.engine.policy_losses import (
    Answers,
    clipped_loss,
    clipped_value_loss,
    gae,
    group_advantages,
    k3,
    leave_one_out_advantages,
    whiten,
)

NAN = float("nan")


def test_gae_is_its_definition() -> None:
    """A_t = Σ_l (γλ)^l δ_{t+l}, term by term (arXiv 1506.02438, eq. 16)."""
    rewards, values = torch.tensor([0.1, -0.4, 0.0, 2.0]), torch.tensor([0.5, 0.2, -0.3, 0.8])
    gamma, lam = 0.9, 0.7
    following = [*values.tolist()[1:], 0.0]
    deltas = [r + gamma * n - v for r, n, v in zip(rewards, following, values, strict=True)]
    expected = [
        sum((gamma * lam) ** (k - t) * float(deltas[k]) for k in range(t, 4)) for t in range(4)
    ]
    torch.testing.assert_close(gae(rewards, values, gamma, lam), torch.tensor(expected))


def test_gae_between_its_extremes() -> None:
    rewards, values = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([3.0, -1.0, 0.5])
    torch.testing.assert_close(gae(rewards, values, 1.0, 1.0), torch.tensor([4.0, 7.0, 3.5]))
    torch.testing.assert_close(gae(rewards, values, 1.0, 0.0), torch.tensor([-3.0, 3.5, 3.5]))


def test_value_loss_takes_the_worse_of_free_and_clipped() -> None:
    values, old = torch.tensor([1.0, 0.1, -2.0]), torch.tensor([0.0, 0.0, 0.0])
    returns = torch.tensor([1.0, 1.0, 1.0])
    losses, is_held = clipped_value_loss(values, old, returns, 0.2)
    # 1.0 is held at 0.2, which is further off; 0.1 is free; −2 is further off than −0.2.
    torch.testing.assert_close(losses, torch.tensor([0.5 * 0.64, 0.5 * 0.81, 0.5 * 9.0]))
    assert is_held.tolist() == [True, False, False]


def test_whitened_values_have_no_mean_and_unit_spread() -> None:
    whitened = whiten(torch.tensor([3.0, 5.0, 10.0, -1.0]))
    assert float(whitened.mean()) == pytest.approx(0, abs=1e-6)
    assert float(whitened.std(correction=0)) == pytest.approx(1, rel=1e-5)
    everyone = torch.tensor([3.0, 5.0, 10.0, -1.0])
    torch.testing.assert_close(whiten(everyone[:2], everyone), whitened[:2])


def test_answers_without_reward_move_nothing() -> None:
    rewards = torch.tensor([[1.0, NAN, 3.0], [NAN, NAN, 5.0], [NAN, NAN, NAN]])
    for found in (group_advantages(rewards, "none"), leave_one_out_advantages(rewards)):
        assert found.values[rewards.isnan()].tolist() == [0.0] * 6
        assert found.values[1, 2] == 0  # there is nothing to compare it with
    assert group_advantages(rewards, "none").values[0].tolist() == [-1, 0, 1]
    assert leave_one_out_advantages(rewards).values[0].tolist() == [-2, 0, 2]


def test_spread_of_all_processes_counts() -> None:
    ours, theirs = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 7.0]])
    together = torch.cat((ours, theirs))
    whole = group_advantages(together, "batch").values
    torch.testing.assert_close(group_advantages(ours, "batch", together).values, whole[:1])
    whole = leave_one_out_advantages(together, normalize=True).values
    part = leave_one_out_advantages(ours, normalize=True, everyones=together).values
    torch.testing.assert_close(part, whole[:1])


def test_clipping_is_where_it_would_pay() -> None:
    ratios, advantages = torch.tensor([0.5, 0.5, 1.5, 1.5, 1.1]), torch.tensor([1.0, -1, 1, -1, 1])
    clipped = clipped_loss(ratios.log(), advantages, 0.2, 0.3)
    torch.testing.assert_close(clipped.losses, torch.tensor([-0.5, 0.8, -1.3, 1.5, -1.1]))
    assert clipped.is_low.tolist() == [False, True, False, False, False]
    assert clipped.is_high.tolist() == [False, False, True, False, False]


def test_k3_is_the_kl_on_average_and_never_negative() -> None:
    torch.manual_seed(0)
    p, q = torch.randn(50).log_softmax(0), torch.randn(50).log_softmax(0)
    estimates = k3(p, q)
    assert bool((estimates >= 0).all())
    expected = float((p.exp() * (p - q)).sum())
    assert float((p.exp() * estimates).sum()) == pytest.approx(expected, rel=1e-5)


def test_sums_and_means_of_answers() -> None:
    answers = Answers.of((2, 0, 3), torch.device("cpu"))
    values = torch.tensor([1.0, 2.0, 3.0, 4.0, 8.0])
    assert answers.sums(values).tolist() == [3, 0, 15]
    assert answers.means(values).tolist() == [1.5, 0, 5]
    assert answers.spread(torch.tensor([7, 8, 9])).tolist() == [7, 7, 9, 9, 9]
    assert not math.isnan(float(answers.means(values).sum()))
