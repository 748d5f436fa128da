"""Every figure of the page, from the verdict history. Knows no widgets; not for the GUI thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from workbench.stats import agreement, contradictions, fast_clicks, length_bias, pace, side_bias
from workbench.stats.estimate import Estimate
from workbench.stats.length_bias import LengthControl
from workbench.stats.pace import PaceOverTime
from workbench.stats.self_consistency import SelfConsistency, self_consistency
from workbench.stats.side_bias import SideBias
from workbench.store.quality import ANSWERS, Floats, Marks, Numbers, QualityReader, QualityRecords
from workbench.ui.panels.quality.view import (
    FIRST,
    SECOND,
    SKIP,
    TIE,
    Scope,
    ToRepair,
    View,
    sides_chosen,
    winners,
)

_SHOWN_AT_RANDOM = ("label", "compare", "gold")
_TIMED = ("label", "repeat", "gold", "adjudicate")
_STRENGTHS = 7
_MOST_TO_COMPARE = 12
_MOST_LINES = 6
_TANGLES = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A figure of one person, or of two."""

    name: str
    estimate: Estimate
    stands_out: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    alpha: Estimate
    with_strength: Estimate
    kappas: tuple[Named, ...]
    people: int
    disputed: ToRepair


@dataclass(frozen=True, slots=True)
class Tangle:
    """Verdicts on one prompt that can't all be right: two opposite ones, or a circle."""

    prompt: str
    is_circle: bool
    pair_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradictions:
    """How many there are among the decided pairs, and some of them to begin with."""

    decided_pairs: int
    opposite: int
    circles: int
    pairs: ToRepair
    tangles: tuple[Tangle, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    overall: Estimate
    each: tuple[Named, ...]
    lines: tuple[tuple[str, PaceOverTime], ...]


@dataclass(frozen=True, slots=True)
class Speed:
    fast: Estimate
    each: tuple[Named, ...]
    pairs: ToRepair


@dataclass(frozen=True, slots=True)
class Sides:
    left: Estimate
    each: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Length:
    longer: Estimate
    control: LengthControl | None


@dataclass(frozen=True, slots=True)
class Consistency:
    repeats: SelfConsistency
    each: tuple[Named, ...]


@dataclass(frozen=True, slots=True, eq=False)
class QualityFigures:
    """What the page shows. `annotators` are all that a scope may name, whatever the scope is."""

    scope: Scope
    verdicts: int
    annotators: tuple[str, ...]
    agreement: Agreement
    consistency: Consistency
    sides: Sides
    length: Length
    speed: Speed
    contradictions: Contradictions
    pace: Pace


def compute(reader: QualityReader, records: QualityRecords, scope: Scope) -> QualityFigures:
    """All figures; takes some tenths of a second for 100,000 verdicts."""
    view = View(records, scope)
    return QualityFigures(
        scope=scope,
        verdicts=int((view.in_scope & view.said).sum()),
        annotators=tuple(sorted(records.annotators, key=str.casefold)),
        agreement=_agreement(reader, view),
        consistency=_consistency(view),
        sides=_sides(view),
        length=_length(view),
        speed=_speed(reader, view),
        contradictions=_contradictions(reader, view),
        pace=_pace(view),
    )


def _agreement(reader: QualityReader, view: View) -> Agreement:
    verdicts = view.verdicts
    # Not what stands: who settles a dispute of their own would make it disappear.
    counted = view.newest(view.in_data & view.said & view.records.is_from("label"))
    counted &= verdicts.choice != SKIP
    if view.scope.annotator is not None:
        # What this person and others said of the same pairs.
        counted &= np.isin(verdicts.pair, verdicts.pair[counted & view.in_scope])
    pair, choice = verdicts.pair[counted], verdicts.choice[counted]
    person = verdicts.annotator[counted]
    alpha = agreement.krippendorff_alpha(
        agreement.value_counts(pair, choice, len(ANSWERS) - 1), "nominal"
    )
    scaled = _on_a_scale(choice, verdicts.strength[counted])
    known = scaled >= 0
    with_strength = agreement.krippendorff_alpha(
        agreement.value_counts(pair[known], scaled[known], _STRENGTHS), "ordinal"
    )
    return Agreement(
        alpha=alpha,
        with_strength=with_strength,
        kappas=_kappas(view, counted),
        people=len(np.unique(person)),
        disputed=_disputed(reader, view, counted),
    )


def _on_a_scale(choice: Numbers, strength: Numbers) -> Numbers:
    """From "first, much" (0) over a tie (3) to "second, much" (6); -1 where it is not on it."""
    graded = (strength > 0) & (choice <= SECOND)
    scaled = np.where(choice == FIRST, 3 - strength, 3 + strength)
    return np.where(graded, scaled, np.where(choice == TIE, 3, -1)).astype(np.int64)


def _kappas(view: View, counted: Marks) -> tuple[Named, ...]:
    """Every two people who share enough pairs, those who agree least first.

    Of many people those who labelled most: all two of a hundred would be 4,950.
    """
    verdicts = view.verdicts
    people = view.most_active(counted)[:_MOST_TO_COMPARE]
    if view.scope.annotator in view.records.annotators:
        chosen = view.records.annotators.index(view.scope.annotator)
        pairs = [(chosen, other) for other in people if other != chosen]
    else:
        pairs = [(one, other) for place, one in enumerate(people) for other in people[place + 1 :]]
    said = {
        one: (verdicts.pair[mine], verdicts.choice[mine])
        for one in {person for pair in pairs for person in pair}
        for mine in [counted & (verdicts.annotator == one)]
    }
    found = []
    for one, other in pairs:
        (pairs_1, choices_1), (pairs_2, choices_2) = said[one], said[other]
        _, places_1, places_2 = np.intersect1d(pairs_1, pairs_2, return_indices=True)
        kappa = agreement.cohens_kappa(choices_1[places_1], choices_2[places_2], len(ANSWERS) - 1)
        if kappa.value is not None:
            found.append(Named(f"{view.name(one)} · {view.name(other)}", kappa))
    return tuple(sorted(found, key=lambda named: (named.estimate.value or 0.0, named.name)))


def _disputed(reader: QualityReader, view: View, counted: Marks) -> ToRepair:
    """Pairs that wait in Label to be settled (`store.queue.disagreements`), of these verdicts."""
    verdicts = view.verdicts
    asked = counted & verdicts.stands & ~view.is_gold
    said = np.unique(np.stack((verdicts.pair[asked], verdicts.choice[asked])), axis=1)
    pair, choices = np.unique(said[0], return_counts=True)
    given = verdicts.stands & (verdicts.choice != SKIP)
    settled = verdicts.pair[given & view.records.is_from("adjudicate")]
    unsettled = np.setdiff1d(pair[choices > 1], settled)
    return view.to_repair(reader, len(unsettled), unsettled)


def _consistency(view: View) -> Consistency:
    verdicts = view.verdicts
    again, before = _repeats(view)
    overall = _compare(view, before, again)
    each = []
    for person in view.most_active(_marks(again, len(verdicts.pair))):
        own = verdicts.annotator[again] == person
        each.append(Named(view.name(person), _compare(view, before[own], again[own]).same))
    return Consistency(overall, tuple(each) if len(each) > 1 else ())


def _repeats(view: View) -> tuple[Numbers, Numbers]:
    """Places of repeats, and of the newest verdict by the same person on the pair before each."""
    verdicts = view.verdicts
    said = view.in_scope & view.said & (verdicts.choice != SKIP)
    places = np.flatnonzero(said & view.records.is_from("label", "repeat"))
    is_repeat = view.records.is_from("repeat")[places]
    order = np.lexsort((places, verdicts.annotator[places], verdicts.pair[places]))
    places, is_repeat = places[order], is_repeat[order]
    same_as_last = np.zeros(len(places), dtype=np.bool_)
    same_as_last[1:] = (np.diff(verdicts.pair[places]) == 0) & (
        np.diff(verdicts.annotator[places]) == 0
    )
    starts = np.maximum.accumulate(np.where(same_as_last, 0, np.arange(len(places))))
    newest = np.maximum.accumulate(np.where(is_repeat, -1, np.arange(len(places))))
    found = is_repeat & (newest >= starts)
    return places[found], places[newest[found]]


def _compare(view: View, before: Numbers, again: Numbers) -> SelfConsistency:
    side = sides_chosen(view)
    choice = view.verdicts.choice
    return self_consistency(choice[before], choice[again], side[before], side[again])


def _sides(view: View) -> Sides:
    counted = view.in_scope & view.said & view.decisive & view.records.is_from(*_SHOWN_AT_RANDOM)
    chose_left = sides_chosen(view)[counted] == 0
    persons = view.verdicts.annotator[counted]
    each = side_bias.left_share_of_each(chose_left, persons)
    return Sides(side_bias.left_share(chose_left), tuple(_named(view, each)))


def _named(view: View, each: list[SideBias]) -> list[Named]:
    return [Named(view.name(one.person), one.left, one.leans) for one in each]


def _length(view: View) -> Length:
    pair, first_won = winners(view)
    # Characters, not words: some scripts put no space between words.
    first_length = view.pairs.first_chars[pair].astype(np.float64)
    second_length = view.pairs.second_chars[pair].astype(np.float64)
    models = (view.pairs.first_model[pair], view.pairs.second_model[pair])
    longer = length_bias.longer_wins(first_length, second_length, first_won)
    control = length_bias.length_control(
        first_length, second_length, first_won, models, view.pairs.prompt[pair]
    )
    return Length(longer, control)


def _speed(reader: QualityReader, view: View) -> Speed:
    counted = np.flatnonzero(view.in_scope & view.said & view.records.is_from(*_TIMED))
    elapsed_s, words = view.verdicts.elapsed_s[counted], _words(view, counted)
    persons = view.verdicts.annotator[counted]
    each = []
    for person in view.most_active(_marks(counted, len(view.said))):
        own = persons == person
        share = fast_clicks.fast_share(elapsed_s[own], words[own])
        each.append(Named(view.name(person), share, share.is_above(fast_clicks.MANY_FAST)))
    is_fast = fast_clicks.is_fast(elapsed_s, words)
    # Who answered a gold item was told of it at once: another look tells nothing.
    standing = is_fast & view.verdicts.stands[counted] & ~view.is_gold[counted]
    pairs = np.unique(view.verdicts.pair[counted[standing]])
    return Speed(
        fast_clicks.fast_share(elapsed_s, words),
        _fastest_first(each) if len(each) > 1 else (),
        view.to_repair(reader, len(pairs), pairs),
    )


def _fastest_first(each: list[Named]) -> tuple[Named, ...]:
    return tuple(sorted(each, key=lambda named: -(named.estimate.value or 0.0)))


def _words(view: View, counted: Numbers) -> Floats:
    both = view.pairs.first_words + view.pairs.second_words
    return both[view.verdicts.pair[counted]].astype(np.float64)


def _contradictions(reader: QualityReader, view: View) -> Contradictions:
    pair, first_won = winners(view)
    first, second = view.pairs.first_text[pair], view.pairs.second_text[pair]
    said = (
        view.pairs.prompt[pair],
        np.where(first_won, first, second),
        np.where(first_won, second, first),
    )
    opposite, circles = contradictions.contradictions(*said), contradictions.circles(*said)
    # Each pair once, those of one tangle together.
    places = list(dict.fromkeys(place for group in (*opposite, *circles) for place in group))
    shown = [
        *((group, False) for group in opposite[:_TANGLES]),
        *((group, True) for group in circles[:_TANGLES]),
    ]
    return Contradictions(
        decided_pairs=len(pair),
        opposite=len(opposite),
        circles=len(circles),
        pairs=view.to_repair(reader, len(places), pair[np.array(places, dtype=np.int64)]),
        tangles=tuple(
            _tangle(reader, view.pairs.row[pair[list(group)]].tolist(), is_circle)
            for group, is_circle in shown
        ),
    )


def _tangle(reader: QualityReader, rows: list[int], is_circle: bool) -> Tangle:
    return Tangle(reader.prompt_of_pair(rows[0]), is_circle, tuple(reader.pair_ids(rows)))


def _pace(view: View) -> Pace:
    verdicts = view.verdicts
    counted = view.in_scope & view.said & view.records.is_from(*_TIMED)
    people = view.most_active(counted)
    given_at, elapsed_s = verdicts.given_at[counted], verdicts.elapsed_s[counted]
    persons = verdicts.annotator[counted]
    stretch_s = pace.stretch_for(given_at)
    each, lines = [], []
    for person in people:
        own = persons == person
        each.append(Named(view.name(person), pace.pairs_an_hour(elapsed_s[own])))
        over_time = pace.pace_over_time(
            given_at[own], elapsed_s[own], stretch_s=stretch_s, utc_offset_s=_utc_offset_s()
        )
        lines.append((view.name(person), over_time))
    return Pace(
        pace.pairs_an_hour(elapsed_s),
        tuple(each) if len(each) > 1 else (),
        # As many as there are colours: those who gave most.
        tuple([line for line in lines if len(line[1].starts)][:_MOST_LINES]),
    )


def _utc_offset_s() -> float:
    return float(time.localtime().tm_gmtoff)


def _marks(places: Numbers, size: int) -> Marks:
    marks = np.zeros(size, dtype=np.bool_)
    marks[places] = True
    return marks
