"""One prompt, two answers on their way, and the vote on them. Knows no widgets."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from enum import StrEnum

from workbench.core.changes import Changes
from workbench.core.conversation import Conversation
from workbench.core.generation import Done, Row, Sampling, Token
from workbench.core.preferences import Choice, Origin, OriginKind, Side, choice_of_side
from workbench.store import Project
from workbench.ui import operations
from workbench.ui.operations import Showing
from workbench.ui.panels.compare.subjects import Subject

ADAPTER_NAME = "trained"


class Column(StrEnum):
    """Who writes: the base is always the first of a stored pair, the trained model the second."""

    BASE = "base"
    TRAINED = "trained"


@dataclass(slots=True)
class Answer:
    """What one model has written so far; `done` once it is complete."""

    text: str = ""
    done: Done | None = None


class Comparison:
    """Begin one for each prompt; feed it the host's replies; vote once both answers are there."""

    def __init__(
        self, subject: Subject, prompt: Conversation, sampling: Sampling, *, blind: bool
    ) -> None:
        self.subject = subject
        self.prompt = prompt
        self.sampling = sampling
        self.blind = blind
        self.voted: Choice | None = None
        self.answers = {column: Answer() for column in Column}
        sides = random.SystemRandom()
        self.shown_left = sides.choice((Choice.FIRST, Choice.SECOND)) if blind else Choice.FIRST
        self._complete_at: float | None = None

    def rows(self) -> list[Row]:
        """What to ask the generation host for."""
        return [
            Row(Column.BASE.value, self.prompt),
            Row(Column.TRAINED.value, self.prompt, ADAPTER_NAME),
        ]

    def column(self, side: Side) -> Column:
        """Who stands on a side."""
        choice = choice_of_side(side, self.shown_left)
        return Column.BASE if choice is Choice.FIRST else Column.TRAINED

    def side(self, column: Column) -> Side:
        return Side.LEFT if self.column(Side.LEFT) is column else Side.RIGHT

    @property
    def names_are_shown(self) -> bool:
        """Whether people may know which model is which: never before a blind vote."""
        return not self.blind or self.voted is not None

    @property
    def is_complete(self) -> bool:
        return all(answer.done is not None for answer in self.answers.values())

    @property
    def can_vote(self) -> bool:
        return self.is_complete and self.voted is None

    def take(self, reply: Token | Done) -> Column:
        """Add what a model wrote; returns which column changed."""
        column = Column(reply.row_id)
        answer = self.answers[column]
        if isinstance(reply, Token):
            answer.text += reply.text
        else:
            answer.text, answer.done = reply.text, reply
            if self.is_complete:
                self._complete_at = time.monotonic()
        return column

    def vote(self, project: Project, reviewer: str, choice: Choice) -> Changes:
        """Store both answers and the vote; needs `can_vote`."""
        if not self.can_vote or self._complete_at is None:
            raise RuntimeError("both answers must be complete before the one vote")
        elapsed_s = time.monotonic() - self._complete_at
        changes = operations.record_vote(
            project,
            self.prompt,
            (self.answers[Column.BASE].text, self._origin(Column.BASE)),
            (self.answers[Column.TRAINED].text, self._origin(Column.TRAINED)),
            choice,
            Showing(reviewer, self.shown_left, elapsed_s),
            blind=self.blind,
        )
        self.voted = choice
        return changes

    def vote_for_side(self, project: Project, reviewer: str, side: Side) -> Changes:
        return self.vote(project, reviewer, choice_of_side(side, self.shown_left))

    def _origin(self, column: Column) -> Origin:
        trained = column is Column.TRAINED
        return Origin(
            kind=OriginKind.SAMPLED,
            model=self.subject.model.name,
            run_id=self.subject.run_id if trained else None,
            checkpoint_step=self.subject.step if trained else None,
            temperature=self.sampling.temperature,
            top_p=self.sampling.top_p,
            max_new_tokens=self.sampling.max_new_tokens,
            seed=self.sampling.seed,
        )
