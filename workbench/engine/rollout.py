"""Answers of the model in training: written fast, and the same again from the same seed.

The adapter is merged into the weights while answers are written, and the weights are put back
exactly. Each distinct prompt is read once, its answers share what the model remembers of it
(`shared_prefix.py`), and finished ones leave the batch. For models of the common kind the step of
a token is written out (`one_token.py`).

On CUDA the step that writes a token is recorded and repeated (`recorded_steps.py`) where that
changes nothing. vLLM is another `Sampler` (`vllm_sampler.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from workbench.engine.answer_memory import Copied, MemoryKind, Shared, WrittenOut
from workbench.engine.batching import split
from workbench.engine.head import Head
from workbench.engine.logprobs import Policy
from workbench.engine.recorded_steps import Recorded
from workbench.engine.token_choice import draw_tokens
from workbench.engine.writing_weights import ready_to_write

# Answers written at a time: what is remembered of them must fit beside the weights.
MAX_ROWS = 64
# Two ways to write that suit a model differ by rounding only.
_SAME_LOGP, _SAME_LOGP_16_BITS = 0.01, 0.3


@dataclass(frozen=True, slots=True)
class Request:
    """An answer to write: the prompt's tokens, and what decides its random numbers."""

    prompt: Sequence[int]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rollout:
    """An answer as it was written.

    `logps` are the log-probabilities of `tokens` at the temperature they were drawn at, of the
    whole distribution; none where another program wrote, whose numbers are not the policy's.
    `is_finished` says whether the model ended it (the last token says so) or the limit did.
    """

    tokens: list[int]
    logps: list[float]
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """How answers are drawn. Temperature 0 takes the likeliest token."""

    max_new_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0


class Sampler(Protocol):
    """Something that writes answers with the model in training."""

    def sample(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
        """An answer for each request, in order. The same key draws the same answer again."""


class PolicySampler:
    """Writes answers with the policy itself, in this process.

    `ends` are the tokens that end an answer. `idle` is called before each token.
    """

    def __init__(
        self,
        policy: Policy,
        ends: frozenset[int],
        *,
        max_rows: int = MAX_ROWS,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._policy = policy
        self._ends = ends
        self._max_rows = max_rows
        self._idle = idle
        self.shares_prefixes = False
        """Whether prompts are remembered once; see `try_sharing`."""
        self.writes_out = False
        """Whether a shared prompt's tokens are read the written-out way; see `try_sharing`."""
        self.records_steps = False
        """Whether one recorded step is repeated; see `try_recording`."""

    def try_sharing(self) -> bool:
        """Turn sharing on if it changes nothing for this model, written out where that suits too.

        Returns whether it is on.
        """
        self.shares_prefixes = self._policy.packs and self._writes_alike(Shared)
        self.writes_out = self.shares_prefixes and self._writes_alike(WrittenOut)
        return self.shares_prefixes

    def try_recording(self) -> bool:
        """Turn recorded steps on if they change nothing for this model; returns whether they are.

        They pay on CUDA only; elsewhere the same steps are made one by one.
        """
        self.records_steps = self._writes_alike(Recorded)
        return self.records_steps

    def _writes_alike(self, kind: MemoryKind) -> bool:
        """Whether answers and what they are thought worth are those of the plain way.

        As with packing, a model is tried rather than looked up: short answers are written.
        """
        vocabulary = int(self._policy.causal.get_input_embeddings().weight.shape[0])
        ids = [(7919 * (place + 1)) % vocabulary for place in range(12)]
        requests = [Request(ids, "a"), Request(ids, "b"), Request(ids[:7], "c")]
        drawing = Drawing(4, temperature=0)
        try:
            plain, found = (self._sample(requests, drawing, one) for one in (Copied, kind))
        except (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError):
            return False
        within = _SAME_LOGP if self._policy.causal.dtype == torch.float32 else _SAME_LOGP_16_BITS
        return all(_alike(*pair, within) for pair in zip(plain, found, strict=True))

    def sample(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
        longest = max((len(item.prompt) for item in requests), default=0) + drawing.max_new_tokens
        window = getattr(self._policy.causal.config, "sliding_window", None)
        kind: MemoryKind = Copied  # the only one that knows of windows
        if not (window and longest > window):
            kind = self._quickest()
        return self._sample(requests, drawing, kind)

    def _quickest(self) -> MemoryKind:
        if self.records_steps:
            return Recorded
        if self.shares_prefixes:
            return WrittenOut if self.writes_out else Shared
        return Copied

    @torch.no_grad()
    def _sample(
        self, requests: Sequence[Request], drawing: Drawing, kind: MemoryKind
    ) -> list[Rollout]:
        was_training = self._policy.training
        self._policy.eval()
        rollouts: list[Rollout | None] = [None] * len(requests)
        # Answers to one prompt stand together, so that one batch has as few prompts as can be.
        places: dict[tuple[int, ...], list[int]] = {}
        for place, request in enumerate(requests):
            places.setdefault(tuple(request.prompt), []).append(place)
        order = [place for alike in places.values() for place in alike]
        try:
            with ready_to_write(self._policy):
                for part in split(order, self._max_rows):
                    written = self._write([requests[place] for place in part], drawing, kind)
                    for place, rollout in zip(part, written, strict=True):
                        rollouts[place] = rollout
        finally:
            self._policy.train(was_training)
        return [rollout for rollout in rollouts if rollout is not None]

    def _write(
        self, requests: Sequence[Request], drawing: Drawing, kind: MemoryKind
    ) -> list[Rollout]:
        """Requests with equal prompts stand next to each other."""
        numbers: dict[tuple[int, ...], int] = {}
        owners = [numbers.setdefault(tuple(item.prompt), len(numbers)) for item in requests]
        causal, device = self._policy.causal, _device_of(self._policy)
        memory = kind(causal, list(numbers), owners, device)
        head = Head.of(causal)
        uniform = _uniform([item.key for item in requests], drawing).to(device)
        tokens: list[list[int]] = [[] for _ in requests]
        logps: list[list[float]] = [[] for _ in requests]
        finished = [False] * len(requests)
        going = list(range(len(requests)))
        hidden = memory.first()
        for position in range(drawing.max_new_tokens):
            self._idle()
            drawn = draw_tokens(
                head.logits(hidden), drawing.temperature, drawing.top_p, uniform[going, position]
            )
            staying = []
            values = zip(going, drawn.tokens.tolist(), drawn.logps.tolist(), strict=True)
            for place, (row, token, logp) in enumerate(values):
                tokens[row].append(token)
                logps[row].append(logp)
                finished[row] = token in self._ends
                if not finished[row]:
                    staying.append(place)
            if not staying or position + 1 == drawing.max_new_tokens:
                break
            if len(staying) < len(going):
                going = [going[place] for place in staying]
                memory.keep(staying)
            hidden = memory.next(
                drawn.tokens[staying] if len(staying) < len(drawn.tokens) else drawn.tokens
            )
        return [Rollout(*row) for row in zip(tokens, logps, finished, strict=True)]


def _uniform(keys: Sequence[str], drawing: Drawing) -> torch.Tensor:
    """Random numbers of each answer, [B, longest], decided by its key alone."""
    if drawing.temperature == 0:
        return torch.zeros(len(keys), drawing.max_new_tokens)
    rows = []
    for key in keys:
        draw = random.Random(key)  # noqa: S311 - sampling, not secrecy
        rows.append([draw.random() for _ in range(drawing.max_new_tokens)])
    return torch.tensor(rows)


def _alike(left: Rollout, right: Rollout, within: float) -> bool:
    """Whether what two answers were thought worth differs by rounding only: in the mean, as single
    unlikely tokens move far in 16 bits.

    Where two tokens are as likely, rounding may choose: from there on they are not compared.
    """
    differences = []
    steps = zip(left.tokens, right.tokens, left.logps, right.logps, strict=False)
    for token, other, logp, other_logp in steps:
        differences.append(abs(logp - other_logp))
        if token != other:
            break
    return sum(differences) <= within * len(differences)


def _device_of(policy: Policy) -> torch.device:
    device: torch.device = policy.causal.get_input_embeddings().weight.device
    return device
