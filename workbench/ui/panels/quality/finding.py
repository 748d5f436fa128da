"""What a card of the page shows: a figure, what it means, what to do. Knows no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.stats.estimate import Estimate
from workbench.stats.pace import PaceOverTime


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a scale that a figure is compared with, and what stands below it."""

    at: float
    text: str = ""
    is_expected: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """An estimate on its scale: a dot for the value, a whisker for the interval."""

    estimate: Estimate
    start: float = 0.0
    end: float = 1.0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One person's part, or two people's."""

    name: str
    figure: str
    bar: Bar
    stands_out: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A way to another panel; `what` goes to its `show_item`."""

    title: str
    panel: str
    what: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """`tone` is that of the tag: `good`, `caution`, `bad` or `neutral`."""

    key: str
    title: str
    meaning: str
    advice: str
    figure: str = "–"
    note: str = ""
    tag: str = ""
    tone: str = "neutral"
    bar: Bar | None = None
    rows_title: str = ""
    rows: tuple[Row, ...] = ()
    links: tuple[Action, ...] = ()
    action: Action | None = None
    lines: tuple[tuple[str, PaceOverTime], ...] = ()
