"""Responses, pairs and verdicts, and what of them becomes training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from workbench.core.conversation import Conversation, Message, to_json


class Split(StrEnum):
    """Whether a prompt may be trained on. Held-out prompts never are."""

    TRAIN = "train"
    HELD_OUT = "held_out"


class Choice(StrEnum):
    """A verdict on a pair, told of its stored responses and not of the sides they were shown on."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    SKIP = "skip"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Strength(IntEnum):
    """How much better the preferred response is."""

    SLIGHTLY = 1
    CLEARLY = 2
    MUCH = 3


class OriginKind(StrEnum):
    SAMPLED = "sampled"
    IMPORTED = "imported"
    WRITTEN = "written"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a response came from; None means that nobody recorded it."""

    kind: OriginKind
    model: str | None = None
    run_id: str | None = None
    checkpoint_step: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_new_tokens: int | None = None
    seed: int | None = None
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Origin:
        known = {name: value[name] for name in cls.__slots__ if name in value and name != "kind"}
        return cls(kind=OriginKind(value["kind"]), **known)


@dataclass(frozen=True, slots=True)
class Response:
    id: str
    text: str
    origin: Origin
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    id: str
    messages: Conversation
    split: Split = Split.TRAIN


@dataclass(frozen=True, slots=True)
class Pair:
    """Two responses to one prompt, in the order in which they were stored."""

    id: str
    prompt: Prompt
    first: Response
    second: Response
    dataset_id: str

    def response(self, side: Side, shown_left: Choice) -> Response:
        """The response that stands on `side` while `shown_left` says which one is on the left."""
        left, right = (
            (self.first, self.second) if shown_left is Choice.FIRST else (self.second, self.first)
        )
        return left if side is Side.LEFT else right


def choice_of_side(side: Side, shown_left: Choice) -> Choice:
    """Turn "the left one" into the stored response that it was."""
    if side is Side.LEFT:
        return shown_left
    return Choice.SECOND if shown_left is Choice.FIRST else Choice.FIRST


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a response that somebody marked; `start` and `end` count characters of its text."""

    response_id: str
    start: int
    end: int
    text: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class VerdictDetails:
    """What came with a verdict. `picked_by` says why the pair was shown: `random`, `unsure`, ….

    Aspects are told of the stored responses, as `Choice` is. `unsureness` is the score (0 to 1)
    that the pair was picked for, `score_source` where that score came from.
    """

    picked_by: str = ""
    score_source: str | None = None
    unsureness: float | None = None
    flag: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    aspects: Mapping[str, Choice] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One entry of a pair's history. `choice` None takes back the verdict in `replaces`.

    `source` is `label` for an independent verdict, `repeat` for the same pair shown again,
    `gold` on a pair with a known answer, `adjudicate` with the others' verdicts known, `edit`
    for an edited answer over its original; `compare`, `import` and `rule` say where else from.
    """

    id: str
    pair_id: str
    annotator: str
    choice: Choice | None
    shown_left: Choice
    created_at: float
    elapsed_s: float | None = None
    strength: Strength | None = None
    replaces: str | None = None
    source: str = "label"
    details: VerdictDetails | None = None


@dataclass(frozen=True, slots=True)
class PreferenceExample:
    """What DPO learns from."""

    prompt: Conversation
    chosen: str
    rejected: str
    pair_id: str | None = None
    strength: Strength | None = None

    def to_json(self) -> dict[str, Any]:
        """TRL's conversational preference form."""
        row: dict[str, Any] = {
            "prompt": to_json(self.prompt),
            "chosen": [{"role": "assistant", "content": self.chosen}],
            "rejected": [{"role": "assistant", "content": self.rejected}],
        }
        if self.pair_id is not None:
            row["pair_id"] = self.pair_id
        if self.strength is not None:
            row["strength"] = int(self.strength)
        return row


@dataclass(frozen=True, slots=True)
class SupervisedExample:
    """What SFT learns from: a conversation that ends with the answer to imitate."""

    prompt: Conversation
    completion: str
    example_id: str | None = None

    @property
    def messages(self) -> Conversation:
        return (*self.prompt, Message("assistant", self.completion))

    def to_json(self) -> dict[str, Any]:
        """TRL's conversational prompt-completion form."""
        row: dict[str, Any] = {
            "prompt": to_json(self.prompt),
            "completion": [{"role": "assistant", "content": self.completion}],
        }
        if self.example_id is not None:
            row["example_id"] = self.example_id
        return row


@dataclass(frozen=True, slots=True)
class UnpairedExample:
    """What KTO learns from: one answer, and whether it is a good one."""

    prompt: Conversation
    completion: str
    desirable: bool
    example_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """TRL's conversational unpaired preference form."""
        row: dict[str, Any] = {
            "prompt": to_json(self.prompt),
            "completion": [{"role": "assistant", "content": self.completion}],
            "label": self.desirable,
        }
        if self.example_id is not None:
            row["example_id"] = self.example_id
        return row


@dataclass(frozen=True, slots=True)
class PromptExample:
    """What a model answers by itself in training, and the right answer where there is one."""

    prompt: Conversation
    answer: str | None = None
    prompt_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """TRL's conversational prompt-only form, with the answer beside it."""
        row: dict[str, Any] = {"prompt": to_json(self.prompt)}
        if self.answer is not None:
            row["answer"] = self.answer
        if self.prompt_id is not None:
            row["prompt_id"] = self.prompt_id
        return row


@dataclass(frozen=True, slots=True)
class LabelProgress:
    """How far a set of pairs has come, by the verdict that stands for each pair."""

    total: int
    by_choice: Mapping[Choice, int] = field(default_factory=dict)

    @property
    def decided(self) -> int:
        return sum(self.by_choice.values())

    @property
    def usable(self) -> int:
        """Pairs with a winner: ties, both-bad and skipped pairs never train."""
        return self.by_choice.get(Choice.FIRST, 0) + self.by_choice.get(Choice.SECOND, 0)


def training_example(pair: Pair, choice: Choice | None) -> PreferenceExample | None:
    """Return what the pair teaches, or None: no winner, identical texts, or a held-out prompt."""
    if pair.prompt.split is Split.HELD_OUT or pair.first.text == pair.second.text:
        return None
    if choice is Choice.FIRST:
        chosen, rejected = pair.first, pair.second
    elif choice is Choice.SECOND:
        chosen, rejected = pair.second, pair.first
    else:
        return None
    return PreferenceExample(pair.prompt.messages, chosen.text, rejected.text, pair.id)
