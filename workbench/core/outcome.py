"""What all verdicts that stand on a pair come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.preferences import Choice

# What a person said of a pair counts before what a rule or a file said.
_BY_PEOPLE = ("label", "compare", "edit", "adjudicate")


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict that stands: where it is from (see `Verdict`), and what it says."""

    source: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Outcome:
    """`choice` is what the verdicts agree on; None where there is none, or `is_disputed`."""

    choice: Choice | None
    is_disputed: bool = False


def that_count(said: Sequence[Said]) -> list[int]:
    """Places in `said`, in the order in which they were given, of the verdicts that count.

    What settled a disagreement last counts alone, else what people said, else all; whoever skips
    says nothing.
    """
    places = [place for place, each in enumerate(said) if each.choice is not Choice.SKIP]
    by_people = [place for place, each in enumerate(said) if each.source in _BY_PEOPLE]
    settled = [place for place in places if said[place].source == "adjudicate"]
    if settled:
        return settled[-1:]
    return [place for place in places if place in by_people] if by_people else places


def outcome(said: Sequence[Said]) -> Outcome:
    """What the verdicts come to; a pair that was only skipped has that as its choice."""
    choices = {said[place].choice for place in that_count(said)}
    if len(choices) > 1:
        return Outcome(None, is_disputed=True)
    if choices:
        return Outcome(choices.pop())
    return Outcome(Choice.SKIP if said else None)
