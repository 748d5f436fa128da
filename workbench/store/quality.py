"""The verdict history as columns, for statistics: read beside the writer.

Nothing is judged here. Where a column stands for words it holds their number: in `ANSWERS` for what
was chosen, in `annotators`, `sources` and `datasets` of the records for names.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.preferences import Choice
from workbench.store.bin import not_in_bin
from workbench.store.reading import Stop, reading

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

ANSWERS = (Choice.FIRST, Choice.SECOND, Choice.TIE, Choice.BOTH_BAD, Choice.SKIP)
"""What a choice is numbered as; -1 takes a verdict back."""

_CHUNK_ROWS = 2000
# Of the time of a first read; the rest goes to the pairs' texts.
_SHARE_OF_VERDICTS = 0.4

_LISTED = f"""
    pairs.dataset_id NOT IN (SELECT dataset_id FROM unfinished) AND {not_in_bin("pairs.id")}
"""

_VERDICTS = f"""
    SELECT verdicts.annotator, verdicts.source, verdicts.rowid, pairs.rowid,
        CASE verdicts.choice WHEN 'first' THEN 0 WHEN 'second' THEN 1 WHEN 'tie' THEN 2
            WHEN 'both_bad' THEN 3 WHEN 'skip' THEN 4 ELSE -1 END,
        verdicts.shown_left = 'first', ifnull(verdicts.strength, 0),
        standing.verdict_id IS NOT NULL, ifnull(replaced.rowid, -1),
        verdicts.elapsed_s, verdicts.created_at
    FROM verdicts JOIN pairs ON pairs.id = verdicts.pair_id
    LEFT JOIN standing ON standing.pair_id = verdicts.pair_id
        AND standing.annotator = verdicts.annotator AND standing.verdict_id = verdicts.id
    LEFT JOIN verdicts replaced ON replaced.id = verdicts.replaces
    WHERE {_LISTED} ORDER BY verdicts.rowid
"""

_PAIRS = """
    SELECT pairs.rowid, pairs.id IN (SELECT pair_id FROM gold), pairs.dataset_id,
        pairs.prompt_id, a.text, b.text,
        json_extract(a.origin, '$.model', '$.run_id', '$.checkpoint_step'),
        json_extract(b.origin, '$.model', '$.run_id', '$.checkpoint_step')
    FROM pairs JOIN responses a ON a.id = pairs.first_id JOIN responses b ON b.id = pairs.second_id
    WHERE pairs.rowid IN (SELECT value FROM json_each(?))
"""
_NO_MODEL = "[null,null,null]"

_PROMPTS = f"""
    SELECT prompts.rowid, prompts.text, prompts.split = 'held_out', prompts.dataset_id FROM prompts
    WHERE prompts.dataset_id NOT IN (SELECT dataset_id FROM unfinished)
        AND {not_in_bin("prompts.id")}
    ORDER BY prompts.rowid
"""


@dataclass(frozen=True, slots=True, eq=False)
class VerdictColumns:
    """One place per entry of the history, in the order of being given.

    `pair` is a place in `PairColumns`; `replaces` is the entry's place that it takes back or
    replaces, or -1; `elapsed_s` is NaN where nobody measured; `strength` 0 where none was given.
    """

    pair: Numbers
    annotator: Numbers
    source: Numbers
    choice: Numbers
    first_was_left: Marks
    strength: Numbers
    elapsed_s: Floats
    given_at: Floats
    stands: Marks
    replaces: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class PairColumns:
    """One place per pair that has a verdict. Equal texts and prompts have equal numbers.

    `has_known_answer` is 1 for gold items, which test people and never train.
    """

    row: Numbers
    has_known_answer: Numbers
    dataset: Numbers
    prompt: Numbers
    first_text: Numbers
    second_text: Numbers
    first_words: Numbers
    second_words: Numbers
    first_chars: Numbers
    second_chars: Numbers
    first_model: Numbers
    second_model: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class QualityRecords:
    """What was read at one time; `datasets` are ids."""

    verdicts: VerdictColumns
    pairs: PairColumns
    annotators: tuple[str, ...]
    sources: tuple[str, ...]
    datasets: tuple[str, ...]

    def is_from(self, *sources: str) -> Marks:
        """Which verdicts have one of these sources."""
        wanted = [place for place, name in enumerate(self.sources) if name in sources]
        return np.isin(self.verdicts.source, wanted)


@dataclass(frozen=True, slots=True)
class PromptPage:
    """Some prompts: their rows, texts, whether they are held out, and their data sets' ids."""

    rows: tuple[int, ...]
    texts: tuple[str, ...]
    held_out: tuple[bool, ...]
    dataset_ids: tuple[str, ...]


class _Names:
    """Numbers words in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def numbers(self, names: Sequence[str]) -> list[int]:
        for name in dict.fromkeys(names):
            self.number(name)
        return [self._numbers[name] for name in names]

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self._numbers)


_PAIR_FACTS = 12
# Of scripts that put no space between words, this many characters count as one: rather too few.
_LONGEST_WORD = 12

Progress = Callable[[float], None]


class QualityReader:
    """Reads a project's verdicts, and each pair's texts once. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._datasets = _Names()
        self._models = _Names()
        self._facts = np.empty((0, _PAIR_FACTS), dtype=np.int64)

    def forget_pairs(self) -> None:
        """Read the pairs' texts again next time: some were edited, thrown away or brought in."""
        self._facts = np.empty((0, _PAIR_FACTS), dtype=np.int64)

    def read(
        self, stop: Stop | None = None, on_progress: Progress = lambda _share: None
    ) -> QualityRecords:
        """Everything of finished data sets that is not in the bin.

        `on_progress` is told how far it has come, 0 to 1. Raises `store.reading.Stopped` soon
        after `stop` became true.
        """
        with reading(self._path, stop=stop) as db:
            verdicts, annotators, sources = _read_verdicts(db, on_progress)
            rows = np.unique(verdicts.pair)
            unknown = np.setdiff1d(rows, self._facts[:, 0], assume_unique=True)
            self._learn(db, unknown, on_progress)
        facts = self._facts[np.searchsorted(self._facts[:, 0], rows)]
        pairs = PairColumns(*(np.ascontiguousarray(column) for column in facts.T))
        places = np.searchsorted(rows, verdicts.pair)
        placed = replace(verdicts, pair=places)
        return QualityRecords(placed, pairs, annotators, sources, self._datasets.all)

    def pair_ids(self, rows: Sequence[int]) -> list[str]:
        """The ids of pairs, in the order of `rows`."""
        sql = "SELECT rowid, id FROM pairs WHERE rowid IN (SELECT value FROM json_each(?))"
        with reading(self._path) as db:
            found = dict(db.execute(sql, [json.dumps(list(rows))]).fetchall())
        return [found[row] for row in rows if row in found]

    def prompt_of_pair(self, row: int) -> str:
        """What a pair answers, as a person reads it."""
        sql = """
            SELECT prompts.text FROM pairs JOIN prompts ON prompts.id = pairs.prompt_id
            WHERE pairs.rowid = ?
        """
        with reading(self._path) as db:
            found = db.execute(sql, [row]).fetchone()
        return "" if found is None else str(found[0])

    def prompts(self, stop: Stop | None = None) -> Iterator[PromptPage]:
        """Every prompt, a page at a time."""
        with reading(self._path, stop=stop) as db:
            cursor = db.execute(_PROMPTS)
            while page := cursor.fetchmany(_CHUNK_ROWS):
                rows, texts, held_out, dataset_ids = zip(*page, strict=True)
                yield PromptPage(rows, texts, tuple(map(bool, held_out)), dataset_ids)

    def prompt_texts(self, rows: Sequence[int]) -> list[str]:
        """The texts of prompts, in the order of `rows`."""
        sql = "SELECT rowid, text FROM prompts WHERE rowid IN (SELECT value FROM json_each(?))"
        with reading(self._path) as db:
            found = dict(db.execute(sql, [json.dumps(list(rows))]).fetchall())
        return [found.get(row, "") for row in rows]

    def _learn(self, db: sqlite3.Connection, rows: Numbers, on_progress: Progress) -> None:
        """Take in what a pair's texts tell; the texts themselves are not kept."""
        facts = array("q")
        for start in range(0, len(rows), _CHUNK_ROWS):
            on_progress(_SHARE_OF_VERDICTS + (1 - _SHARE_OF_VERDICTS) * start / len(rows))
            chunk = json.dumps(rows[start : start + _CHUNK_ROWS].tolist())
            for row, known, dataset, prompt, first, second, first_by, second_by in db.execute(
                _PAIRS, [chunk]
            ):
                facts.extend(
                    (
                        row,
                        known,
                        self._datasets.number(dataset),
                        hash(prompt),
                        hash(first),
                        hash(second),
                        _words(first),
                        _words(second),
                        len(first),
                        len(second),
                        self._model(first_by),
                        self._model(second_by),
                    )
                )
        learnt = np.frombuffer(facts, dtype=np.int64).reshape(-1, _PAIR_FACTS)
        together = np.concatenate((self._facts, learnt))
        self._facts = together[np.argsort(together[:, 0], kind="stable")]

    def _model(self, wrote: str) -> int:
        return -1 if wrote == _NO_MODEL else self._models.number(wrote)


def _read_verdicts(
    db: sqlite3.Connection, on_progress: Progress
) -> tuple[VerdictColumns, tuple[str, ...], tuple[str, ...]]:
    """The history; `pair` still holds rows of the table, not places."""
    annotators, sources = _Names(), _Names()
    pages: list[tuple[Numbers, Floats]] = []
    (total,) = db.execute("SELECT ifnull(max(rowid), 0) FROM verdicts").fetchone()
    cursor = db.execute(_VERDICTS)
    while page := cursor.fetchmany(_CHUNK_ROWS):
        on_progress(_SHARE_OF_VERDICTS * min(1.0, len(pages) * _CHUNK_ROWS / total))
        annotator, source, *whole, elapsed_s, given_at = zip(*page, strict=True)
        named = (annotators.numbers(annotator), sources.numbers(source), *whole)
        # An unknown time is NaN in the array.
        pages.append((np.array(named, np.int64), np.array((elapsed_s, given_at), np.float64)))
    whole_columns = np.concatenate([np.empty((9, 0), np.int64), *(page[0] for page in pages)], 1)
    timed_columns = np.concatenate([np.empty((2, 0)), *(page[1] for page in pages)], 1)
    person, source_number, row, pair, choice, left, strength, stands, old = whole_columns
    verdicts = VerdictColumns(
        pair=pair,
        annotator=person,
        source=source_number,
        choice=choice,
        first_was_left=left == 1,
        strength=strength,
        elapsed_s=timed_columns[0],
        given_at=timed_columns[1],
        stands=stands == 1,
        replaces=_places_of(old, row),
    )
    return verdicts, annotators.all, sources.all


def _words(text: str) -> int:
    return max(len(text.split()), len(text) // _LONGEST_WORD)


def _places_of(wanted: Numbers, rows: Numbers) -> Numbers:
    """Where each of `wanted` stands in ascending `rows`; -1 where it doesn't."""
    places = np.searchsorted(rows, wanted)
    is_there = (places < len(rows)) & (wanted >= 0)
    is_there[is_there] = rows[places[is_there]] == wanted[is_there]
    return np.where(is_there, places, -1)
