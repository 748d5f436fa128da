"""What a row of any data form becomes, and what is written as a row of any form."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from workbench.core.conversation import Conversation
from workbench.core.preferences import Choice, Origin, Split, Strength


class Kind(StrEnum):
    """What a data set holds; the same words as in the project's `datasets.kind`."""

    PREFERENCE = "preference"
    SUPERVISED = "supervised"
    UNPAIRED = "unpaired"
    PROMPTS = "prompts"


class Check(StrEnum):
    """How an answer is compared with the right one."""

    EXACT = "exact"
    NUMBER = "number"


class BadRowError(Exception):
    """A row can't be read: which column, and why. It never leaves the import that meets it."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that did not come in: where it stands, and why."""

    file: str
    line: int
    column: str | None
    reason: str

    def __str__(self) -> str:
        column = f", column “{self.column}”" if self.column else ""
        return f"{self.file}, line {self.line}{column}: {self.reason}."


@dataclass(slots=True)
class Judgement:
    """What somebody said of a pair. `annotator` is empty where the file names nobody."""

    choice: Choice
    annotator: str = ""
    strength: Strength | None = None
    created_at: float | None = None
    elapsed_s: float | None = None
    by_rule: bool = False


@dataclass(slots=True)
class PairRecord:
    """Two answers to one prompt, and what was said of them, if anything."""

    prompt: Conversation
    first: str
    second: str
    judgements: list[Judgement] = field(default_factory=list)
    first_origin: Origin | None = None
    second_origin: Origin | None = None
    split: Split = Split.TRAIN

    @property
    def choice(self) -> Choice | None:
        """What more than half of those said who did not skip; None: nobody, or they disagree."""
        said = [judgement.choice for judgement in self.judgements]
        counts = Counter(choice for choice in said if choice is not Choice.SKIP)
        if not counts:
            return None
        choice, count = counts.most_common(1)[0]
        return choice if 2 * count > counts.total() else None

    @property
    def agreement(self) -> float | None:
        """The share, 0 to 1, of those who did not skip that is of the majority's opinion."""
        choice = self.choice
        if choice is None:
            return None
        said = [each.choice for each in self.judgements if each.choice is not Choice.SKIP]
        return sum(each is choice for each in said) / len(said)

    @property
    def strength(self) -> Strength | None:
        """How much better the winner is: the mean of what its supporters said, rounded."""
        choice = self.choice
        said = [int(each.strength) for each in self.judgements
                if each.strength is not None and each.choice is choice]  # fmt: skip
        return Strength(round(sum(said) / len(said))) if said else None


@dataclass(slots=True)
class ExampleRecord:
    """A conversation and the answer to imitate."""

    prompt: Conversation
    completion: str
    origin: Origin | None = None
    split: Split = Split.TRAIN


@dataclass(slots=True)
class UnpairedRecord:
    """One answer, and whether it is a good one."""

    prompt: Conversation
    completion: str
    desirable: bool
    origin: Origin | None = None
    split: Split = Split.TRAIN


@dataclass(slots=True)
class PromptRecord:
    """A prompt without answers; `answer` and `check` are there together or not at all."""

    prompt: Conversation
    answer: str | None = None
    check: Check | None = None
    split: Split = Split.TRAIN


Record = PairRecord | ExampleRecord | UnpairedRecord | PromptRecord

KIND_OF_RECORD: dict[type[Record], Kind] = {
    PairRecord: Kind.PREFERENCE,
    ExampleRecord: Kind.SUPERVISED,
    UnpairedRecord: Kind.UNPAIRED,
    PromptRecord: Kind.PROMPTS,
}
