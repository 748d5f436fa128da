"""What the label queue reads, on any thread: which pairs come next, and where labelling stands."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.labelling import LabelSettings, Picked, PickedBy
from workbench.store import Project


@dataclass(frozen=True, slots=True)
class Ask:
    """What to read for. `in_hand` is not given again; `only` names pairs in place of the queue.

    `turn` counts how often the queue was changed: an answer to an older turn is dropped.
    """

    annotator: str
    in_hand: tuple[str, ...]
    only: tuple[str, ...] | None
    picked_by: PickedBy
    turn: int
    count: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Pairs that were read ahead, and the settings by which they were picked.

    `missing` were asked for by name and are not there.
    """

    turn: int
    settings: LabelSettings
    picks: tuple[Picked, ...]
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where labelling stands for an annotator."""

    decided: int
    total: int
    disagreements: tuple[str, ...]
    flagged: tuple[str, ...]


def read_ahead(project: Project, ask: Ask) -> Ahead:
    """The next pairs for an annotator, reserved unless they were asked for by name."""
    settings = project.queue.settings()
    if ask.only is not None:
        wanted = [pair_id for pair_id in ask.only if pair_id not in ask.in_hand][: ask.count]
        picks = project.queue.asked(wanted, ask.annotator, ask.picked_by)
        missing = frozenset(wanted) - {picked.pair.id for picked in picks}
        return Ahead(ask.turn, settings, tuple(picks), missing)
    picks = project.queue.hand_out(ask.annotator, ask.count, settings, exclude=ask.in_hand)
    return Ahead(ask.turn, settings, tuple(picks))


def read_standing(project: Project, annotator: str) -> Standing:
    """Counts over the whole project; takes a moment when it is large."""
    settings = project.queue.settings()
    progress = project.labels.progress(annotator, settings.overlap)
    return Standing(
        decided=progress.decided,
        total=progress.total,
        disagreements=tuple(project.queue.disagreements()),
        flagged=tuple(project.queue.flagged()),
    )
