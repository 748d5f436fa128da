"""Answers of the model in training: written fast, and the same again from the same seed.

The adapter is merged into the weights while answers are written, and the weights are put back
exactly. Each distinct prompt is read once, its answers share what the model remembers of it
(`shared_prefix.py`), and finished ones leave the batch.

Left out on purpose, as nobody could try it on such a device yet: a static cache with CUDA graphs,
and vLLM. Either would be another `Sampler`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from transformers import DynamicCache

from workbench.engine.attention import PackedAttention
from workbench.engine.batching import split
from workbench.engine.head import Head
from workbench.engine.logprobs import Policy
from workbench.engine.packing import Segment
from workbench.engine.shared_prefix import SharedPrefixCache
from workbench.engine.token_choice import draw_tokens
from workbench.engine.writing_weights import ready_to_write

# Answers written at a time: what is remembered of them must fit beside the weights.
MAX_ROWS = 64


@dataclass(frozen=True, slots=True)
class Request:
    """An answer to write: the prompt's tokens, and what decides its random numbers."""

    prompt: Sequence[int]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rollout:
    """An answer as it was written.

    `logps` are the log-probabilities of `tokens` at the temperature they were drawn at, of the
    whole distribution. `is_finished` says whether the model ended it (the last token says so) or
    the limit did.
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

    def try_sharing(self) -> bool:
        """Turn sharing on if it changes nothing for this model; returns whether it is on.

        As with packing, a model is tried rather than looked up: two short answers are written, and
        what they were thought worth must be what the policy gives them.
        """
        if not self._policy.packs:
            return False
        vocabulary = int(self._policy.causal.get_input_embeddings().weight.shape[0])
        ids = [(7919 * (place + 1)) % vocabulary for place in range(12)]
        requests = [Request(ids, "a"), Request(ids, "b"), Request(ids[:7], "c")]
        written = {}
        for self.shares_prefixes in (False, True):
            try:
                written[self.shares_prefixes] = self.sample(requests, Drawing(4, temperature=0))
            except (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError):
                self.shares_prefixes = False
                return False
        pairs = zip(written[False], written[True], strict=True)
        self.shares_prefixes = all(_alike(plain, shared) for plain, shared in pairs)
        return self.shares_prefixes

    @torch.no_grad()
    def sample(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
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
                    written = self._write([requests[place] for place in part], drawing)
                    for place, rollout in zip(part, written, strict=True):
                        rollouts[place] = rollout
        finally:
            self._policy.train(was_training)
        return [rollout for rollout in rollouts if rollout is not None]

    def _write(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
        """Requests with equal prompts stand next to each other."""
        numbers: dict[tuple[int, ...], int] = {}
        owners = [numbers.setdefault(tuple(item.prompt), len(numbers)) for item in requests]
        causal, device = self._policy.causal, _device_of(self._policy)
        longest = max(map(len, numbers)) + drawing.max_new_tokens
        window = getattr(causal.config, "sliding_window", None)
        memory = (
            _Shared(causal, list(numbers), owners, device)
            if self.shares_prefixes and not (window and longest > window)
            else _Copied(causal, list(numbers), owners, device)
        )
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


class _Shared:
    """Prompts read in one packed pass and remembered once; rows beside them."""

    def __init__(
        self,
        causal: Any,
        prompts: Sequence[Sequence[int]],
        owners: Sequence[int],
        device: torch.device,
    ) -> None:
        self._causal, self._prompts, self._device = causal, prompts, device
        self._owners = owners
        ends = torch.tensor([len(prompt) for prompt in prompts]).cumsum(0).tolist()
        self._segments = [
            Segment(end - len(prompt), end) for prompt, end in zip(prompts, ends, strict=True)
        ]
        self._cache = SharedPrefixCache(self._segments, device)
        self._mask = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)

    def first(self) -> torch.Tensor:
        """Read the prompts; returns the last hidden state for each row, [B, H]."""
        ids = [token for prompt in self._prompts for token in prompt]
        positions = [place for prompt in self._prompts for place in range(len(prompt))]
        packed = PackedAttention(self._segments, self._device)
        states = self._causal.base_model(
            input_ids=torch.tensor([ids], device=self._device),
            position_ids=torch.tensor([positions], device=self._device),
            past_key_values=self._cache, use_cache=True, **packed.model_arguments(),
        ).last_hidden_state  # fmt: skip
        self._cache.branch(self._owners)
        lengths = [len(self._prompts[owner]) for owner in self._owners]
        self._positions = torch.tensor(lengths, device=self._device).unsqueeze(1)
        last = [self._segments[owner].end - 1 for owner in self._owners]
        rows: torch.Tensor = states[0, last]
        return rows

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token a row, [B]; returns the last hidden states, [B, H]."""
        self._cache.begin_token()
        states = self._causal.base_model(
            input_ids=tokens.unsqueeze(1), position_ids=self._positions,
            attention_mask=self._mask, past_key_values=self._cache, use_cache=True,
            branches=self._cache,
        ).last_hidden_state  # fmt: skip
        self._positions = self._positions + 1
        rows: torch.Tensor = states[:, 0]
        return rows

    def keep(self, going: Sequence[int]) -> None:
        """Only the rows at these places stay."""
        self._cache.keep(going)
        self._positions = self._positions[torch.tensor(going, device=self._device)]


class _Copied:
    """Prompts padded on the left, read once, and what is remembered copied to their rows: as
    transformers does it, for models that sharing does not suit.
    """

    def __init__(
        self,
        causal: Any,
        prompts: Sequence[Sequence[int]],
        owners: Sequence[int],
        device: torch.device,
    ) -> None:
        self._causal, self._owners = causal, torch.tensor(owners, device=device)
        longest = max(map(len, prompts))
        ids = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        self._ids = torch.tensor(ids, device=device)
        self._mask = torch.tensor(mask, device=device)
        self._positions = (self._mask.cumsum(dim=1) - 1).clamp(min=0)
        self._cache = DynamicCache()

    def first(self) -> torch.Tensor:
        rows = self._read(self._ids)[self._owners]
        self._cache.batch_select_indices(self._owners)
        self._mask, self._positions = self._mask[self._owners], self._positions[self._owners]
        return rows

    def next(self, tokens: torch.Tensor) -> torch.Tensor:
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        self._positions = self._positions[:, -1:] + 1
        return self._read(tokens.unsqueeze(1))

    def _read(self, ids: torch.Tensor) -> torch.Tensor:
        states = self._causal.base_model(
            input_ids=ids, attention_mask=self._mask, position_ids=self._positions,
            past_key_values=self._cache, use_cache=True,
        ).last_hidden_state  # fmt: skip
        rows: torch.Tensor = states[:, -1]
        return rows

    def keep(self, going: Sequence[int]) -> None:
        kept = torch.tensor(going, device=self._mask.device)
        self._cache.batch_select_indices(kept)
        self._mask, self._positions = self._mask[kept], self._positions[kept]


def _uniform(keys: Sequence[str], drawing: Drawing) -> torch.Tensor:
    """Random numbers of each answer, [B, longest], decided by its key alone."""
    if drawing.temperature == 0:
        return torch.zeros(len(keys), drawing.max_new_tokens)
    rows = []
    for key in keys:
        draw = random.Random(key)  # noqa: S311 - sampling, not secrecy
        rows.append([draw.random() for _ in range(drawing.max_new_tokens)])
    return torch.tensor(rows)


def _alike(left: Rollout, right: Rollout) -> bool:
    """Whether two answers and what they were thought worth differ by rounding only."""
    pairs = zip(left.logps, right.logps, strict=False)
    return left.tokens == right.tokens and all(abs(one - two) < 0.05 for one, two in pairs)


def _device_of(policy: Policy) -> torch.device:
    device: torch.device = policy.causal.get_input_embeddings().weight.device
    return device
