"""Writing answers: one batch, one key-value cache, base and adapters side by side in it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from peft import PeftModel
from transformers import DynamicCache

from workbench.core.conversation import Conversation
from workbench.core.errors import RunError
from workbench.core.generation import Done, Generate, Row, Sampling, Token
from workbench.engine.batching import split
from workbench.engine.chat import prompt_ids
from workbench.engine.method import pad_id
from workbench.engine.text_stream import TextStream
from workbench.engine.token_choice import choose, row_random

# Answers written at a time: their cache must fit beside the weights (135M: 46 kB a token).
MAX_ROWS = 32
ENDED_BY_MODEL, ENDED_BY_LENGTH, ENDED_BY_CANCEL = "end", "length", "cancelled"
_BASE = "__base__"  # peft's name for "no adapter" within a mixed batch


@dataclass(slots=True)
class _Answer:
    """One row on its way."""

    row: Row
    prompt: list[int]
    draw: Random
    stream: TextStream
    limit: int
    tokens: int = 0
    first_token_s: float = 0.0


@dataclass(slots=True)
class Generator:
    """Writes answers with one model, whose adapters (if any) are named by the rows.

    `model` is a base model or a PeftModel over it. A forward pass runs the base weights once for
    all rows and adds each row's adapter, so base and adapter advance together.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    max_rows: int = MAX_ROWS
    _ends: frozenset[int] = field(init=False)
    _pad_id: int = field(init=False)

    def __post_init__(self) -> None:
        self._pad_id = pad_id(self.tokenizer)
        self._ends = end_tokens(self.model, self.tokenizer)

    def stream(
        self, request: Generate, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Token | Done]:
        """Write an answer for every row; text comes as Token, each row ends with Done.

        Asks `cancelled` before each token. Raises RunError for an unknown adapter and for a prompt
        that leaves no room for an answer.
        """
        answers = self._answers(request.rows, request.sampling)
        for part in split(answers, self.max_rows):
            yield from self._write(request.request_id, part, request.sampling, cancelled)

    def too_long(self, prompt: Conversation) -> str:
        """Why a prompt leaves no room for an answer, as half a sentence; empty where it does."""
        return self._too_long(len(prompt_ids(self.tokenizer, prompt)))

    def _too_long(self, tokens: int) -> str:
        if self._window is None or tokens < self._window:
            return ""
        return f"A prompt of {tokens:,} tokens fills the model's {self._window:,}"

    @property
    def _window(self) -> int | None:
        """Tokens that the model can hold; None where it says nothing of it."""
        return getattr(self.model.config, "max_position_embeddings", None) or None

    def _answers(self, rows: Sequence[Row], sampling: Sampling) -> list[_Answer]:
        known = set(self.model.peft_config) if isinstance(self.model, PeftModel) else set()
        repeats: Counter[tuple[str | None, tuple[int, ...]]] = Counter()
        answers = []
        for row in rows:
            if row.adapter is not None and row.adapter not in known:
                raise RunError(f"No adapter named {row.adapter} is loaded: load it first.")
            ids = prompt_ids(self.tokenizer, row.messages)
            if too_long := self._too_long(len(ids)):
                raise RunError(f"{too_long}: shorten it.")
            room = sampling.max_new_tokens if self._window is None else self._window - len(ids)
            limit = min(sampling.max_new_tokens, room)
            same = (row.adapter, tuple(ids))
            draw = row_random(sampling.seed, ids, repeats[same])
            repeats[same] += 1
            answers.append(_Answer(row, ids, draw, TextStream(self.tokenizer), limit))
        return answers

    @torch.inference_mode()
    def _write(
        self,
        request_id: str,
        answers: Sequence[_Answer],
        sampling: Sampling,
        cancelled: Callable[[], bool],
    ) -> Iterator[Token | Done]:
        started = time.perf_counter()
        batch = _Batch.of(answers, self._pad_id, self.device)
        while batch.answers:
            if cancelled():
                for answer in batch.answers:
                    yield from _end(request_id, answer, ENDED_BY_CANCEL, started)
                return
            logits = self._forward(batch)
            chosen = choose(logits, sampling, [answer.draw for answer in batch.answers])
            going = []
            for place, (answer, token) in enumerate(zip(batch.answers, chosen, strict=True)):
                if not answer.tokens:
                    answer.first_token_s = time.perf_counter() - started
                if token in self._ends:
                    yield from _end(request_id, answer, ENDED_BY_MODEL, started)
                    continue
                answer.tokens += 1
                if text := answer.stream.push(token):
                    yield Token(request_id, answer.row.row_id, text)
                if answer.tokens == answer.limit:
                    yield from _end(request_id, answer, ENDED_BY_LENGTH, started)
                    continue
                going.append(place)
            batch.advance(chosen, going)

    def _forward(self, batch: _Batch) -> torch.Tensor:
        """Logits of each row's next token, [B, V]."""
        adapters = {}
        if isinstance(self.model, PeftModel):
            adapters["adapter_names"] = [answer.row.adapter or _BASE for answer in batch.answers]
        output = self.model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask,
            position_ids=batch.position_ids, past_key_values=batch.cache, use_cache=True,
            logits_to_keep=1, **adapters,
        )  # fmt: skip
        logits: torch.Tensor = output.logits[:, -1]
        return logits


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Tokens that end an answer."""
    ends = model.generation_config.eos_token_id
    listed = ends if isinstance(ends, list) else [ends]
    return frozenset(token for token in (*listed, tokenizer.eos_token_id) if token is not None)


@dataclass(slots=True)
class _Batch:
    """The rows still being written, padded on the left, and what the model remembers of them.

    `input_ids` and `position_ids` [B, new] are what it reads next; `attention_mask` [B, all].
    """

    answers: list[_Answer]
    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    position_ids: torch.Tensor
    cache: DynamicCache

    @classmethod
    def of(cls, answers: Sequence[_Answer], pad: int, device: torch.device) -> _Batch:
        longest = max(len(answer.prompt) for answer in answers)
        input_ids = torch.full((len(answers), longest), pad)
        mask = torch.zeros_like(input_ids)
        for row, answer in enumerate(answers):
            input_ids[row, longest - len(answer.prompt) :] = torch.tensor(answer.prompt)
            mask[row, longest - len(answer.prompt) :] = 1
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        return cls(
            list(answers), input_ids.to(device), mask.to(device), positions.to(device),
            DynamicCache(),
        )  # fmt: skip

    def advance(self, chosen: Sequence[int], going: Sequence[int]) -> None:
        """Append the chosen tokens; only the rows at the places `going` stay."""
        device = self.input_ids.device
        self.input_ids = torch.tensor([[chosen[place]] for place in going], device=device)
        self.position_ids = self.position_ids[:, -1:] + 1
        if len(going) < len(self.answers):
            self.answers = [self.answers[place] for place in going]
            if not going:
                return
            kept = torch.tensor(going, device=device)
            self.cache.batch_select_indices(kept)
            self.attention_mask = self.attention_mask[kept]
            self.position_ids = self.position_ids[kept]
        self.attention_mask = torch.nn.functional.pad(self.attention_mask, (0, 1), value=1)


def _end(request_id: str, answer: _Answer, ended_by: str, started: float) -> Iterator[Token | Done]:
    if rest := answer.stream.finish():
        yield Token(request_id, answer.row.row_id, rest)
    yield Done(
        request_id, answer.row.row_id, answer.stream.text, answer.tokens,
        time.perf_counter() - started, answer.first_token_s, ended_by,
    )  # fmt: skip
