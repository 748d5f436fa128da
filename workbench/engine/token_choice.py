"""Drawing the next token: greedy, or by temperature and top-p."""

from __future__ import annotations

import random
from collections.abc import Sequence

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
