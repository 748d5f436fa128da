"""A reward model: learn to score answers from pairs of a chosen and a rejected one.

Bradley–Terry as in TRL 1.16's RewardTrainer: a linear layer without bias reads one number from the
last hidden state of prompt and answer, and the chosen answer's is to be the higher. The layer is
called `score` and kept in float32; with it the model is saved in the form that transformers'
AutoModelForSequenceClassification and peft load (`num_labels=1`). The two answers of a pair share
one pass over their prompt.

Departures from TRL, on purpose:
- The score is read at the last token, whatever it is; transformers reads it at the last token that
  is not `pad_token_id`, which differs only where a template ends with that very token.
- A pair's strength can ask for a margin (`losses.reward_margin`); in TRL it is a data column.
- Dropout in the adapter stays on where the recipe asks for it; TRL turns all dropout off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workbench.core.conversation import Conversation
from workbench.core.preferences import PreferenceExample
from workbench.core.recipes import RewardConfig
from workbench.engine.batching import TokenSequence
from workbench.engine.chat import answer_sequence
from workbench.engine.examples import read_preferences
from workbench.engine.lanes import Read
from workbench.engine.logprobs import Policy
from workbench.engine.losses import bradley_terry_loss, reward_margin
from workbench.engine.method import Cuts, OfflineMethod, Tally
from workbench.engine.packing import Group


class ScoredPolicy(Policy):
    """A model with a score head in training. Calling it gives the score of every sequence, [S].

    Sequences are those of `scored_sequence`; groups share what they begin with.
    """

    @classmethod
    def of(cls, policy: Policy) -> ScoredPolicy:
        scored = cls(policy.model)
        scored.packs, scored.lanes = policy.packs, policy.lanes
        return scored

    # Called through torch.nn.Module, whose forward may be anything.
    def forward(self, groups: Sequence[Group]) -> torch.Tensor:  # type: ignore[override]
        def read(part: Sequence[Group]) -> Read:
            scores = read_scores(self, part, self.causal.score)
            return Read(scores, (), (1,) * len(scores))

        return self.in_lanes(groups, read).values


def read_scores(policy: Policy, groups: Sequence[Group], head: torch.nn.Module) -> torch.Tensor:
    """What `head` reads at the end of each sequence of each group, [S], in float32."""
    batch = policy.batch(groups)
    ends = policy.hidden(batch)[batch.sources]
    scores: torch.Tensor = head(ends.float()).squeeze(-1)
    return scores


def scored_sequence(tokenizer: Any, prompt: Conversation, answer: str) -> TokenSequence:
    """Prompt and answer with one more token behind, which alone counts as learnt.

    The place from which that token would be predicted is the end of the answer, so that whatever
    lays out sequences and finds their learnt tokens finds where to read the score.
    """
    ids = answer_sequence(tokenizer, prompt, answer).ids
    return TokenSequence([*ids, ids[-1]], len(ids))


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two sequences with the same prompt, and how far apart their scores are to lie."""

    chosen: TokenSequence
    rejected: TokenSequence
    margin: float = 0.0

    @property
    def group(self) -> Group:
        return (self.chosen, self.rejected)


class Reward(OfflineMethod[ScoredPair]):
    """Examples are scored pairs; the policy that it is given must be a ScoredPolicy."""

    def __init__(self, config: RewardConfig, tokenizer: Any, train: Path, held_out: Path) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self.batch_size = config.per_device_train_batch_size
        self.train, self.cuts = self._tokenise(read_preferences(train))
        self.held_out, _ = self._tokenise(read_preferences(held_out))

    def _tokenise(self, examples: Sequence[PreferenceExample]) -> tuple[list[ScoredPair], Cuts]:
        """Pairs that are too long are left out, as in TRL: half an answer can't be judged."""
        pairs = [self._pair(example) for example in examples]
        longest = self._config.max_length + 1
        kept = [pair for pair in pairs if all(len(answer.ids) <= longest for answer in pair.group)]
        return kept, Cuts(too_long=len(pairs) - len(kept))

    def _pair(self, example: PreferenceExample) -> ScoredPair:
        return ScoredPair(
            scored_sequence(self._tokenizer, example.prompt, example.chosen),
            scored_sequence(self._tokenizer, example.prompt, example.rejected),
            reward_margin(example.strength) if self._config.use_strength else 0.0,
        )

    def weight(self, item: ScoredPair) -> int:
        return 1

    def token_count(self, item: ScoredPair) -> int:
        return sum(len(answer.ids) - 1 for answer in item.group)

    def loss(self, policy: Policy, items: Sequence[ScoredPair], tally: Tally) -> torch.Tensor:
        scores: torch.Tensor = policy([pair.group for pair in items])
        chosen, rejected = scores[::2], scores[1::2]
        margins = scores.new_tensor([pair.margin for pair in items])
        losses = bradley_terry_loss(
            chosen, rejected, margins, self._config.center_rewards_coefficient
        )
        tally.add("loss", losses)
        tally.add("accuracy", chosen > rejected)
        tally.add("margin", chosen - rejected)
        tally.add("mean_reward", scores)
        tally.add("min_reward", scores.min().unsqueeze(0))
        tally.add("max_reward", scores.max().unsqueeze(0))
        return losses.sum()
