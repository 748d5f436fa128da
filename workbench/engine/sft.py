"""Supervised fine-tuning: raise the likelihood of given answers.

The loss is the mean negative log-likelihood over all learnt tokens of a step, as in TRL's
SFTTrainer with `completion_only_loss`; with it off, prompts are learnt as well. Not here: packing,
multi-turn masks, NEFTune.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from workbench.core.preferences import SupervisedExample
from workbench.core.recipes import SftConfig
from workbench.engine.batching import TokenSequence, collate
from workbench.engine.chat import answer_sequence
from workbench.engine.examples import read_supervised
from workbench.engine.logprobs import Policy
from workbench.engine.losses import negative_log_likelihood
from workbench.engine.method import Cuts, Report, Tally, pad_id


class Sft:
    """Examples are token sequences whose answer is learnt."""

    train: Sequence[TokenSequence]
    held_out: Sequence[TokenSequence]

    def __init__(
        self, config: SftConfig, tokenizer: Any, device: torch.device, train: Path, held_out: Path
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._device = device
        self._pad_id = pad_id(tokenizer)
        self.train, self.cuts = self._tokenise(read_supervised(train))
        self.held_out, _ = self._tokenise(read_supervised(held_out))

    def _tokenise(self, examples: Sequence[SupervisedExample]) -> tuple[list[TokenSequence], Cuts]:
        sequences, shortened = [], 0
        for example in examples:
            whole = answer_sequence(self._tokenizer, example.prompt, example.completion)
            if not self._config.completion_only_loss:
                whole = TokenSequence(whole.ids, 0)
            sequence = whole.cut(self._config.max_length)
            if sequence.trained_count:
                sequences.append(sequence)
                shortened += sequence is not whole
        return sequences, Cuts(len(examples) - len(sequences), shortened)

    def prepare(self, policy: Policy, report: Report) -> None:
        """Nothing stays the same over the run."""

    def weight(self, example: TokenSequence) -> int:
        return example.trained_count

    def token_count(self, example: TokenSequence) -> int:
        return len(example.ids)

    def loss(self, policy: Policy, examples: Sequence[TokenSequence], tally: Tally) -> torch.Tensor:
        batch = collate(examples, self._pad_id, self._device)
        figures = policy(batch, with_entropy=True)
        tally.add("loss", -figures.logps)
        tally.add("mean_token_accuracy", figures.hits)
        tally.add("entropy", figures.entropies)
        return negative_log_likelihood(figures.logps)
