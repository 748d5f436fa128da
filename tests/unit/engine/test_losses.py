"""Against formulas written out by hand, pair by pair."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from workbench.core.preferences import Strength
from workbench.core.recipes import DpoLossType
from workbench.engine.losses import (
    DpoSettings,
    PairLogprobs,
    bradley_terry_loss,
    dpo_loss,
    kto_loss,
    negative_log_likelihood,
    odpo_offset,
    reward_margin,
)

OFFSETS_COUNT_FOR: tuple[DpoLossType, ...] = ("sigmoid", "robust", "hinge")


def pairs() -> PairLogprobs:
    generator = torch.Generator().manual_seed(0)
    draw = [-20 * torch.rand(5, generator=generator, dtype=torch.float64) for _ in range(4)]
    return PairLogprobs(
        *draw, chosen_length=torch.tensor([3, 1, 8, 0, 5]),
        rejected_length=torch.tensor([9, 2, 8, 4, 1]),
    )  # fmt: skip


def by_hand(loss_type: str, settings: DpoSettings) -> list[float]:
    p = pairs()
    beta, smoothing = settings.beta, settings.label_smoothing
    found = []
    for row in range(5):
        x = (p.chosen[row] - p.ref_chosen[row]).item()
        y = (p.rejected[row] - p.ref_rejected[row]).item()
        lengths = max(1, int(p.chosen_length[row])), max(1, int(p.rejected_length[row]))
        c, r = p.chosen[row].item() / lengths[0], p.rejected[row].item() / lengths[1]
        surprise = -math.log(sigma(beta * (x - y)))
        other = -math.log(sigma(beta * (y - x)))
        match loss_type:
            case "sigmoid":
                found.append((1 - smoothing) * surprise + smoothing * other)
            case "robust":
                mixed = (1 - smoothing) * surprise - smoothing * other
                found.append(mixed / (1 - 2 * smoothing))
            case "hinge":
                found.append(max(0.0, 1 - beta * (x - y)))
            case "ipo":
                found.append((x / lengths[0] - y / lengths[1] - 1 / (2 * beta)) ** 2)
            case "sppo_hard":
                found.append((x - 0.5 / beta) ** 2 + (y + 0.5 / beta) ** 2)
            case "apo_zero":
                found.append(1 - sigma(beta * x) + sigma(beta * y))
            case "simpo":
                found.append(-math.log(sigma(beta * (c - r) - settings.simpo_gamma)))
            case "orpo":
                odds = [math.exp(mean) / (1 - math.exp(mean)) for mean in (c, r)]
                found.append(-c - beta * math.log(sigma(math.log(odds[0] / odds[1]))))
    return found


def sigma(value: float) -> float:
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize(
    ("loss_type", "settings"),
    [
        ("sigmoid", DpoSettings(0.1)), ("sigmoid", DpoSettings(0.5, 0.2)),
        ("hinge", DpoSettings(0.1)), ("ipo", DpoSettings(0.3)), ("robust", DpoSettings(0.2, 0.3)),
        ("robust", DpoSettings(0.2)), ("sppo_hard", DpoSettings(0.3)),
        ("apo_zero", DpoSettings(0.3)), ("simpo", DpoSettings(2.0, simpo_gamma=0.7)),
        ("orpo", DpoSettings(0.3)),
    ],
)  # fmt: skip
def test_dpo_losses_are_their_formulas(loss_type: DpoLossType, settings: DpoSettings) -> None:
    expected = torch.tensor(by_hand(loss_type, settings), dtype=torch.float64)
    torch.testing.assert_close(dpo_loss(pairs(), loss_type, settings), expected)


def test_dpo_starts_at_log_two() -> None:
    p = pairs()
    same = replace(p, ref_chosen=p.chosen, ref_rejected=p.rejected)
    loss = dpo_loss(same, "sigmoid", DpoSettings(0.1))
    torch.testing.assert_close(loss, torch.full_like(loss, math.log(2)))


def test_an_offset_moves_the_margin_that_is_wanted() -> None:
    """ODPO: the loss with an offset is DPO's of a margin that is so much smaller."""
    p, offset = pairs(), torch.full((5,), 0.4, dtype=torch.float64)
    wider = replace(p, chosen=p.chosen - 0.4 / 0.5)
    settings = DpoSettings(0.5)
    for loss_type in OFFSETS_COUNT_FOR:
        torch.testing.assert_close(
            dpo_loss(replace(p, offsets=offset), loss_type, settings),
            dpo_loss(wider, loss_type, settings),
        )


def test_strengths_are_odpos_and_llama_2s() -> None:
    every = (None, Strength.SLIGHTLY, Strength.CLEARLY, Strength.MUCH)
    assert [odpo_offset(strength) for strength in every] == [0, 0, math.log(2), math.log(3)]
    assert [reward_margin(strength) for strength in every] == pytest.approx([0, 1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("sure", ["chosen", "rejected"])
def test_odds_of_a_sure_answer_are_finite_with_their_gradient(sure: str) -> None:
    p = replace(pairs(), **{sure: torch.zeros(5, dtype=torch.float64)})
    p.chosen.requires_grad_()
    p.rejected.requires_grad_()
    dpo_loss(p, "orpo", DpoSettings(0.1)).sum().backward()
    for mean in (p.chosen, p.rejected):
        assert mean.grad is not None
        assert mean.grad.isfinite().all()


def test_kto_weighs_gains_and_losses_against_the_baseline() -> None:
    x, good = torch.tensor([1.0, 1.0]), torch.tensor([True, False])
    found = kto_loss(
        x, good, torch.tensor([0.5, 0.5]), beta=0.2, desirable_weight=1.5, undesirable_weight=0.7
    )
    assert found.tolist() == pytest.approx([1.5 * (1 - sigma(0.1)), 0.7 * (1 - sigma(-0.1))])


def test_bradley_terry_with_margin_and_centring() -> None:
    chosen, rejected = torch.tensor([1.0]), torch.tensor([0.2])
    found = bradley_terry_loss(chosen, rejected, torch.tensor([0.5]), 0.1)
    assert found.item() == pytest.approx(-math.log(sigma(0.3)) + 0.1 * 1.44)


def test_sft_loss_is_the_sum_of_surprises() -> None:
    assert negative_log_likelihood(torch.tensor([-1.0, -2.5])).item() == 3.5
