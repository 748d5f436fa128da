"""What an operation changed, so that each view knows whether it must refresh."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto


class Changed(Flag):
    """The parts of a project that a view may show."""

    NOTHING = 0
    PROJECT = auto()
    MODELS = auto()
    DATASETS = auto()
    PAIRS = auto()
    VERDICTS = auto()
    RUNS = auto()
    METRICS = auto()
    VOTES = auto()
    ANNOTATOR = auto()
    """Who labels: somebody else sits at the window now."""
    EVERYTHING = PROJECT | MODELS | DATASETS | PAIRS | VERDICTS | RUNS | METRICS | VOTES | ANNOTATOR


@dataclass(frozen=True)
class Changes:
    """What changed, and for runs which of them."""

    flags: Changed
    run_ids: frozenset[str] = frozenset()

    def __or__(self, other: Changes) -> Changes:
        return Changes(self.flags | other.flags, self.run_ids | other.run_ids)

    def __bool__(self) -> bool:
        return bool(self.flags)


NO_CHANGES = Changes(Changed.NOTHING)
