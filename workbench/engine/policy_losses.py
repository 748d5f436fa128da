"""The mathematics of GRPO, RLOO and PPO. Each function names its paper and formula.

π is the model in training, `old` the model that wrote the answers, `ref` the model before
training; r = log π − log old, ρ = exp r, A is the advantage. An answer without a reward is NaN
among the rewards, belongs to no mean or spread, and gets the advantage 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

ScaleRewards = Literal["group", "batch", "none"]
GrpoLossType = Literal["grpo", "bnpo", "dr_grpo", "dapo"]

# Added to a spread before dividing by it, as in TRL.
_SPREAD_EPSILON = 1e-4


@dataclass(frozen=True, slots=True)
class Answers:
    """How N tokens belong to S answers: `counts` says how many each answer has."""

    counts: torch.Tensor
    index: torch.Tensor

    @classmethod
    def of(cls, counts: tuple[int, ...], device: torch.device) -> Answers:
        lengths = torch.tensor(counts, device=device)
        index = torch.repeat_interleave(lengths, output_size=sum(counts))
        return cls(lengths, index)

    def spread(self, per_answer: torch.Tensor) -> torch.Tensor:
        """[S] → [N]: what an answer has, at each of its tokens."""
        return per_answer[self.index]

    def sums(self, per_token: torch.Tensor) -> torch.Tensor:
        """[N] → [S]"""
        zeros = per_token.new_zeros(len(self.counts))
        return zeros.index_add(0, self.index, per_token)

    def means(self, per_token: torch.Tensor) -> torch.Tensor:
        """[N] → [S]; 0 for an answer without tokens."""
        return self.sums(per_token) / self.counts.clamp(min=1)


@dataclass(frozen=True, slots=True)
class Advantages:
    """`values` of each answer, [P, G]; `is_flat` [P, G] says where the spread is 0."""

    values: torch.Tensor
    is_flat: torch.Tensor


def group_advantages(
    rewards: torch.Tensor, scale: ScaleRewards, everyones: torch.Tensor | None = None
) -> Advantages:
    """A = (R − mean_g) / (std + 1e-4)  (GRPO, Shao et al., arXiv 2402.03300, section 4.1.2).

    `rewards` are [P, G], G answers a prompt. `std` is that of the group, or of all rewards of the
    step (`everyones` where other processes have some too), or 1 (Dr. GRPO, arXiv 2503.20783).
    """
    centred = rewards - rewards.nanmean(dim=1, keepdim=True)
    spread = nan_std(rewards)
    if scale == "batch":
        together = rewards if everyones is None else everyones
        spread = nan_std(together.reshape(1, -1)).expand(len(rewards), 1)
    values = centred if scale == "none" else centred / (spread + _SPREAD_EPSILON)
    is_flat = torch.isclose(spread, torch.zeros_like(spread)).expand_as(rewards)
    return Advantages(values.nan_to_num(nan=0.0), is_flat)


def leave_one_out_advantages(
    rewards: torch.Tensor, *, normalize: bool = False, everyones: torch.Tensor | None = None
) -> Advantages:
    """A_i = R_i − mean of the R_j of the same prompt, j ≠ i  (RLOO, arXiv 2402.14740, eq. 8).

    With `normalize`, less their mean and divided by their spread over the step; `everyones` are
    then the rewards of all processes.
    """
    values = _less_the_others(rewards)
    if normalize:
        together = values if everyones is None else _less_the_others(everyones)
        spread = nan_std(together.reshape(1, -1))
        values = (values - together.nanmean()) / (spread + _SPREAD_EPSILON)
    spread = nan_std(rewards)
    is_flat = torch.isclose(spread, torch.zeros_like(spread)).expand_as(rewards)
    return Advantages(values.nan_to_num(nan=0.0), is_flat)


def _less_the_others(rewards: torch.Tensor) -> torch.Tensor:
    others = (~rewards.isnan()).sum(dim=1, keepdim=True) - 1
    baseline = (rewards.nansum(dim=1, keepdim=True) - rewards) / others
    return torch.where(others > 0, rewards - baseline, torch.nan)


def nan_std(values: torch.Tensor) -> torch.Tensor:
    """Sample standard deviation of each row without its NaNs, [P, 1]; 0 for fewer than two."""
    count = (~values.isnan()).sum(dim=1, keepdim=True)
    squares = (values - values.nanmean(dim=1, keepdim=True)).square().nansum(dim=1, keepdim=True)
    return torch.where(count > 1, squares / (count - 1).clamp(min=1), 0.0).sqrt()


def k3(logps: torch.Tensor, ref_logps: torch.Tensor) -> torch.Tensor:
    """KL(π ‖ ref) a token: e^(log ref − log π) − (log ref − log π) − 1  (Schulman 2020)."""
    log_ratio = ref_logps - logps
    return log_ratio.exp() - log_ratio - 1


@dataclass(frozen=True, slots=True)
class Clipped:
    """A clipped loss of each token [N], or of each answer [S], and where it was clipped."""

    losses: torch.Tensor
    ratios: torch.Tensor
    is_low: torch.Tensor
    is_high: torch.Tensor


def clipped_loss(
    log_ratios: torch.Tensor, advantages: torch.Tensor, low: float, high: float
) -> Clipped:
    """−min(ρA, clip(ρ, 1 − low, 1 + high) A)  (PPO, arXiv 1707.06347, eq. 7; two limits: DAPO,
    arXiv 2503.14476, eq. 10).
    """
    ratios = log_ratios.exp()
    clipped = ratios.clamp(1 - low, 1 + high)
    losses = -torch.minimum(ratios * advantages, clipped * advantages)
    is_low = (ratios < 1 - low) & (advantages < 0)
    is_high = (ratios > 1 + high) & (advantages > 0)
    return Clipped(losses, ratios, is_low, is_high)


def aggregate(
    losses: torch.Tensor,
    answers: Answers,
    is_learnt: torch.Tensor,
    loss_type: GrpoLossType,
    longest: int,
    items: int,
) -> torch.Tensor:
    """Terms whose sum is a micro-batch's loss before it is divided by the step's weight.

    `losses` are [N]; of answers that are not `is_learnt` [S] nothing counts. The weight of a step:

    - grpo: its answers; each counts the mean of its tokens (arXiv 2402.03300, eq. 3).
    - dr_grpo: its answers; each counts the sum of its tokens / `longest` (arXiv 2503.20783).
    - dapo: its learnt tokens, each of which counts the same (arXiv 2503.14476, eq. 8).
    - bnpo: its prompts; the mean over the tokens of the micro-batch counts for its `items`.
    """
    kept = answers.spread(is_learnt)
    if loss_type == "dapo":
        return losses[kept]
    losses = losses * kept
    if loss_type == "grpo":
        return answers.means(losses)
    if loss_type == "dr_grpo":
        return answers.sums(losses) / longest
    return (losses.sum() / kept.sum().clamp(min=1)).expand(items)


def gae(
    rewards: torch.Tensor, values: torch.Tensor, gamma: float, gae_lambda: float
) -> torch.Tensor:
    """Advantages [T] of one answer (generalised advantage estimation, arXiv 1506.02438, eq. 16):

    δ_t = r_t + γ V_{t+1} − V_t and A_t = δ_t + γλ A_{t+1}, with nothing after the last token.
    """
    after = torch.cat((values[1:], values.new_zeros(1)))
    advantages: list[torch.Tensor] = []
    following = values.new_zeros(())
    for delta in reversed((rewards + gamma * after - values).unbind()):
        following = delta + gamma * gae_lambda * following
        advantages.append(following)
    return torch.stack(advantages[::-1])


def whiten(values: torch.Tensor, everyones: torch.Tensor | None = None) -> torch.Tensor:
    """Less their mean, divided by their spread over the whole step; 0 where nothing counts."""
    together = values if everyones is None else everyones
    if not together.numel():
        return torch.zeros_like(values)
    spread = together.var(correction=0) + 1e-8
    return (values - together.mean()) * spread.rsqrt()


def clipped_value_loss(
    values: torch.Tensor, old_values: torch.Tensor, returns: torch.Tensor, clip: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """½ max((V − R)², (V_old + clip(V − V_old, ±c) − R)²) of each token, and where it was clipped
    (arXiv 2005.12729, section 3; as in InstructGPT's and TRL's PPO).
    """
    near = old_values + (values - old_values).clamp(-clip, clip)
    free, held = (values - returns).square(), (near - returns).square()
    return 0.5 * torch.maximum(free, held), held > free
