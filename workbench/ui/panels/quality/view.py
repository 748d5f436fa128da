"""The verdict history as one scope sees it: who is counted, what was chosen, who won."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.store.quality import ANSWERS, Marks, Numbers, QualityReader, QualityRecords

MOST_TO_REPAIR = 500
"""So many pairs are handed to Label at a time."""

FIRST, SECOND, TIE, SKIP = 0, 1, 2, 4
"""Places in `ANSWERS`."""

_JUDGED = ("label", "compare", "edit")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose verdicts, on which data: None is everybody's, and everything."""

    dataset_id: str | None = None
    annotator: str | None = None


@dataclass(frozen=True, slots=True)
class ToRepair:
    """How many there are, and the ids of the pairs to look at, the worst kind first."""

    count: int = 0
    pair_ids: tuple[str, ...] = ()


class View:
    """The records, and which of them a scope is about."""

    def __init__(self, records: QualityRecords, scope: Scope) -> None:
        self.records = records
        self.verdicts = records.verdicts
        self.pairs = records.pairs
        self.scope = scope
        verdicts = self.verdicts
        taking_back = verdicts.replaces[(verdicts.choice < 0) & (verdicts.replaces >= 0)]
        self.said: Marks = verdicts.choice >= 0
        self.said[taking_back] = False
        self.in_data = self._in_data()
        self.in_scope = self.in_data & self._by_person()
        self.is_gold: Marks = self.pairs.has_known_answer[verdicts.pair] == 1
        self.decisive: Marks = (verdicts.choice == FIRST) | (verdicts.choice == SECOND)

    def _in_data(self) -> Marks:
        if self.scope.dataset_id is None:
            return np.ones(len(self.verdicts.pair), dtype=np.bool_)
        datasets = self.records.datasets
        wanted = [place for place, name in enumerate(datasets) if name == self.scope.dataset_id]
        return np.isin(self.pairs.dataset[self.verdicts.pair], wanted)

    def _by_person(self) -> Marks:
        if self.scope.annotator is None:
            return np.ones(len(self.verdicts.pair), dtype=np.bool_)
        names = self.records.annotators
        wanted = [place for place, name in enumerate(names) if name == self.scope.annotator]
        return np.isin(self.verdicts.annotator, wanted)

    def newest(self, counted: Marks) -> Marks:
        """The last of these verdicts that each person gave on each pair."""
        places = np.flatnonzero(counted)
        # In reverse, the first time that a person and a pair come up is the last of all.
        keys = self.verdicts.pair[places] * len(self.records.annotators)
        keys += self.verdicts.annotator[places]
        _, first = np.unique(keys[::-1], return_index=True)
        last = np.zeros(len(counted), dtype=np.bool_)
        last[places[::-1][first]] = True
        return last

    def name(self, person: int) -> str:
        return self.records.annotators[person]

    def most_active(self, counted: Marks) -> list[int]:
        """Who gave most of these verdicts, first."""
        people, often = np.unique(self.verdicts.annotator[counted], return_counts=True)
        return [int(one) for one in people[np.argsort(-often, kind="stable")]]

    def to_repair(self, reader: QualityReader, count: int, places: Numbers) -> ToRepair:
        """Pairs by their places, as the ids that Label takes."""
        rows = self.pairs.row[places[:MOST_TO_REPAIR]].tolist()
        return ToRepair(count, tuple(reader.pair_ids(rows)) if rows else ())


def sides_chosen(view: View) -> Numbers:
    """0 where the left answer was chosen, 1 for the right one, -1 for neither."""
    verdicts = view.verdicts
    chose_right = (verdicts.choice == FIRST) != verdicts.first_was_left
    return np.where(view.decisive, chose_right.astype(np.int64), -1)


def winners(view: View) -> tuple[Numbers, Marks]:
    """Pairs with one undisputed winner, as training takes them, and whether it is the first.

    A settled dispute counts before people's verdicts, and those before a file's or a rule's.
    """
    verdicts = view.verdicts
    counted = np.flatnonzero(
        view.in_scope
        & verdicts.stands
        & (verdicts.choice != SKIP)
        & ~view.records.is_from("gold", "repeat")
        & ~view.is_gold
    )
    pair, choice = verdicts.pair[counted], verdicts.choice[counted]
    rank = np.zeros(len(verdicts.pair), dtype=np.int64)
    rank[view.records.is_from(*_JUDGED)] = 1
    rank[view.records.is_from("adjudicate")] = 2
    best = np.zeros(len(view.pairs.row), dtype=np.int64)
    np.maximum.at(best, pair, rank[counted])
    counts = rank[counted] == best[pair]
    pair, choice = pair[counts], choice[counts]
    lowest = np.full(len(view.pairs.row), len(ANSWERS), dtype=np.int64)
    highest = np.full(len(view.pairs.row), -1, dtype=np.int64)
    np.minimum.at(lowest, pair, choice)
    np.maximum.at(highest, pair, choice)
    differ = view.pairs.first_text != view.pairs.second_text
    decided = np.flatnonzero((lowest == highest) & (highest <= SECOND) & differ)
    return decided, lowest[decided] == FIRST
