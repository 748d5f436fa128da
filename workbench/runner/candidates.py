"""Candidates: several answers to each prompt, from any models, checkpoints and settings, paired.

One host at a time, so that two models need the room of one. Pairs land in the queue as soon as a
prompt has all its answers; what has landed stays, whatever happens to the rest.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from workbench.core.errors import RunError
from workbench.core.generation import Done, Finished, Ready, Reply, Row, Sampling
from workbench.core.preferences import Origin, OriginKind, Prompt
from workbench.core.recipes import ModelRef
from workbench.runner.generation_client import HOST_MODULE, GenerationClient
from workbench.runner.replies import Cancelled, next_reply
from workbench.store import Project
from workbench.store.rows import NewPair

_PROMPTS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and how: a base model, or an adapter of a run (its result, or a checkpoint).

    `answers` is how many it writes to each prompt; the seed goes up by one for each.
    """

    model: ModelRef
    sampling: Sampling
    answers: int = 1
    adapter: Path | None = None
    run_id: str | None = None
    run_name: str | None = None
    checkpoint_step: int | None = None
    device: str = "auto"

    def sampling_of(self, number: int) -> Sampling:
        """How the answer with this number, from 0, is drawn."""
        return self.sampling.model_copy(update={"seed": self.sampling.seed + number})

    def origin(self, number: int) -> Origin:
        """What the store keeps of the answer with this number."""
        sampling = self.sampling_of(number)
        return Origin(
            kind=OriginKind.SAMPLED,
            model=self.model.name,
            run_id=self.run_id,
            checkpoint_step=self.checkpoint_step,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_new_tokens=sampling.max_new_tokens,
            seed=sampling.seed,
            note=self.run_name,
        )


@dataclass(frozen=True, slots=True)
class CandidateOrder:
    """Which prompts are answered by whom; pairs go to a new data set of this name."""

    name: str
    prompts: Sequence[Prompt]
    writers: Sequence[Writer]

    @property
    def answers_per_prompt(self) -> int:
        return sum(writer.answers for writer in self.writers)


@dataclass(frozen=True, slots=True)
class CandidateProgress:
    """How far it is. `doing` says what is waited for while no answer comes."""

    doing: str
    answers: int
    total: int
    pairs: int
    remaining_s: float | None


@dataclass(slots=True)
class CandidateReport:
    """What came of it. `without_pair` counts prompts whose answers were all the same, or too few.

    `problem` is the sentence of what ended it early, if something did.
    """

    dataset_id: str | None = None
    pairs: int = 0
    without_pair: int = 0
    is_cancelled: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    origin: Origin


def write_candidates(
    project: Project,
    order: CandidateOrder,
    on_progress: Callable[[CandidateProgress], None] = lambda _progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    *,
    host_module: str = HOST_MODULE,
) -> CandidateReport:
    """Let every writer answer every prompt and store the pairs; blocks until that is done.

    Raises RunError when nothing can be written at all; a problem after the first pairs is told in
    the report, for those pairs stay.
    """
    if order.answers_per_prompt < 2:
        raise RunError("A pair needs two answers: add a second writer, or ask for two answers.")
    if not order.prompts:
        raise RunError("There are no prompts to answer: choose another data set.")
    work = _Work(project, order, on_progress, is_cancelled, host_module)
    try:
        work.run()
    except RunError as error:
        if not work.report.pairs:
            raise
        work.report.problem = str(error)
    return work.report


def pairs_of(prompt: Prompt, answers: Sequence[Answer]) -> list[NewPair]:
    """The pairs of different answers to a prompt: each meets each, or its neighbours among many."""
    by_text: dict[str, Answer] = {}
    for answer in answers:
        by_text.setdefault(answer.text.strip(), answer)
    different = list(by_text.values())
    if len(different) <= 3:
        couples = list(combinations(different, 2))
    else:  # a ring: every answer is in two pairs
        couples = list(zip(different, [*different[1:], different[0]], strict=True))
    return [
        NewPair(
            prompt.messages, first.text, second.text, first.origin, second.origin,
            split=prompt.split,
        )
        for first, second in couples
    ]  # fmt: skip


@dataclass
class _Work:
    project: Project
    order: CandidateOrder
    on_progress: Callable[[CandidateProgress], None]
    is_cancelled: Callable[[], bool]
    host_module: str
    report: CandidateReport = field(default_factory=CandidateReport)
    _answers: dict[str, dict[tuple[int, int], Answer]] = field(default_factory=dict)
    _doing: str = ""
    _count: int = 0
    _writing_since: float | None = None

    def run(self) -> None:
        groups = _by_host(self.order.writers)
        try:
            for numbers in groups:
                self._ask_host(numbers)
        except Cancelled:
            self.report.is_cancelled = True
        finally:
            for prompt in self.order.prompts:
                self._land(prompt, is_last=True)

    def _ask_host(self, numbers: Sequence[int]) -> None:
        """Let the writers with these numbers, who share a base model, answer every prompt."""
        writers = self.order.writers
        first = writers[numbers[0]]
        adapters = {
            _adapter_name(n): str(writers[n].adapter) for n in numbers if writers[n].adapter
        }
        replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._tell(f"Loading {first.model.name}")
        with GenerationClient(replies.put, host_module=self.host_module) as client:
            client.load(first.model.path, adapters, first.device)
            while not isinstance(next_reply(replies, self.is_cancelled), Ready):
                pass
            if self._writing_since is None:
                self._writing_since = time.monotonic()
            for prompts in _batches(self.order.prompts):
                for number in numbers:
                    for answer in range(writers[number].answers):
                        self._write(client, replies, prompts, number, answer)
                for prompt in prompts:
                    self._land(prompt)

    def _write(
        self,
        client: GenerationClient,
        replies: queue.SimpleQueue[Reply],
        prompts: Sequence[Prompt],
        number: int,
        answer: int,
    ) -> None:
        writer = self.order.writers[number]
        adapter = _adapter_name(number) if writer.adapter else None
        rows = [Row(prompt.id, prompt.messages, adapter) for prompt in prompts]
        client.generate(rows, writer.sampling_of(answer))
        while not isinstance(reply := next_reply(replies, self.is_cancelled), Finished):
            if isinstance(reply, Done):
                self._count += 1
                if reply.text.strip():
                    known = self._answers.setdefault(reply.row_id, {})
                    known[number, answer] = Answer(reply.text, writer.origin(answer))
                self._tell(f"Writing with {writer.model.name}")

    def _land(self, prompt: Prompt, *, is_last: bool = False) -> None:
        """Store the pairs of a prompt that has all its answers, or gets no more of them."""
        answers = self._answers.get(prompt.id, {})
        if not is_last and len(answers) < self.order.answers_per_prompt:
            return
        self._answers.pop(prompt.id, None)
        if not answers:
            return
        pairs = pairs_of(prompt, [answers[place] for place in sorted(answers)])
        if not pairs:
            self.report.without_pair += 1
            return
        if self.report.dataset_id is None:
            self.report.dataset_id = self.project.added.new_dataset(self.order.name, "preference")
        self.project.added.add_pairs(self.report.dataset_id, pairs)
        self.report.pairs += len(pairs)
        self._tell(self._doing)

    def _tell(self, doing: str) -> None:
        self._doing = doing
        total = len(self.order.prompts) * self.order.answers_per_prompt
        remaining_s = None
        if self._writing_since is not None and self._count:
            elapsed_s = time.monotonic() - self._writing_since
            remaining_s = elapsed_s / self._count * (total - self._count)
        self.on_progress(
            CandidateProgress(doing, self._count, total, self.report.pairs, remaining_s)
        )


def _by_host(writers: Sequence[Writer]) -> list[list[int]]:
    """The numbers of the writers that one host can serve: same base weights, same device."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number, writer in enumerate(writers):
        groups.setdefault((writer.model.path, writer.device), []).append(number)
    return list(groups.values())


def _batches(prompts: Sequence[Prompt]) -> Iterator[Sequence[Prompt]]:
    for start in range(0, len(prompts), _PROMPTS_AT_ONCE):
        yield prompts[start : start + _PROMPTS_AT_ONCE]


def _adapter_name(number: int) -> str:
    return f"writer-{number}"
