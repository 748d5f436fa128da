"""Supervised fine-tuning: raise the likelihood of given answers.

The loss is the mean negative log-likelihood over all learnt tokens of a step, as in TRL's
SFTTrainer: of the answers (`completion_only_loss`; in chats all of the assistant's turns with
`assistant_only_loss`), or of everything. Examples are packed into one row without padding.

NEFTune (Jain et al., arXiv 2310.05914) adds uniform noise to the embeddings in training, of
magnitude α / √(L·d) for a sequence of L tokens and d dimensions; L is the length of the example,
where TRL takes that of its padded batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from workbench.core.preferences import SupervisedExample
from workbench.core.recipes import SftConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.chat import answer_sequence, chat_sequence
from workbench.engine.examples import read_supervised
from workbench.engine.logprobs import Policy
from workbench.engine.losses import negative_log_likelihood
from workbench.engine.method import Cuts, OfflineMethod, Tally


class Sft(OfflineMethod[TokenSequence]):
    """Examples are token sequences whose answers are learnt."""

    def __init__(self, config: SftConfig, tokenizer: Any, train: Path, held_out: Path) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self.batch_size = config.per_device_train_batch_size
        self.train, self.cuts = self._tokenise(read_supervised(train))
        self.held_out, _ = self._tokenise(read_supervised(held_out))

    def _tokenise(self, examples: Sequence[SupervisedExample]) -> tuple[list[TokenSequence], Cuts]:
        sequences, shortened = [], 0
        for example in examples:
            whole = self._sequence(example)
            sequence = whole.cut(self._config.max_length)
            if sequence.trained_count:
                sequences.append(sequence)
                shortened += sequence is not whole
        return sequences, Cuts(len(examples) - len(sequences), shortened)

    def _sequence(self, example: SupervisedExample) -> TokenSequence:
        learns_every_answer = (
            self._config.completion_only_loss
            and self._config.assistant_only_loss
            and any(message.role == "assistant" for message in example.prompt)
        )
        if learns_every_answer:
            return chat_sequence(self._tokenizer, example.messages)
        whole = answer_sequence(self._tokenizer, example.prompt, example.completion)
        return whole if self._config.completion_only_loss else TokenSequence(whole.ids, 0)

    def weight(self, item: TokenSequence) -> int:
        return item.trained_count

    def token_count(self, item: TokenSequence) -> int:
        return len(item.ids)

    def loss(self, policy: Policy, items: Sequence[TokenSequence], tally: Tally) -> torch.Tensor:
        alpha = self._config.neftune_noise_alpha
        figures = policy([[item] for item in items], noise_alpha=alpha)
        tally.add("loss", -figures.logps)
        tally.add("mean_token_accuracy", figures.hits)
        tally.add("entropy", figures.entropies)
        return negative_log_likelihood(figures.logps)
