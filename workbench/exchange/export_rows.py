"""Rows of a project as records of the kind that a form writes, only those that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.core.preferences import Choice, Split, Strength, Verdict
from workbench.formats.form import Form
from workbench.formats.records import (
    Check,
    ExampleRecord,
    Judgement,
    Kind,
    PairRecord,
    PromptRecord,
    Record,
    UnpairedRecord,
)
from workbench.store import Project, exports
from workbench.store.exports import StoredPair, StoredPrompt
from workbench.store.reading import Stop

# What a person said of a pair counts before what a rule or a file said.
_NOT_BY_PEOPLE = ("import", "rule")
_GOLD = "gold, which only tests annotators"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which verdicts count, and which pairs are good enough; see the fields of ExportOptions."""

    min_strength: Strength | None = None
    min_agreement: float | None = None
    annotators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """What one row becomes, and where its prompt stands: held out, or between 0 and 1."""

    records: tuple[Record, ...]
    is_held_out: bool
    place: float


class Rows:
    """Records for one form. `left_out` counts, by reason, what the last pass did not give."""

    def __init__(self, project: Project, form: Form, wanted: Wanted, stop: Stop) -> None:
        self.left_out: Counter[str] = Counter()
        self._project = project
        self._database = project.database.path
        self._form = form
        self._wanted = wanted
        self._stop = stop

    def all(self, dataset_ids: tuple[str, ...]) -> Iterator[Placed]:
        """Records of all data sets, or some. Pairs become whatever the form is made for."""
        self.left_out.clear()
        kind = self._form.kind
        if kind is Kind.PROMPTS:
            yield from self._prompts(dataset_ids)
            return
        natural, pairs = self._datasets(dataset_ids)
        if natural and kind is not Kind.PREFERENCE:
            yield from self._answers(natural)
        if pairs:
            yield from self._pairs(pairs)

    def _datasets(self, dataset_ids: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Data sets of the form's own kind, and those of pairs to be turned into it.

        If none is chosen, pairs are turned into another kind only where nothing else is there.
        """
        chosen = [
            dataset
            for dataset in self._project.datasets.all()
            if not dataset_ids or dataset.id in dataset_ids
        ]
        natural = tuple(each.id for each in chosen if each.kind == self._form.kind)
        pairs = tuple(each.id for each in chosen if each.kind == Kind.PREFERENCE)
        return natural, pairs if dataset_ids or not natural or natural == pairs else ()

    def _prompts(self, dataset_ids: tuple[str, ...]) -> Iterator[Placed]:
        for each in exports.stored_prompts(self._database, dataset_ids, self._stop):
            check = Check(each.check) if each.check else None
            record = PromptRecord(each.prompt.messages, each.answer, check, each.prompt.split)
            yield _placed((record,), each)

    def _answers(self, dataset_ids: tuple[str, ...]) -> Iterator[Placed]:
        if self._form.kind is Kind.SUPERVISED:
            for each in exports.stored_examples(self._database, dataset_ids, self._stop):
                messages, split = each.prompt.prompt.messages, each.prompt.prompt.split
                example = ExampleRecord(messages, each.text, each.origin, split)
                yield _placed((example,), each.prompt)
            return
        for each in exports.stored_unpaired(self._database, dataset_ids, self._stop):
            messages, split = each.prompt.prompt.messages, each.prompt.prompt.split
            judged = UnpairedRecord(messages, each.text, bool(each.desirable), each.origin, split)
            yield _placed((judged,), each.prompt)

    def _pairs(self, dataset_ids: tuple[str, ...]) -> Iterator[Placed]:
        for stored in exports.stored_pairs(self._database, dataset_ids, self._stop):
            pair = self._record(stored)
            reason = _GOLD if stored.is_gold else self._why_left_out(pair)
            if reason:
                self.left_out[reason] += 1
                continue
            yield _placed(_as_kind(pair, self._form.kind), stored.prompt)

    def _record(self, stored: StoredPair) -> PairRecord:
        return PairRecord(
            stored.prompt.prompt.messages,
            stored.first.text,
            stored.second.text,
            [_judgement(verdict) for verdict in self._that_count(stored.verdicts)],
            stored.first.origin,
            stored.second.origin,
            stored.prompt.prompt.split,
        )

    def _that_count(self, verdicts: tuple[Verdict, ...]) -> list[Verdict]:
        """Of those asked for: what settled a disagreement, else what people said, else the rest."""
        asked = [
            verdict
            for verdict in verdicts
            if not self._wanted.annotators or verdict.annotator in self._wanted.annotators
        ]
        settled = [
            verdict
            for verdict in asked
            if verdict.source == "adjudicate" and verdict.choice is not Choice.SKIP
        ]
        by_people = [verdict for verdict in asked if verdict.source not in _NOT_BY_PEOPLE]
        return settled[-1:] or by_people or asked

    def _why_left_out(self, pair: PairRecord) -> str:
        """In a few words, or empty when the pair is wanted."""
        form, wanted = self._form, self._wanted
        if wanted.annotators and not pair.judgements:
            return "not judged by these annotators"
        choice = pair.choice
        if wanted.min_agreement is not None and (pair.agreement or 0.0) < wanted.min_agreement:
            return "less agreement than asked for"
        if wanted.min_strength is not None and (pair.strength or 0) < wanted.min_strength:
            return "weaker than asked for, or of unknown strength"
        if choice is None and not form.tells_undecided:
            return "not decided, or the annotators disagree"
        if choice in {Choice.TIE, Choice.BOTH_BAD} and not form.tells_ties:
            return "" if _is_judged_alone(pair, form) else "no answer is better"
        if choice in {Choice.FIRST, Choice.SECOND} and pair.first == pair.second:
            return "both answers are the same"
        return ""


def _is_judged_alone(pair: PairRecord, form: Form) -> bool:
    """Two bad answers are worth telling where answers are judged one by one."""
    return form.kind is Kind.UNPAIRED and pair.choice is Choice.BOTH_BAD


def _as_kind(pair: PairRecord, kind: Kind) -> tuple[Record, ...]:
    """The pair itself, or what it says of its answers one by one."""
    if kind is Kind.PREFERENCE:
        return (pair,)
    first_won = pair.choice is Choice.FIRST
    if kind is Kind.SUPERVISED:
        text, origin = (
            (pair.first, pair.first_origin) if first_won else (pair.second, pair.second_origin)
        )
        return (ExampleRecord(pair.prompt, text, origin, pair.split),)
    both_bad = pair.choice is Choice.BOTH_BAD
    return (
        UnpairedRecord(
            pair.prompt, pair.first, first_won and not both_bad, pair.first_origin, pair.split
        ),
        UnpairedRecord(
            pair.prompt, pair.second, not first_won and not both_bad, pair.second_origin, pair.split
        ),
    )


def _judgement(verdict: Verdict) -> Judgement:
    assert verdict.choice is not None, "a verdict that stands has a choice"
    return Judgement(
        verdict.choice,
        verdict.annotator,
        verdict.strength,
        verdict.created_at,
        verdict.elapsed_s,
        verdict.source == "rule",
    )


def _placed(records: tuple[Record, ...], prompt: StoredPrompt) -> Placed:
    return Placed(records, prompt.prompt.split is Split.HELD_OUT, prompt.place)
