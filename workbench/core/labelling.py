"""How a project is labelled: what is asked, of how many people, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from workbench.core.errors import ProjectError
from workbench.core.preferences import Choice, Pair, Strength

LEAST_RANDOM_SHARE = 0.2
REPEAT_AFTER_VERDICTS = 20


class PickedBy(StrEnum):
    """Why a pair was shown; it is kept with the verdict."""

    RANDOM = "random"
    IN_ORDER = "in_order"
    UNSURE = "unsure"
    GOLD = "gold"
    REPEAT = "repeat"
    ASKED = "asked"
    ADJUDICATION = "adjudication"
    FLAGGED = "flagged"


class VerdictSource(StrEnum):
    """Where a verdict of the Label panel belongs; only `label` ones count for agreement."""

    LABEL = "label"
    REPEAT = "repeat"
    GOLD = "gold"
    ADJUDICATE = "adjudicate"
    EDIT = "edit"


_SOURCES = {
    PickedBy.GOLD: VerdictSource.GOLD,
    PickedBy.REPEAT: VerdictSource.REPEAT,
    PickedBy.ADJUDICATION: VerdictSource.ADJUDICATE,
    PickedBy.FLAGGED: VerdictSource.ADJUDICATE,
}


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """The known verdict on a pair, and why; it tests annotators and never trains."""

    pair_id: str
    choice: Choice
    strength: Strength | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """A pair for somebody to look at, and why it was picked.

    `shown_left` is set where the sides are not free: a repeat is shown with its sides swapped.
    `replaces` is the verdict of the same person that a new one takes the place of.
    """

    pair: Pair
    picked_by: PickedBy
    score_source: str | None = None
    unsureness: float | None = None
    shown_left: Choice | None = None
    gold: GoldAnswer | None = None
    replaces: str | None = None

    @property
    def source(self) -> VerdictSource:
        return _SOURCES.get(self.picked_by, VerdictSource.LABEL)


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """Settings of one project; `overlap` 0 asks everybody for every pair.

    `random_share` of the pairs are picked at random, the rest for the highest score of
    `score_source`. `gold_every` and `repeat_every` count showings; 0 is never.
    """

    in_order: bool = False
    random_share: float = 0.5
    score_source: str = ""
    overlap: int = 0
    reserve_minutes: int = 30
    gold_every: int = 15
    repeat_every: int = 20
    aspects: tuple[str, ...] = ("helpful", "correct", "honest", "harmless", "concise")
    tags: tuple[str, ...] = (
        "wrong fact", "off topic", "incomplete", "too long", "too short", "bad style", "unsafe",
        "refuses",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if not LEAST_RANDOM_SHARE <= self.random_share <= 1:
            raise ProjectError(
                f"The random part must be between {LEAST_RANDOM_SHARE:.0%} and 100%: without it"
                " nobody can tell what choosing the unsure pairs was good for."
            )
        if min(self.overlap, self.gold_every, self.repeat_every) < 0 or self.reserve_minutes < 1:
            raise ProjectError("The numbers of the labelling settings can't be negative.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LabelSettings:
        """Read what `to_json` wrote; fields that this version does not know are left out."""
        known = {item.name: value[item.name] for item in fields(cls) if item.name in value}
        for name in ("aspects", "tags"):
            if name in known:
                known[name] = tuple(str(item) for item in known[name])
        return replace(cls(), **known)
