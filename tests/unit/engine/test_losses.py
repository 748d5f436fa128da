"""Against formulas written out by hand, pair by pair."""

from __future__ import annotations

import math

import pytest
import torch

from workbench.engine.losses import PairLogprobs, dpo_loss, negative_log_likelihood


def pairs() -> PairLogprobs:
    generator = torch.Generator().manual_seed(0)
    draw = [-20 * torch.rand(5, generator=generator, dtype=torch.float64) for _ in range(4)]
    return PairLogprobs(
        *draw, chosen_length=torch.tensor([3, 1, 8, 0, 5]),
        rejected_length=torch.tensor([9, 2, 8, 4, 1]),
    )  # fmt: skip


def by_hand(loss_type: str, beta: float, smoothing: float) -> list[float]:
    p = pairs()
    found = []
    for row in range(5):
        x = (p.chosen[row] - p.ref_chosen[row]).item()
        y = (p.rejected[row] - p.ref_rejected[row]).item()
        sigma = 1 / (1 + math.exp(-beta * (x - y)))
        if loss_type == "sigmoid":
            found.append(-(1 - smoothing) * math.log(sigma) - smoothing * math.log(1 - sigma))
        elif loss_type == "hinge":
            found.append(max(0.0, 1 - beta * (x - y)))
        else:
            c, r = max(1, int(p.chosen_length[row])), max(1, int(p.rejected_length[row]))
            found.append((x / c - y / r - 1 / (2 * beta)) ** 2)
    return found


@pytest.mark.parametrize(
    ("loss_type", "beta", "smoothing"),
    [
        ("sigmoid", 0.1, 0.0), ("sigmoid", 0.5, 0.2), ("hinge", 0.1, 0.0), ("ipo", 0.3, 0.0),
    ],
)  # fmt: skip
def test_dpo_losses_are_their_formulas(loss_type: str, beta: float, smoothing: float) -> None:
    ours = dpo_loss(pairs(), beta=beta, loss_type=loss_type, label_smoothing=smoothing)  # type: ignore[arg-type]
    torch.testing.assert_close(
        ours, torch.tensor(by_hand(loss_type, beta, smoothing), dtype=torch.float64)
    )


def test_dpo_starts_at_log_two() -> None:
    p = pairs()
    same = PairLogprobs(
        p.chosen, p.rejected, p.chosen, p.rejected, p.chosen_length, p.rejected_length
    )
    loss = dpo_loss(same, beta=0.1, loss_type="sigmoid")
    torch.testing.assert_close(loss, torch.full_like(loss, math.log(2)))


def test_sft_loss_is_the_sum_of_surprises() -> None:
    assert negative_log_likelihood(torch.tensor([-1.0, -2.5])).item() == 3.5
