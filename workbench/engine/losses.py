"""The mathematics of learning from given answers, once. Each loss names its paper and formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import logsigmoid

from workbench.core.preferences import Strength
from workbench.core.recipes import DpoLossType

# What is certain has no finite odds: log-probabilities nearer 0 than this count as this.
_ALMOST_SURE = -1e-6


def negative_log_likelihood(logps: torch.Tensor) -> torch.Tensor:
    """SFT: −Σ log p(token). `logps` is [N]; divided by N it is the mean cross-entropy."""
    return -logps.sum()


@dataclass(frozen=True, slots=True)
class PairLogprobs:
    """Summed log-probabilities and lengths in tokens of B pairs' answers, each [B].

    π is the model in training, `ref` the model it started from; 0 where the loss needs none.
    `offsets` are what the pairs' strengths add to the margin wanted, in units of reward.
    """

    chosen: torch.Tensor
    rejected: torch.Tensor
    ref_chosen: torch.Tensor
    ref_rejected: torch.Tensor
    chosen_length: torch.Tensor
    rejected_length: torch.Tensor
    offsets: torch.Tensor | float = 0.0

    @property
    def chosen_logratio(self) -> torch.Tensor:
        """The x of the formulas: log π(chosen) − log ref(chosen)"""
        return self.chosen - self.ref_chosen

    @property
    def rejected_logratio(self) -> torch.Tensor:
        """The y of the formulas: log π(rejected) − log ref(rejected)"""
        return self.rejected - self.ref_rejected

    @property
    def chosen_mean(self) -> torch.Tensor:
        """The c of the formulas: log π(chosen) per token"""
        return self.chosen / self.chosen_length.clamp(min=1)

    @property
    def rejected_mean(self) -> torch.Tensor:
        """The r of the formulas: log π(rejected) per token"""
        return self.rejected / self.rejected_length.clamp(min=1)


@dataclass(frozen=True, slots=True)
class DpoSettings:
    """What of the recipe a loss of the DPO family reads."""

    beta: float
    label_smoothing: float = 0.0
    simpo_gamma: float = 0.5


def dpo_loss(pairs: PairLogprobs, loss_type: DpoLossType, settings: DpoSettings) -> torch.Tensor:
    """Loss of each pair, [B], as in TRL 1.16; the functions below have the formulas."""
    return _DPO_LOSSES[loss_type](pairs, settings)


def _sigmoid(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """−log σ(h), h = β(x − y) − m  (DPO, Rafailov et al., arXiv 2305.18290, eq. 7).

    The offset m is 0 without strengths (ODPO, Amini et al., arXiv 2402.10571). With label
    smoothing ε: −(1−ε) log σ(h) − ε log σ(−h)  (conservative DPO, Mitchell 2023, eq. 3), which
    TRL 1.16 leaves out of its DPO and has in its CPO.
    """
    return _smoothed(_logit(pairs, settings), settings.label_smoothing)


def _robust(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """(−(1−ε) log σ(h) + ε log σ(−h)) / (1 − 2ε)  (robust DPO, Chowdhury et al., arXiv
    2403.00409): the mean over labels flipped at a rate of ε is the loss of the true labels.
    """
    logit, share = _logit(pairs, settings), settings.label_smoothing
    as_labelled, flipped = -logsigmoid(logit), -logsigmoid(-logit)
    return ((1 - share) * as_labelled - share * flipped) / (1 - 2 * share)


def _hinge(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """max(0, 1 − h)  (SLiC, Zhao et al., arXiv 2305.10425, on the DPO log-ratio)."""
    return torch.relu(1 - _logit(pairs, settings))


def _ipo(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """(x/|chosen| − y/|rejected| − 1/(2β))²  (IPO, Azar et al., arXiv 2310.12036, eq. 17, on means
    over tokens, as its authors do).
    """
    chosen = pairs.chosen_logratio / pairs.chosen_length.clamp(min=1)
    rejected = pairs.rejected_logratio / pairs.rejected_length.clamp(min=1)
    return (chosen - rejected - 1 / (2 * settings.beta)) ** 2


def _sppo_hard(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """(x − 1/(2β))² + (y + 1/(2β))²  (SPPO, Wu et al., arXiv 2405.00675, eq. 4.7, with the chosen
    answer sure to win).
    """
    aim = 1 / (2 * settings.beta)
    return (pairs.chosen_logratio - aim) ** 2 + (pairs.rejected_logratio + aim) ** 2


def _apo_zero(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """1 − σ(βx) + σ(βy)  (APO-zero, D'Oosterlinck et al., arXiv 2408.06266, eq. 7)."""
    chosen = torch.sigmoid(settings.beta * pairs.chosen_logratio)
    return 1 - chosen + torch.sigmoid(settings.beta * pairs.rejected_logratio)


def _simpo(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """−log σ(h), h = β(c − r) − γ − m  (SimPO, Meng et al., arXiv 2405.14734, eq. 6), smoothed as
    DPO's sigmoid.
    """
    margin = settings.beta * (pairs.chosen_mean - pairs.rejected_mean)
    return _smoothed(margin - settings.simpo_gamma - pairs.offsets, settings.label_smoothing)


def _orpo(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    """−c − β log σ(log odds)  (ORPO, Hong et al., arXiv 2403.07691, eq. 6; its λ is β)."""
    return -pairs.chosen_mean - settings.beta * logsigmoid(log_odds(pairs))


def log_odds(pairs: PairLogprobs) -> torch.Tensor:
    """Log of odds(chosen) / odds(rejected), [B], where odds = P/(1−P) and P = exp(c) or exp(r), the
    geometric mean of the tokens' probabilities (ORPO, eq. 4 and 7).
    """
    chosen, rejected = (
        mean.clamp(max=_ALMOST_SURE) for mean in (pairs.chosen_mean, pairs.rejected_mean)
    )
    return (chosen - rejected) - (_log_of_rest(chosen) - _log_of_rest(rejected))


def _log_of_rest(log_p: torch.Tensor) -> torch.Tensor:
    """log(1 − exp(log_p)) for log_p < 0, without loss of digits at either end."""
    near_one = log_p > -math.log(2)
    # Each branch sees only values that suit it: the gradient of a `where` reads both.
    close = torch.log(-torch.expm1(torch.where(near_one, log_p, -1.0)))
    far = torch.log1p(-torch.exp(torch.where(near_one, -1.0, log_p)))
    return torch.where(near_one, close, far)


def _logit(pairs: PairLogprobs, settings: DpoSettings) -> torch.Tensor:
    delta = pairs.chosen_logratio - pairs.rejected_logratio
    return settings.beta * delta - pairs.offsets


def _smoothed(logit: torch.Tensor, share: float) -> torch.Tensor:
    if share == 0.0:
        return -logsigmoid(logit)
    return -(1 - share) * logsigmoid(logit) - share * logsigmoid(-logit)


_DPO_LOSSES: dict[DpoLossType, Callable[[PairLogprobs, DpoSettings], torch.Tensor]] = {
    "sigmoid": _sigmoid, "ipo": _ipo, "hinge": _hinge, "robust": _robust,
    "sppo_hard": _sppo_hard, "apo_zero": _apo_zero, "simpo": _simpo, "orpo": _orpo,
}  # fmt: skip


def odpo_offset(strength: Strength | None) -> float:
    """ODPO's offset α·log(score(chosen) − score(rejected)) (arXiv 2402.10571) with α = 1.

    The strengths are the score differences 1, 2 and 3, so slightly, clearly and much ask for 0,
    0.69 and 1.10 more. A pair whose strength nobody gave counts as slightly: plain DPO.
    """
    return math.log(strength or Strength.SLIGHTLY)


def kto_loss(
    logratios: torch.Tensor,
    desirable: torch.Tensor,
    baseline: torch.Tensor,
    *,
    beta: float,
    desirable_weight: float,
    undesirable_weight: float,
) -> torch.Tensor:
    """Loss of each answer, [B] (KTO, Ethayarajh et al., arXiv 2402.01306, eq. 7).

    With x = log π − log ref of an answer and z the KL baseline: w_d(1 − σ(β(x − z))) where it is
    desirable, w_u(1 − σ(β(z − x))) where not. `desirable` [B] is boolean, `baseline` [B] is z.
    """
    side = torch.where(desirable, 1.0, -1.0)
    weights = torch.where(desirable, desirable_weight, undesirable_weight)
    return weights * (1 - torch.sigmoid(side * beta * (logratios - baseline)))


def bradley_terry_loss(
    chosen: torch.Tensor, rejected: torch.Tensor, margins: torch.Tensor | float, centring: float
) -> torch.Tensor:
    """Loss of each pair's scores, [B]: −log σ(chosen − rejected − margin) + k(chosen + rejected)².

    Margins as in Llama 2 (Touvron et al., arXiv 2307.09288, eq. 2); the second term keeps scores
    near 0 (Eisenstein et al., arXiv 2312.09244, eq. 2).
    """
    return -logsigmoid(chosen - rejected - margins) + centring * (chosen + rejected) ** 2


def reward_margin(strength: Strength | None) -> float:
    """Llama 2's smaller margins (arXiv 2307.09288, table 27): a third, two thirds and 1 for
    slightly, clearly and much; 0 where nobody said.
    """
    return 0.0 if strength is None else strength / 3
