"""Token log-probabilities: the head runs only where a learnt token is predicted, in chunks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from workbench.engine.batching import IGNORED, TokenBatch

# Rows of full-vocabulary logits that exist at a time: 512 × 49,152 × 4 bytes is 100 MB.
HEAD_CHUNK_ROWS = 512

Head = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """Figures of the N learnt tokens of a batch, row after row; `counts` says how many per row.

    `logps` [N] carries the gradient. `entropies` and `hits` [N] are None unless asked for; a hit
    is a token that the model thought likeliest.
    """

    logps: torch.Tensor
    counts: tuple[int, ...]
    entropies: torch.Tensor | None = None
    hits: torch.Tensor | None = None

    def row_sums(self) -> torch.Tensor:
        """Log-probability of each row's learnt tokens together, [B]."""
        return torch.stack([part.sum() for part in torch.split(self.logps, list(self.counts))])


class Policy(torch.nn.Module):
    """The model in training. Calling it gives the log-probabilities of a batch's learnt tokens."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: TokenBatch, *, with_entropy: bool = False) -> TokenLogprobs:
        causal = self.model.get_base_model()
        hidden = causal.base_model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False
        ).last_hidden_state
        targets = batch.labels[:, 1:]
        learnt = targets != IGNORED
        return _head_logprobs(
            hidden[:, :-1][learnt],
            targets[learnt],
            _head(causal),
            batch.trained_counts,
            with_entropy,
        )

    def reference(self, batch: TokenBatch) -> TokenLogprobs:
        """The same of the base model, without the adapter, without dropout and gradient."""
        was_training = self.training
        self.eval()
        with torch.no_grad(), self.model.disable_adapter():
            result: TokenLogprobs = self(batch)
        self.train(was_training)
        return result


def _head(causal: Any) -> Head:
    """The model's output layer with what its architecture does to logits after it."""
    linear = causal.get_output_embeddings()
    scale = getattr(causal.config, "logit_scale", None)  # Cohere multiplies
    divisor = getattr(causal.config, "logits_scaling", None)  # Granite divides
    cap = getattr(causal.config, "final_logit_softcapping", None)  # Gemma 2

    def head(hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = linear(hidden)
        if scale is not None:
            logits = logits * scale
        if divisor is not None:
            logits = logits / divisor
        if cap is not None:
            logits = torch.tanh(logits / cap) * cap
        return logits.float()

    return head


def _head_logprobs(
    hidden: torch.Tensor,
    targets: torch.Tensor,
    head: Head,
    counts: tuple[int, ...],
    with_entropy: bool,
) -> TokenLogprobs:
    logps, entropies, hits = _FrozenHead.apply(  # type: ignore[no-untyped-call]
        hidden, targets, head, with_entropy
    )
    return TokenLogprobs(logps, counts, entropies, hits)


class _FrozenHead(torch.autograd.Function):
    """log p(target | hidden) for each row, [N], through a head whose weights are frozen.

    The gradient with respect to `hidden` [N, H] is formed while a chunk's logits exist: rows are
    independent, so the backward pass only multiplies each row by its factor. Neither the logits
    nor their gradient outlive a chunk, and nothing is computed twice.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, targets: torch.Tensor, head: Head, with_entropy: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        needs_gradient = ctx.needs_input_grad[0]
        logps: list[torch.Tensor] = []
        gradients: list[torch.Tensor] = []
        entropies: list[torch.Tensor] = []
        hits: list[torch.Tensor] = []
        for rows, labels in zip(
            torch.split(hidden, HEAD_CHUNK_ROWS), torch.split(targets, HEAD_CHUNK_ROWS), strict=True
        ):
            with torch.set_grad_enabled(needs_gradient):
                leaf = rows.detach().requires_grad_(needs_gradient)
                logits = head(leaf)
                chunk = -functional.cross_entropy(logits, labels, reduction="none")
            if needs_gradient:
                gradients += torch.autograd.grad(chunk, leaf, torch.ones_like(chunk))
            logps.append(chunk.detach())
            if with_entropy:
                log_p = logits.detach().log_softmax(dim=-1)
                entropies.append(-(log_p.exp() * log_p).sum(dim=-1))
                hits.append(log_p.argmax(dim=-1) == labels)
        if needs_gradient:
            ctx.save_for_backward(torch.cat(gradients))
        if not with_entropy:
            return torch.cat(logps), None, None
        extras = torch.cat(entropies), torch.cat(hits)
        ctx.mark_non_differentiable(*extras)
        return torch.cat(logps), *extras

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        (gradients,) = ctx.saved_tensors
        return gradients * upstream[0].unsqueeze(-1).to(gradients.dtype), None, None, None
