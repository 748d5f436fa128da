"""What methods share that learn from the model's own answers: prompts, answers, rewards, figures.

Each step's prompts are answered by the model as it is then; rewards say how good the answers are;
a method turns rewards into advantages and learns from them in one step or several. Which answers
are drawn is decided by seed, step, prompt and answer alone, so a resumed run needs no other memory.
"""

from __future__ import annotations

import time
import weakref
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from workbench.core.conversation import plain_text
from workbench.core.events import GroupSampled, SampledAnswer
from workbench.core.preferences import PromptExample
from workbench.core.recipes import OnlineConfig
from workbench.core.rewards import RewardModelReward
from workbench.engine.answered import AnsweredPrompt, column, pack_answered, unpack_answered
from workbench.engine.batching import TokenSequence, split
from workbench.engine.chat import prompt_ids
from workbench.engine.examples import read_prompts
from workbench.engine.generation import end_tokens
from workbench.engine.logprobs import Policy, TokenLogprobs
from workbench.engine.method import Collected, Report, Tally
from workbench.engine.rewards.sample import RewardInput, Scorer
from workbench.engine.rewards.scoring import NamedReward, RewardTable, build, close_all, score
from workbench.engine.rollout import Drawing, PolicySampler, Request, Rollout, Sampler

Config = TypeVar("Config", bound=OnlineConfig)

# Gives the scorer of a reward model, for the policy in training.
ScorerOf = Callable[[RewardModelReward, Policy], Scorer]

# Gives what writes answers with the policy in training, which ends them with these tokens.
SamplerOf = Callable[[Policy, frozenset[int]], Sampler]

# Groups of answers that a step writes to the log, so that it stays small.
_SHOWN_GROUPS = 2


@dataclass(frozen=True, slots=True)
class TokenPrompt:
    """A prompt to answer. `place` is where it stands in its file, and decides what is drawn."""

    example: PromptExample
    ids: list[int]
    place: int


@dataclass(frozen=True, slots=True)
class PromptCuts:
    """Prompts that leave no room for an answer."""

    dropped: int
    answer_tokens: int

    def sentence(self, max_length: int) -> str | None:
        """What happened, for a person, or None when nothing did."""
        if not self.dropped:
            return None
        return (
            f"{self.dropped} prompts were left out: with an answer of {self.answer_tokens} tokens"
            f" they are longer than Max length ({max_length}). Raise it, or lower Answer length."
        )


@dataclass(frozen=True, slots=True)
class Written:
    """The answers of a step, G to each prompt, what they are worth, and how long that took."""

    prompts: Sequence[TokenPrompt]
    rollouts: Sequence[Rollout]
    table: RewardTable
    rollout_time_s: float
    reward_time_s: float

    @property
    def rewards(self) -> torch.Tensor:
        """[P, G]; NaN for an answer without one."""
        totals = [float("nan") if total is None else total for total in self.table.totals]
        return torch.tensor(totals).view(len(self.prompts), -1)


def own_sampler(policy: Policy, ends: frozenset[int]) -> Sampler:
    """The one that is built in."""
    sampler = PolicySampler(policy, ends)
    sampler.try_sharing()
    if policy.causal.get_input_embeddings().weight.is_cuda:
        sampler.try_recording()
    return sampler


class OnlineMethod(ABC, Generic[Config]):
    """Base of GRPO, RLOO and PPO, which say what is made of rewards and what the loss is."""

    train: Sequence[TokenPrompt]
    held_out: Sequence[TokenPrompt]
    reuses: int

    def __init__(
        self,
        config: Config,
        tokenizer: Any,
        train: Path,
        held_out: Path,
        scorer_of: ScorerOf | None = None,
        sampler_of: SamplerOf = own_sampler,
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._scorer_of = scorer_of
        self._sampler_of = sampler_of
        self.reuses = config.num_iterations
        self.train, self.cuts = self._tokenise(read_prompts(train))
        self.held_out, _ = self._tokenise(read_prompts(held_out))
        self.sampler: Sampler | None = None
        self._rewards: Sequence[NamedReward] = ()
        self._ends: frozenset[int] = frozenset()

    def _tokenise(self, examples: Sequence[PromptExample]) -> tuple[list[TokenPrompt], PromptCuts]:
        config = self._config
        limit = config.max_length - config.max_completion_length
        prompts = []
        for place, example in enumerate(examples):
            ids = prompt_ids(self._tokenizer, example.prompt)
            if len(ids) <= limit:
                prompts.append(TokenPrompt(example, ids, place))
        dropped = len(examples) - len(prompts)
        return prompts, PromptCuts(dropped, config.max_completion_length)

    def prepare(self, policy: Policy, report: Report) -> None:
        """Make sampler and rewards ready; raises KnownError for a reward that can't be used."""
        if self._config.beta:
            policy.keep_reference()
        report("getting the rewards ready")
        self._ends = end_tokens(policy.causal, self._tokenizer)
        if self.sampler is None:
            self.sampler = self._sampler_of(policy, self._ends)
        scorer_of = self._scorer_of
        scorer = None if scorer_of is None else lambda spec: scorer_of(spec, policy)
        self._rewards = build(self._config.rewards, scorer=scorer)
        weakref.finalize(self, close_all, self._rewards)

    def extra_parameters(self) -> Mapping[str, tuple[float, Sequence[torch.nn.Parameter]]]:
        return {}

    def collect(
        self, policy: Policy, examples: Sequence[TokenPrompt], step: int
    ) -> Collected[AnsweredPrompt]:
        """Answer the prompts, reward the answers, and make of them what is learnt from."""
        config = self._config
        drawing = Drawing(config.max_completion_length, config.temperature, config.top_p)
        written = self._write(examples, config.num_generations, drawing, f"{config.seed}/{step}")
        groups = self._groups(written)
        figures = Tally()
        items = self.learn_from(policy, written, groups, figures)
        self._count(written, figures)
        shown = zip(range(min(_SHOWN_GROUPS, len(items))), items, strict=False)
        return Collected(
            items, figures, [self._shown(written, place, item, step + 1) for place, item in shown]
        )

    @abstractmethod
    def learn_from(
        self,
        policy: Policy,
        written: Written,
        groups: Sequence[tuple[TokenSequence, ...]],
        figures: Tally,
    ) -> list[AnsweredPrompt]:
        """An item for each prompt; `groups` are prompts and answers as sequences."""

    def _write(
        self, prompts: Sequence[TokenPrompt], answers: int, drawing: Drawing, key: str
    ) -> Written:
        assert self.sampler is not None
        repeats: Counter[int] = Counter()
        requests = []
        for prompt in prompts:
            # A prompt may come twice in a step where there are few: its answers differ.
            before = repeats[prompt.place]
            repeats[prompt.place] += answers
            requests += [
                Request(prompt.ids, f"{key}/{prompt.place}/{before + answer}")
                for answer in range(answers)
            ]
        started = time.perf_counter()
        rollouts = self.sampler.sample(requests, drawing)
        written_at = time.perf_counter()
        inputs = [
            self._reward_input(prompts[place // answers], rollout)
            for place, rollout in enumerate(rollouts)
        ]
        table = score(self._rewards, inputs, group_size=answers)
        rewarded_at = time.perf_counter()
        return Written(prompts, rollouts, table, written_at - started, rewarded_at - written_at)

    def _reward_input(self, prompt: TokenPrompt, rollout: Rollout) -> RewardInput:
        example = prompt.example
        return RewardInput(
            example.prompt, self._text(rollout), example.answer, len(rollout.tokens),
            rollout.is_finished,
        )  # fmt: skip

    def _text(self, rollout: Rollout) -> str:
        text: str = self._tokenizer.decode(rollout.tokens, skip_special_tokens=True)
        return text

    def _groups(self, written: Written) -> list[tuple[TokenSequence, ...]]:
        size = len(written.rollouts) // max(1, len(written.prompts))
        return [
            tuple(
                TokenSequence([*prompt.ids, *rollout.tokens], len(prompt.ids))
                for rollout in written.rollouts[place * size : (place + 1) * size]
            )
            for place, prompt in enumerate(written.prompts)
        ]

    def is_learnt(self, written: Written) -> torch.Tensor:
        """Which answers count, [P, G]: all, or those that the model ended."""
        finished = torch.tensor([rollout.is_finished for rollout in written.rollouts])
        if not self._config.mask_truncated_completions:
            finished = torch.ones_like(finished)
        return finished.view(len(written.prompts), -1)

    def reference_logps(
        self, policy: Policy, groups: Sequence[tuple[TokenSequence, ...]], figures: Tally
    ) -> list[torch.Tensor]:
        """Log-probabilities of the model before training, [N] of each group."""
        started = time.perf_counter()
        found = self._logps_of(policy.reference, groups)
        figures.add("reference_time_s", torch.tensor([time.perf_counter() - started]))
        return found

    @torch.no_grad()
    def written_logps(
        self, policy: Policy, written: Written, groups: Sequence[tuple[TokenSequence, ...]]
    ) -> torch.Tensor:
        """Log-probabilities [N] by the policy that wrote the answers: as sampling gave them, or by
        one pass more where another program wrote, whose numbers are not the policy's.
        """
        if all(len(rollout.logps) == len(rollout.tokens) for rollout in written.rollouts):
            return torch.tensor([logp for rollout in written.rollouts for logp in rollout.logps])
        was_training = policy.training
        policy.eval()
        logps = torch.cat(self._logps_of(policy, groups))
        policy.train(was_training)
        return logps

    def _logps_of(
        self,
        policy: Callable[[Sequence[tuple[TokenSequence, ...]], float], TokenLogprobs],
        groups: Sequence[tuple[TokenSequence, ...]],
    ) -> list[torch.Tensor]:
        found: list[torch.Tensor] = []
        for part in split(groups, self._config.per_device_train_batch_size):
            found += split_by_group(policy(part, self._config.temperature).logps, part)
        return found

    def _count(self, written: Written, figures: Tally) -> None:
        lengths = torch.tensor([len(rollout.tokens) for rollout in written.rollouts]).float()
        finished = torch.tensor([rollout.is_finished for rollout in written.rollouts])
        rewards = written.rewards.flatten()
        rewards = rewards[~rewards.isnan()]
        figures.add("reward", rewards)
        if len(rewards) > 1:
            figures.add("reward_std", rewards.std().view(1))
        for name, value in written.table.metrics().items():
            figures.add(name, torch.tensor([value]))
        figures.add("completions/mean_length", lengths)
        figures.add("completions/min_length", lengths.min().view(1))
        figures.add("completions/max_length", lengths.max().view(1))
        figures.add("completions/clipped_ratio", ~finished)
        figures.add("completions/mean_terminated_length", lengths[finished])
        figures.add("rollout_time_s", torch.tensor([written.rollout_time_s]))
        figures.add("reward_time_s", torch.tensor([written.reward_time_s]))

    def _shown(self, written: Written, place: int, item: AnsweredPrompt, step: int) -> GroupSampled:
        prompt, size = written.prompts[place], len(item.group)
        # Where each token has an advantage, an answer's is their mean.
        parts = torch.split(item.advantages, item.counts) if len(item.advantages) > size else None
        answers = []
        for number in range(size):
            at = place * size + number
            rollout = written.rollouts[at]
            given = {name: results[at] for name, results in written.table.results.items()}
            answers.append(
                SampledAnswer(
                    text=self._text(rollout),
                    tokens=len(rollout.tokens),
                    is_finished=rollout.is_finished,
                    rewards={name: result.value for name, result in given.items()},
                    total=written.table.totals[at],
                    advantage=float(item.advantages[number] if parts is None
                                    else parts[number].mean()),
                    notes={name: result.note for name, result in given.items() if result.note},
                )
            )  # fmt: skip
        text = plain_text(prompt.example.prompt)
        return GroupSampled(step, text, tuple(answers), prompt.example.answer)

    def pack_items(self, items: Sequence[AnsweredPrompt]) -> dict[str, torch.Tensor]:
        return pack_answered(items)

    def unpack_items(self, tensors: Mapping[str, torch.Tensor]) -> Sequence[AnsweredPrompt]:
        return unpack_answered(tensors)

    def micro_batches(self, items: Sequence[AnsweredPrompt]) -> Sequence[Sequence[AnsweredPrompt]]:
        size = self._config.per_device_train_batch_size
        return [items[start : start + size] for start in range(0, len(items), size)]

    def step_figures(self, update_time_s: float) -> Mapping[str, float]:
        return {"update_time_s": update_time_s}

    def teaches(self, item: AnsweredPrompt) -> bool:
        return item.learnt_tokens > 0

    def token_count(self, item: AnsweredPrompt) -> int:
        return sum(len(sequence.ids) for sequence in item.group)

    def figures_of(self, policy: Policy, items: Sequence[AnsweredPrompt]) -> TokenLogprobs:
        """What the policy gives each token, at the temperature it was drawn at."""
        figures: TokenLogprobs = policy(
            [item.group for item in items], temperature=self._config.temperature
        )
        return figures

    def old_logps(self, items: Sequence[AnsweredPrompt], logps: torch.Tensor) -> torch.Tensor:
        """Log-probabilities [N] when the answers were written: those of the first pass over them,
        which is made before anything is learnt from them.
        """
        if all(item.old_logps is not None for item in items):
            return column(items, "old_logps", logps)
        old = logps.detach()
        if self.reuses > 1:
            parts = split_by_group(old, [item.group for item in items])
            for item, part in zip(items, parts, strict=True):
                item.old_logps = part
        return old

    def measure(self, policy: Policy, examples: Sequence[TokenPrompt], tally: Tally) -> None:
        """Mean reward of the likeliest answer to each prompt."""
        drawing = Drawing(self._config.max_completion_length, temperature=0)
        written = self._write(examples, 1, drawing, "")
        rewards = written.rewards.flatten()
        tally.add("reward", rewards[~rewards.isnan()])
        for name, results in written.table.results.items():
            values = [result.value for result in results if result.value is not None]
            tally.add(f"rewards/{name}/mean", torch.tensor(values))
        lengths = [len(rollout.tokens) for rollout in written.rollouts]
        tally.add("completions/mean_length", torch.tensor(lengths))
        finished = torch.tensor([rollout.is_finished for rollout in written.rollouts])
        tally.add("completions/clipped_ratio", ~finished)


def split_by_group(
    values: torch.Tensor, groups: Sequence[Sequence[TokenSequence]]
) -> list[torch.Tensor]:
    """[N] of several groups → one tensor each, on the CPU."""
    sizes = [sum(sequence.trained_count for sequence in group) for group in groups]
    return [part.clone() for part in torch.split(values.detach().cpu(), sizes)]


def everyones(values: torch.Tensor) -> torch.Tensor:
    """`values` of all processes, one after the other; just ours where we are alone."""
    if not torch.distributed.is_initialized():
        return values
    found: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(found, values.cpu())
    return torch.cat(found)
