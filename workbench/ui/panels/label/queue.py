"""The pairs that wait for an annotator, the one in view, and the way back. Knows no widgets."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from workbench.core.changes import Changes
from workbench.core.preferences import Choice, Pair, Response, Side, Strength, choice_of_side
from workbench.store import Project
from workbench.ui import operations
from workbench.ui.operations import Showing
from workbench.ui.panels.label.stopwatch import Stopwatch

_AHEAD = 16
_REFILL_AT = 4
_PACE_OVER = 30
_PACE_FROM = 5


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair with its sides drawn at random for this showing."""

    pair: Pair
    shown_left: Choice

    @property
    def left(self) -> Response:
        return self.pair.response(Side.LEFT, self.shown_left)

    @property
    def right(self) -> Response:
        return self.pair.response(Side.RIGHT, self.shown_left)


class LabelQueue:
    """Call `refill` when there is time; `decide` and `undo` then never wait for a query of it."""

    def __init__(self, project: Project, annotator: str, stopwatch: Stopwatch) -> None:
        self.annotator = annotator
        self.stopwatch = stopwatch
        self.current: ShownPair | None = None
        self.decided = 0
        self.total = 0
        self._project = project
        self._waiting: deque[Pair] = deque()
        self._paces_s: deque[float] = deque(maxlen=_PACE_OVER)
        self._sides = random.SystemRandom()

    def reload(self) -> None:
        """Read the queue again, keeping the pair in view if it still waits."""
        in_view = self.current.pair.id if self.current else None
        self._waiting.clear()
        progress = self._project.labels.progress(self.annotator)
        self.decided, self.total = progress.decided, progress.total
        self._waiting.extend(self._project.pairs.waiting(self.annotator, _AHEAD))
        if in_view is not None and any(pair.id == in_view for pair in self._waiting):
            self._waiting = deque(pair for pair in self._waiting if pair.id != in_view)
        else:
            self._show_next()

    def refill(self) -> None:
        """Read some pairs ahead if few are left."""
        if len(self._waiting) > _REFILL_AT:
            return
        known = [pair.id for pair in self._waiting]
        if self.current is not None:
            known.append(self.current.pair.id)
        more = self._project.pairs.waiting(self.annotator, _AHEAD, exclude=known)
        self._waiting.extend(more)
        if self.current is None:
            self._show_next()

    def decide_side(self, side: Side, strength: Strength = Strength.CLEARLY) -> Changes:
        """Prefer the answer on one side; needs a pair in view."""
        return self._decide(choice_of_side(side, self._in_view().shown_left), strength)

    def decide(self, choice: Choice) -> Changes:
        """Tie, both bad or skip; needs a pair in view."""
        return self._decide(choice, None)

    def undo(self) -> Changes:
        """Take back the newest verdict and show its pair again, on newly drawn sides."""
        changes, undone = operations.undo_verdict(self._project, self.annotator)
        if undone is not None:
            if self.current is not None:
                self._waiting.appendleft(self.current.pair)
            self.decided -= 1
            if self._paces_s:
                self._paces_s.pop()
            self._show(self._project.pairs.get(undone.pair_id))
        return changes

    @property
    def pairs_an_hour(self) -> int | None:
        """The pace of the last verdicts given here; None until there are a few."""
        if len(self._paces_s) < _PACE_FROM:
            return None
        return round(3600 * len(self._paces_s) / max(sum(self._paces_s), 1e-3))

    def _in_view(self) -> ShownPair:
        if self.current is None:
            raise RuntimeError("there is no pair in view")
        return self.current

    def _decide(self, choice: Choice, strength: Strength | None) -> Changes:
        shown = self._in_view()
        elapsed_s = self.stopwatch.elapsed_s
        showing = Showing(self.annotator, shown.shown_left, elapsed_s)
        changes = operations.record_verdict(self._project, shown.pair.id, choice, showing, strength)
        self.decided += 1
        self._paces_s.append(elapsed_s)
        self._show_next()
        return changes

    def _show_next(self) -> None:
        if self._waiting:
            self._show(self._waiting.popleft())
        else:
            self.current = None

    def _show(self, pair: Pair) -> None:
        self.current = ShownPair(pair, self._sides.choice((Choice.FIRST, Choice.SECOND)))
        self.stopwatch.restart()
