"""The pairs in an annotator's hand, the one in view, and the way back. Knows no widgets.

What it needs is read on another thread (`reading.py`) and taken over here; a verdict itself never
waits for a query of the queue.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.core.changes import NO_CHANGES, Changes
from workbench.core.labelling import GoldAnswer, LabelSettings, Picked, PickedBy, VerdictSource
from workbench.core.preferences import Choice, Response, Side, Strength, Verdict, choice_of_side
from workbench.store import Project
from workbench.store.labels import PeerVerdict
from workbench.ui import label_operations, operations
from workbench.ui.operations import Showing
from workbench.ui.panels.label.pending import Pending
from workbench.ui.panels.label.reading import Ahead, Ask, Standing
from workbench.ui.panels.label.stopwatch import Stopwatch

_AHEAD = 16
_REFILL_AT = 8
_PACE_OVER = 30
_PACE_FROM = 5
# Of all queues: what was read for one annotator is never taken for another.
_TURNS = itertools.count()


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair with its sides drawn at random for this showing.

    `said` is what everybody said of it before, where this settles it; hidden otherwise.
    """

    picked: Picked
    shown_left: Choice
    said: tuple[PeerVerdict, ...] = ()

    @property
    def left(self) -> Response:
        return self.picked.pair.response(Side.LEFT, self.shown_left)

    @property
    def right(self) -> Response:
        return self.picked.pair.response(Side.RIGHT, self.shown_left)

    def side_of(self, choice: Choice) -> Side | None:
        """Where a stored response stands; None for a tie and the like."""
        if choice not in (Choice.FIRST, Choice.SECOND):
            return None
        return Side.LEFT if choice is self.shown_left else Side.RIGHT


@dataclass(frozen=True, slots=True)
class GoldFeedback:
    """What an annotator is told after a gold item: `known` is the side that it stood on."""

    is_right: bool
    answer: GoldAnswer
    known: Side | None


class LabelQueue:
    def __init__(self, project: Project, annotator: str, stopwatch: Stopwatch) -> None:
        self.annotator = annotator
        self.stopwatch = stopwatch
        self.current: ShownPair | None = None
        self.pending = Pending()
        self.feedback: GoldFeedback | None = None
        self.settings = LabelSettings()
        self.given = 0  # verdicts given or taken back here, to tell what was read before them
        self.decided = 0
        self.total = 0
        self.disagreements: tuple[str, ...] = ()
        self.flagged: tuple[str, ...] = ()
        self.is_loaded = False
        self.is_counted = False
        self.why = ""
        self._only: list[str] | None = None
        self._only_count = 0
        self._only_picked_by = PickedBy.ASKED
        self._turn = next(_TURNS)
        self._project = project
        self._waiting: deque[Picked] = deque()
        self._paces_s: deque[float] = deque(maxlen=_PACE_OVER)
        self._sides = random.SystemRandom()
        self._shown_left: dict[str, Choice] = {}  # the sides of each pair when it was last shown
        self._put_aside: dict[str, Pending] = {}  # said of pairs that an undo took from view

    # Taking over what was read.

    def ask(self) -> Ask:
        """What to read next; see `reading.read_ahead`."""
        in_hand = [picked.pair.id for picked in self._waiting]
        if self.current is not None:
            in_hand.append(self.current.picked.pair.id)
        return Ask(
            annotator=self.annotator,
            in_hand=tuple(in_hand),
            only=None if self._only is None else tuple(self._only),
            picked_by=self._only_picked_by,
            turn=self._turn,
            count=_AHEAD,
        )

    def take_standing(self, standing: Standing, *, is_of_now: bool = True) -> None:
        """Take over counts that were read, or begun to be read before the newest verdict."""
        self.decided, self.total = standing.decided, standing.total
        self.is_counted = True
        if not is_of_now:
            self._count()
        self.disagreements, self.flagged = standing.disagreements, standing.flagged

    def take_ahead(self, ahead: Ahead) -> bool:
        """Put pairs that were read behind those in hand; False for an answer that came too late."""
        if ahead.turn != self._turn:
            return False
        known = set(self.ask().in_hand)
        self._waiting.extend(picked for picked in ahead.picks if picked.pair.id not in known)
        if self._only is not None:
            self._only = [pair_id for pair_id in self._only if pair_id not in ahead.missing]
            self._only_count -= len(ahead.missing)
        self.settings = ahead.settings
        self.is_loaded = True
        if self.current is None:
            self._show_next()
        return True

    def forget_waiting(self) -> None:
        """Drop what was read ahead: other settings, another list, or changed pairs."""
        self._waiting.clear()
        self._forget_reading()

    def read_current_again(self) -> None:
        """Take the pair in view as it is by now: it may be edited, or thrown away."""
        if self.current is None:
            return
        shown, before = self.current, self.current.picked.pair
        pair = self._project.pairs.kept(before.id)
        if pair is None:
            self._leave(before.id)
        elif pair != before:
            self.current = replace(shown, picked=replace(shown.picked, pair=pair))
            self.pending.spans = []  # places in a text that may be another

    def _forget_reading(self) -> None:
        """Have what is being read ahead read again."""
        self._turn = next(_TURNS)

    @property
    def is_known(self) -> bool:
        """Whether the first pairs have come, or that there are none, and how many are decided."""
        return self.is_loaded and self.is_counted

    @property
    def needs_more(self) -> bool:
        return len(self._waiting) <= _REFILL_AT

    @property
    def next_pair(self) -> Picked | None:
        """The pair that will be shown after this one, to prepare it."""
        return self._waiting[0] if self._waiting else None

    # Lists of exactly some pairs, instead of the usual queue.

    def show_only(self, pair_ids: Sequence[str], why: str, picked_by: PickedBy) -> None:
        """Ask for exactly these pairs, in this order, until `show_all`."""
        self._only = list(dict.fromkeys(pair_ids))
        self._only_count = len(self._only)
        self._only_picked_by = picked_by
        self.why = why
        self._begin_anew()

    def show_all(self) -> None:
        """Back to the usual queue."""
        self._only = None
        self.why = ""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.forget_waiting()
        self.current = None
        self.is_loaded = False

    @property
    def is_list(self) -> bool:
        return self._only is not None

    @property
    def left_in_list(self) -> int:
        return len(self._only or ())

    @property
    def place(self) -> tuple[int, int | None]:
        """Which pair is in view, counted from 1, and of how many where they are a list."""
        if self._only is None:
            return self.decided + 1, None
        # A verdict of before the list may have been taken back, which brings its pair along.
        of = max(self._only_count, len(self._only))
        return of - len(self._only) + 1, of

    # Verdicts.

    def decide_side(self, side: Side, strength: Strength = Strength.CLEARLY) -> Changes:
        """Prefer the answer on one side; needs a pair in view."""
        return self._decide(choice_of_side(side, self.in_view().shown_left), strength)

    def decide(self, choice: Choice) -> Changes:
        """Tie, both bad or skip; needs a pair in view."""
        return self._decide(choice, None)

    @property
    def is_settling(self) -> bool:
        """Whether a verdict on the pair in view settles it."""
        return self.current is not None and self.current.picked.source is VerdictSource.ADJUDICATE

    def pass_over(self) -> None:
        """Leave the pair in view as it is, to be settled some other time; nothing is written."""
        self.feedback = None
        self._leave(self.in_view().picked.pair.id)

    def make_gold(self, choice: Choice, strength: Strength | None, explanation: str) -> Changes:
        """Keep this as the known answer to the pair in view, which then tests the others."""
        pair_id = self.in_view().picked.pair.id
        answer = GoldAnswer(pair_id, choice, strength, explanation)
        changes = label_operations.mark_gold(self._project, answer, self.annotator)
        self.total -= 1
        self._leave(pair_id)
        return changes

    def undo(self) -> Changes:
        """Take back the newest verdict and show its pair again, on the sides that it had.

        Who corrects a slip presses the other key at once, and must not find the sides changed.
        """
        changes, undone = operations.undo_verdict(self._project, self.annotator)
        if undone is not None:
            self.feedback = None
            if self._paces_s:
                self._paces_s.pop()
            self._forget_reading()  # it may find this pair open, and come when it no longer is
            self._count()
            self._show_again(undone)
        return changes

    def redo(self) -> Changes:
        """Give again the verdict that was undone last, and go on."""
        changes, redone = label_operations.redo_verdict(self._project, self.annotator)
        if redone is None:
            return NO_CHANGES
        self._forget_reading()  # it may hold the pair that is decided now
        self._count()
        pair_id = self._project.edited_answers.original_of(redone.pair_id) or redone.pair_id
        if redone.source != VerdictSource.EDIT:
            self._leave(pair_id)
        return changes

    @property
    def pairs_an_hour(self) -> int | None:
        """The pace of the last verdicts given here; None until there are a few."""
        if len(self._paces_s) < _PACE_FROM:
            return None
        return round(3600 * len(self._paces_s) / max(sum(self._paces_s), 1e-3))

    def in_view(self) -> ShownPair:
        """The pair on screen; RuntimeError when there is none."""
        if self.current is None:
            raise RuntimeError("there is no pair in view")
        return self.current

    def _decide(self, choice: Choice, strength: Strength | None) -> Changes:
        shown = self.in_view()
        picked = shown.picked
        elapsed_s = self.stopwatch.elapsed_s
        changes = operations.record_verdict(
            self._project,
            picked.pair.id,
            choice,
            Showing(self.annotator, shown.shown_left, elapsed_s),
            strength,
            details=self.pending.details(picked, shown.shown_left),
            source=picked.source,
            replaces=picked.replaces,
        )
        self.feedback = None
        if picked.gold is not None and choice is not Choice.SKIP:
            known = shown.side_of(picked.gold.choice)
            self.feedback = GoldFeedback(picked.gold.choice is choice, picked.gold, known)
        elif picked.source is VerdictSource.LABEL and picked.replaces is None:
            self.decided += 1
        self.given += 1
        self._paces_s.append(elapsed_s)
        self._leave(picked.pair.id)
        return changes

    def _leave(self, pair_id: str) -> None:
        """A pair is done with: show the next if it was the one in view."""
        if self._only is not None and pair_id in self._only:
            self._only.remove(pair_id)
        self._waiting = deque(item for item in self._waiting if item.pair.id != pair_id)
        if self.current is not None and self.current.picked.pair.id == pair_id:
            self._show_next()

    def _count(self) -> None:
        self.given += 1
        self.decided = self._project.labels.decided(self.annotator)

    def _show_again(self, undone: Verdict) -> None:
        original = self._project.edited_answers.original_of(undone.pair_id)
        pair = self._project.pairs.get(original or undone.pair_id)
        if self.current is not None and self.current.picked.pair.id != pair.id:
            self._put_back(self.current)
        self._waiting = deque(item for item in self._waiting if item.pair.id != pair.id)
        if self._only is not None and pair.id not in self._only:
            self._only.insert(0, pair.id)
        details = undone.details
        picked_by = PickedBy(details.picked_by) if details else PickedBy.ASKED
        # Of an edit's own pair the sides are not those that were shown.
        is_edit = undone.source == VerdictSource.EDIT
        shown_left = self._shown_left.get(pair.id) if is_edit else undone.shown_left
        self._show(
            Picked(
                pair,
                picked_by,
                score_source=details.score_source if details else None,
                unsureness=details.unsureness if details else None,
                shown_left=shown_left,
                gold=self._project.gold.answer(pair.id),
                replaces=self._project.labels.standing_id(pair.id, self.annotator),
            )
        )
        if details is not None:
            self.pending = Pending.of_before(details, pair, self.in_view().side_of)

    def _put_back(self, shown: ShownPair) -> None:
        """It comes next, as it stands there, with what was said of it so far."""
        self._put_aside[shown.picked.pair.id] = self.pending
        self._waiting.appendleft(replace(shown.picked, shown_left=shown.shown_left))

    def _show_next(self) -> None:
        if self._waiting:
            self._show(self._waiting.popleft())
        else:
            self.current = None

    def _show(self, picked: Picked) -> None:
        shown_left = picked.shown_left or self._sides.choice((Choice.FIRST, Choice.SECOND))
        said: list[PeerVerdict] = []
        if picked.source is VerdictSource.ADJUDICATE:
            said = self._project.labels.said_of(picked.pair.id)
        self.current = ShownPair(picked, shown_left, tuple(said))
        self._shown_left[picked.pair.id] = shown_left
        self.pending = self._put_aside.pop(picked.pair.id, Pending())
        self.stopwatch.restart()
