"""From hidden states to log-probabilities of given tokens, a chunk of rows at a time.

The full logits [N, V] never exist, and nothing is computed twice: a frozen head forms the
gradient for the hidden states while a chunk's logits are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

# Rows of full-vocabulary logits that exist at a time: 512 × 49,152 × 4 bytes is 100 MB.
CHUNK_ROWS = 512


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """For each of N rows: log p(target), the entropy of all tokens, and whether the target was
    thought likeliest. Only `logps` carries a gradient.
    """

    logps: torch.Tensor
    entropies: torch.Tensor
    hits: torch.Tensor


@dataclass(frozen=True, slots=True)
class Head:
    """An output layer with what its architecture does to logits after it.

    logits = cap · tanh(scale · (W h + b) / cap), where scale is 1 and cap is absent for most.
    """

    linear: torch.nn.Linear
    scale: float = 1.0
    cap: float | None = None

    @classmethod
    def of(cls, causal: Any) -> Head:
        """The head of a causal language model of transformers."""
        config = causal.config
        scale = float(getattr(config, "logit_scale", None) or 1.0)  # Cohere multiplies
        scale /= float(getattr(config, "logits_scaling", None) or 1.0)  # Granite divides
        cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2
        return cls(causal.get_output_embeddings(), scale, cap)

    @property
    def is_frozen(self) -> bool:
        return not any(parameter.requires_grad for parameter in self.linear.parameters())

    @property
    def is_plain(self) -> bool:
        """Whether logits are W h and nothing else."""
        return type(self.linear) is torch.nn.Linear and (
            self.linear.bias is None and self.scale == 1.0 and self.cap is None
        )

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """[N, H] → [N, V], in float32."""
        logits: torch.Tensor = self.linear(hidden)
        if self.scale != 1.0:
            logits = logits * self.scale
        if self.cap is not None:
            logits = torch.tanh(logits / self.cap) * self.cap
        return logits.float()

    def __call__(
        self, hidden: torch.Tensor, targets: torch.Tensor, temperature: float = 1.0
    ) -> HeadFigures:
        """Figures of `targets` [N] after `hidden` [N, H], of logits divided by `temperature`."""
        if self.is_frozen and self.is_plain:
            weight = self.linear.weight
            logps, entropies, hits = _FrozenLinear.apply(  # type: ignore[no-untyped-call]
                hidden, targets, weight, temperature
            )
            return HeadFigures(logps, entropies, hits)
        return self._recomputed(hidden, targets, temperature)

    def _recomputed(
        self, hidden: torch.Tensor, targets: torch.Tensor, temperature: float
    ) -> HeadFigures:
        """For heads that learn or do more than multiply: logits are made anew in the backward."""

        def figures(rows: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, ...]:
            log_p = (self.logits(rows) / temperature).log_softmax(dim=-1)
            logps = log_p.gather(1, labels.unsqueeze(1)).squeeze(1)
            with torch.no_grad():
                entropies = -(log_p.exp() * log_p).sum(dim=-1)
                hits = log_p.argmax(dim=-1) == labels
            return logps, entropies, hits

        parts = [
            checkpoint(figures, rows, labels, use_reentrant=False)
            for rows, labels in zip(
                torch.split(hidden, CHUNK_ROWS), torch.split(targets, CHUNK_ROWS), strict=True
            )
        ]
        return HeadFigures(*(torch.cat(column) for column in zip(*parts, strict=True)))


class _FrozenLinear(torch.autograd.Function):
    """log p(target | h) = z_target − logsumexp(z), with z = W h / T and W frozen.

    The gradient for h is (W_target − Σ p W) / T. Rows are independent, so it is formed while the
    chunk's p exists, and the backward pass only multiplies each row by its factor. The product
    Σ p W also gives the entropy, logsumexp(z) − h · Σ p W / T, without another pass over V.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        targets: torch.Tensor,
        weight: torch.Tensor,
        temperature: float,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        logps, entropies, hits, gradients = [], [], [], []
        for rows, labels in zip(
            torch.split(hidden.detach(), CHUNK_ROWS), torch.split(targets, CHUNK_ROWS), strict=True
        ):
            logits = functional.linear(rows, weight).float()
            if temperature != 1.0:
                logits /= temperature
            chosen = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
            largest = logits.amax(dim=-1)
            logits -= largest.unsqueeze(1)
            torch.exp_(logits)
            total = logits.sum(dim=-1)
            normaliser = largest + total.log()
            # Scaling the product is cheaper than scaling V columns of probabilities.
            mean_weight = (logits.to(weight.dtype) @ weight).float() / total.unsqueeze(1)
            logps.append(chosen - normaliser)
            hits.append(chosen == largest)
            entropies.append(normaliser - (rows.float() * mean_weight).sum(dim=-1) / temperature)
            if ctx.needs_input_grad[0]:
                gradients.append(((weight[labels] - mean_weight) / temperature).to(rows.dtype))
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(torch.cat(gradients))
        extras = torch.cat(entropies), torch.cat(hits)
        ctx.mark_non_differentiable(*extras)
        return torch.cat(logps), *extras

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        (gradients,) = ctx.saved_tensors
        return gradients * upstream[0].unsqueeze(-1).to(gradients.dtype), None, None, None
