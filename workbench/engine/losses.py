"""The mathematics of every method, once. Each loss names its paper and formula."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import logsigmoid

from workbench.core.recipes import DpoLossType


def negative_log_likelihood(logps: torch.Tensor) -> torch.Tensor:
    """SFT: −Σ log p(token). `logps` is [N]; divided by N it is the mean cross-entropy."""
    return -logps.sum()


@dataclass(frozen=True, slots=True)
class PairLogprobs:
    """Summed log-probabilities and lengths in tokens of B pairs' answers, each [B].

    π is the model in training, `ref` the model it started from.
    """

    chosen: torch.Tensor
    rejected: torch.Tensor
    ref_chosen: torch.Tensor
    ref_rejected: torch.Tensor
    chosen_length: torch.Tensor
    rejected_length: torch.Tensor

    @property
    def chosen_logratio(self) -> torch.Tensor:
        """The x of the formulas: log π(chosen) − log ref(chosen)"""
        return self.chosen - self.ref_chosen

    @property
    def rejected_logratio(self) -> torch.Tensor:
        """The y of the formulas: log π(rejected) − log ref(rejected)"""
        return self.rejected - self.ref_rejected


def dpo_loss(
    pairs: PairLogprobs, *, beta: float, loss_type: DpoLossType, label_smoothing: float = 0.0
) -> torch.Tensor:
    """Loss of each pair, [B]. With Δ = x − y, as in TRL 1.16:

    - sigmoid: −log σ(βΔ)  (DPO, Rafailov et al., arXiv 2305.18290, eq. 7). With label smoothing ε:
      −(1−ε) log σ(βΔ) − ε log σ(−βΔ)  (conservative DPO, Mitchell 2023, eq. 3).
    - hinge: max(0, 1 − βΔ)  (SLiC, Zhao et al., arXiv 2305.10425, on the DPO log-ratio).
    - ipo: (x/|chosen| − y/|rejected| − 1/(2β))²  (IPO, Azar et al., arXiv 2310.12036, eq. 17,
      on means over tokens, as its authors do).
    """
    delta = pairs.chosen_logratio - pairs.rejected_logratio
    if loss_type == "sigmoid":
        agreed = -logsigmoid(beta * delta)
        if label_smoothing == 0.0:
            return agreed
        return (1 - label_smoothing) * agreed - label_smoothing * logsigmoid(-beta * delta)
    if loss_type == "hinge":
        return torch.relu(1 - beta * delta)
    mean_delta = pairs.chosen_logratio / pairs.chosen_length.clamp(
        min=1
    ) - pairs.rejected_logratio / pairs.rejected_length.clamp(min=1)
    return (mean_delta - 1 / (2 * beta)) ** 2
