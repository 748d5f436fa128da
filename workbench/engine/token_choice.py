"""Drawing the next token: greedy, or by temperature and top-p."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from workbench.core.generation import Sampling

# Sorting 49,152 probabilities takes longer than finding their 1,024 largest, which mostly suffice.
_CANDIDATES = 1024


def row_random(seed: int, prompt: Sequence[int], repeat: int) -> random.Random:
    """Random numbers of one row: the same whatever else is asked for in the same request.

    Base and adapter get the same numbers for the same prompt, so that they differ only by what
    the adapter learnt; `repeat` tells the second and third answer to one prompt from the first.
    """
    return random.Random(f"{seed}/{repeat}/{list(prompt)}")  # noqa: S311 - sampling, not secrecy


def choose(logits: torch.Tensor, sampling: Sampling, draws: Sequence[random.Random]) -> list[int]:
    """One token for each row of `logits` [B, V]; `draws` has each row's random numbers."""
    if sampling.temperature == 0:
        greedy: list[int] = logits.argmax(dim=-1).tolist()
        return greedy
    probabilities = torch.softmax(logits.float() / sampling.temperature, dim=-1)
    likeliest, tokens = _nucleus_candidates(probabilities, sampling.top_p)
    total = likeliest.cumsum(dim=-1)
    # The first tokens that together reach top_p, the one that crosses it included.
    kept = (total - likeliest) < sampling.top_p
    mass = (likeliest * kept).sum(dim=-1, keepdim=True)
    uniform = torch.tensor([[draw.random()] for draw in draws], device=logits.device)
    place = torch.searchsorted(total, uniform * mass, right=True)
    place = place.minimum(kept.sum(dim=-1, keepdim=True) - 1)
    chosen: list[int] = tokens.gather(1, place).squeeze(1).tolist()
    return chosen


def _nucleus_candidates(
    probabilities: torch.Tensor, top_p: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Enough of the likeliest tokens to reach `top_p` in every row: their probabilities, tokens."""
    vocabulary = probabilities.shape[-1]
    likeliest = probabilities.topk(min(_CANDIDATES, vocabulary), dim=-1)
    if likeliest.values.sum(dim=-1).min() < top_p:
        likeliest = probabilities.topk(vocabulary, dim=-1)
    return likeliest.values, likeliest.indices


@dataclass(frozen=True, slots=True)
class Drawn:
    """Tokens [B], and the log-probability that each had among all tokens."""

    tokens: torch.Tensor
    logps: torch.Tensor


def draw_tokens(
    logits: torch.Tensor, temperature: float, top_p: float, uniform: torch.Tensor
) -> Drawn:
    """One token for each row of `logits` [B, V]; `uniform` [B] are random numbers in [0, 1).

    Log-probabilities are at the temperature (at 1 where it is 0, which takes the likeliest), and
    of the distribution before top-p cuts it: what a pass over the tokens gives again.
    """
    log_p = torch.log_softmax(logits.float() / (temperature or 1.0), dim=-1)
    if temperature == 0:
        tokens = log_p.argmax(dim=-1)
    elif top_p < 1:
        likeliest, candidates = _nucleus_candidates(log_p.exp(), top_p)
        total = likeliest.cumsum(dim=-1)
        kept = (total - likeliest) < top_p
        mass = (likeliest * kept).sum(dim=-1)
        place = _inverse(total, uniform * mass).minimum(kept.sum(dim=-1) - 1)
        tokens = candidates.gather(1, place.unsqueeze(1)).squeeze(1)
    else:
        total = log_p.exp().cumsum(dim=-1)
        place = _inverse(total, uniform * total[:, -1])
        # Rounding may leave a number that no token reaches: one in some millions.
        tokens = torch.where(place < log_p.shape[-1], place, log_p.argmax(dim=-1))
    return Drawn(tokens, log_p.gather(1, tokens.unsqueeze(1)).squeeze(1))


def _inverse(total: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """First place in each row of running sums [B, V] that exceeds `level` [B]."""
    return torch.searchsorted(total, level.unsqueeze(1), right=True).squeeze(1)
