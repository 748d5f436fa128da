"""Looking through rows: which there are, in what order, a page of them, and one of them whole.

A view first asks for the first keys, then for all of them (eight bytes a row), and fetches each
page by its keys: no row is counted past, however far down somebody scrolls. Everything here reads
beside the connection that writes, on the thread that asks.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from array import array
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from workbench.core.outcome import Outcome, Said, outcome
from workbench.core.preferences import Choice, Split
from workbench.store.bin import TABLES, not_in_bin
from workbench.store.database import Database
from workbench.store.open_pairs import kept_from
from workbench.store.reading import Stop, reading
from workbench.store.search_index import SearchIndex
from workbench.store.search_query import Complete, match_expression

_DIGITS = 16  # of a key as text
_DIGITS_AT_ONCE = 10_000 * _DIGITS
_SHOWN_CHARACTERS = 300
_FEW_KEYS = 1000  # so many are a first page, which must be quick
_MOST_COMPLETED = 100
_LAST_LETTER = "\U0010ffff"

KIND_OF_DATASET = {
    "preference": "pair", "supervised": "example", "prompts": "prompt", "unpaired": "unpaired",
}  # fmt: skip


class Order(StrEnum):
    """How rows are sorted. Lengths are in words, of the longer answer."""

    STORED = "stored"
    NEWEST = "newest"
    LONGEST = "longest"
    SHORTEST = "shortest"


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows of a kind (a key of `bin.TABLES`); what is empty or None lets all pass.

    `text` is what somebody typed into the search field, `tags` must all be there, and the lengths
    count the words of the longer answer, or of a prompt that stands alone.
    """

    kind: str = "pair"
    dataset_ids: tuple[str, ...] = ()
    text: str = ""
    split: Split | None = None
    tags: tuple[str, ...] = ()
    is_labelled: bool | None = None
    origin: str | None = None
    min_words: int | None = None
    max_words: int | None = None

    @property
    def needs_index(self) -> bool:
        """Whether the answer comes from the search index, which may still be behind."""
        lengths = (self.min_words, self.max_words)
        return bool(self.text.strip() or self.origin or lengths != (None, None))


@dataclass(frozen=True, slots=True)
class BrowseRow:
    """A row in a list: the beginnings of its texts, and what is known of it.

    `desirable` tells of an unpaired answer whether it is a good one, `is_gold` of a pair whether
    it tests annotators. Of a pair that `is_kept_back` neither that nor an outcome is told: the
    onlooker has yet to judge it.
    """

    key: int
    id: str
    dataset_id: str
    prompt: str
    first: str
    second: str
    split: Split
    outcome: Outcome
    tags: tuple[str, ...]
    desirable: bool | None = None
    is_gold: bool = False
    is_kept_back: bool = False


class Browse:
    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._database = database
        self._index = index

    def first_keys(
        self, wanted: RowFilter, order: Order = Order.STORED, limit: int = 200,
        stop: Stop | None = None,
    ) -> array[int]:  # fmt: skip
        """The keys of the first rows, for the first page."""
        with self._reading(stop) as db:
            return _keys(db, wanted, order, limit)

    def all_keys(
        self, wanted: RowFilter, order: Order = Order.STORED, stop: Stop | None = None
    ) -> array[int]:
        """The keys of all rows, eight bytes each; raises Stopped once `stop` returns True."""
        with self._reading(stop) as db:
            return _keys(db, wanted, order, -1)

    def page(self, kind: str, keys: Sequence[int], onlooker: str = "") -> list[BrowseRow]:
        """The rows with these keys, in this order; one that is gone meanwhile is left out.

        What others said of a pair is kept from an annotator who looks on and has yet to judge it.
        They come as one text: row by row, Python's lock would go to and fro a hundred times just
        when the window's thread wants it to paint them.
        """
        row = ", ".join(_ROW_COLUMNS)
        sql = (
            f"WITH page({row}) AS ({_PAGES[kind]})"
            f" SELECT json_group_array(json_array({row})) FROM page"
        )
        with self._reading() as db:
            text: str = db.execute(sql, [json.dumps(list(keys))]).fetchone()[0]
            is_blind = bool(onlooker) and kind == "pair"
            kept_back = kept_from(db, keys, onlooker) if is_blind else set()
        found = {row[0]: _browse_row(*row) for row in json.loads(text)}
        for key in kept_back & found.keys():
            row_now = found[key]
            found[key] = replace(row_now, outcome=_NOTHING, is_gold=False, is_kept_back=True)
        return [found[key] for key in keys if key in found]

    def row_ids(self, kind: str, keys: Sequence[int]) -> list[str]:
        """The ids of the rows with these keys."""
        sql = f"SELECT id FROM {TABLES[kind]} WHERE rowid = ?"
        with self._reading() as db:
            found = (db.execute(sql, [key]).fetchone() for key in keys)
            return [str(row[0]) for row in found if row is not None]

    def origins(self) -> list[str]:
        """Where answers come from, as the index knows it: models and files, in order of name."""
        with self._reading() as db:
            rows = db.execute("SELECT name FROM origins WHERE name != '' ORDER BY name LIMIT 500")
            return [str(row[0]) for row in rows]

    def _reading(self, stop: Stop | None = None) -> AbstractContextManager[sqlite3.Connection]:
        return reading(self._database.path, attach=self._index.ensure(), stop=stop)


def _keys(db: sqlite3.Connection, wanted: RowFilter, order: Order, limit: int) -> array[int]:
    """The keys, put together as one text by SQLite; -1 is no limit.

    Row by row, a million would take Python's lock a million times from the window's thread.
    """
    found: array[int] = array("q")
    bin_is_empty = not db.execute("SELECT 1 FROM bin").fetchone()
    complete = partial(_completed, db) if 0 <= limit <= _FEW_KEYS else None
    query = _query(wanted, order, bin_is_empty=bin_is_empty, complete=complete)
    if query is None:
        return found
    sql, values = query
    digits = f"SELECT group_concat(printf('%0{_DIGITS}x', rowid), '') FROM ({sql} LIMIT ?)"
    text: str = db.execute(digits, [*values, limit]).fetchone()[0] or ""
    for start in range(0, len(text), _DIGITS_AT_ONCE):
        found.frombytes(bytes.fromhex(text[start : start + _DIGITS_AT_ONCE]))
    if sys.byteorder == "little":
        found.byteswap()
    return found


def _query(
    wanted: RowFilter, order: Order, *, bin_is_empty: bool, complete: Complete | None
) -> tuple[str, list[object]] | None:
    """The SELECT of the rowids, and its values; None where no word can be searched for."""
    table = TABLES[wanted.kind]
    clauses = ["r.dataset_id NOT IN (SELECT dataset_id FROM unfinished)"]
    values: list[object] = []
    source = f"{table} r"
    ordering = "r.rowid"
    by_length = order in (Order.LONGEST, Order.SHORTEST)
    if wanted.text.strip():
        only_dataset = wanted.dataset_ids if len(wanted.dataset_ids) == 1 else ()
        scope = (wanted.kind, *only_dataset)
        expression = match_expression(wanted.text, scope=scope, complete=complete)
        if not expression:
            return None
        source = f"texts CROSS JOIN docs d ON d.docid = texts.rowid CROSS JOIN {_row_of_doc(table)}"
        clauses.append("texts MATCH ?")
        values.append(expression)
        ordering = "texts.rowid"
    elif wanted.needs_index or by_length:
        source = f"docs d CROSS JOIN {_row_of_doc(table)}"
        # With a plus SQLite goes by docid, and so has the first rows without sorting them all.
        has_length = (wanted.min_words, wanted.max_words) != (None, None)
        column = "d.kind" if by_length or has_length else "+d.kind"
        clauses.append(f"{column} = {list(TABLES).index(wanted.kind)}")
        ordering = "d.docid"
    elif len(wanted.dataset_ids) == 1:
        ordering = "r.position"
    for clause, value in _conditions(wanted):
        clauses.append(clause)
        values.extend(value)
    if not bin_is_empty:
        clauses.append(not_in_bin("r.id"))
    direction = "DESC" if order in (Order.NEWEST, Order.LONGEST) else "ASC"
    if by_length:
        ordering = f"d.words {direction}, d.docid {direction}"
    else:
        ordering = f"{ordering} {direction}"
    return f"SELECT r.rowid FROM {source} WHERE {' AND '.join(clauses)} ORDER BY {ordering}", values


def _completed(db: sqlite3.Connection, beginning: str) -> list[str]:
    """The commonest words that begin like this; none where the index keeps no list of words."""
    low = beginning.casefold()
    rows = db.execute(
        "SELECT word FROM words WHERE word >= ? AND word < ? ORDER BY docs DESC LIMIT ?",
        [low, low + _LAST_LETTER, _MOST_COMPLETED],
    )
    return [str(row[0]) for row in rows]


def _conditions(wanted: RowFilter) -> list[tuple[str, Sequence[object]]]:
    found: list[tuple[str, Sequence[object]]] = []
    prompt_id = "r.id" if wanted.kind == "prompt" else "r.prompt_id"
    if wanted.dataset_ids:
        marks = ", ".join("?" * len(wanted.dataset_ids))
        found.append((f"r.dataset_id IN ({marks})", wanted.dataset_ids))
    elif wanted.kind == "prompt":
        found.append(("r.dataset_id IN (SELECT id FROM datasets WHERE kind = 'prompts')", ()))
    if wanted.split is Split.HELD_OUT:
        found.append((f"{prompt_id} IN (SELECT id FROM prompts WHERE split = 'held_out')", ()))
    elif wanted.split is Split.TRAIN:
        found.append((f"(SELECT split FROM prompts WHERE id = {prompt_id}) = 'train'", ()))
    tagged = "r.id IN (SELECT row_id FROM row_tags WHERE tag = ?)"
    found.extend((tagged, (tag,)) for tag in wanted.tags)
    if wanted.is_labelled is True:
        found.append(("r.id IN (SELECT pair_id FROM standing)", ()))
    elif wanted.is_labelled is False:
        found.append(("NOT EXISTS (SELECT 1 FROM standing WHERE pair_id = r.id)", ()))
        found.append(("r.id NOT IN (SELECT pair_id FROM gold)", ()))
    if wanted.origin is not None:
        same = "(SELECT id FROM origins WHERE name = ?)"
        found.append((f"{same} IN (d.first_origin, d.second_origin)", (wanted.origin,)))
    if wanted.min_words is not None:
        found.append(("d.words >= ?", (wanted.min_words,)))
    if wanted.max_words is not None:
        found.append(("d.words <= ?", (wanted.max_words,)))
    return found


def _row_of_doc(table: str) -> str:
    return f"{table} r ON r.rowid = d.source"


def _browse_row(
    key: int, row_id: str, dataset_id: str, prompt: str, first: str, second: str, split: str,
    said: str | None, desirable: int | None, is_gold: int, tags: str | None,
) -> BrowseRow:  # fmt: skip
    return BrowseRow(
        key=key,
        id=row_id,
        dataset_id=dataset_id,
        prompt=prompt,
        first=first,
        second=second,
        split=_SPLITS[split],
        outcome=outcome([_said(line) for line in said.split("\n")]) if said else _NOTHING,
        tags=tuple(tags.split("\n")) if tags else (),
        desirable=None if desirable is None else bool(desirable),
        is_gold=bool(is_gold),
    )


def _said(line: str) -> Said:
    source, choice = line.split()
    return Said(source, _CHOICES[choice])


def _shown(column: str) -> str:
    return f"substr({column}, 1, {_SHOWN_CHARACTERS})"


_SPLITS = {split.value: split for split in Split}
_NOTHING = Outcome(None)
_CHOICES = {choice.value: choice for choice in Choice}
_ROW_COLUMNS = (
    "key", "id", "dataset_id", "prompt", "first", "second", "split", "said", "desirable",
    "is_gold", "tags",
)  # fmt: skip
_WANTED = "(SELECT value FROM json_each(?))"
_TAGS = "(SELECT group_concat(tag, char(10)) FROM row_tags WHERE row_id = r.id)"
_SAID = """(
    SELECT group_concat(source || ' ' || choice, char(10))
    FROM (SELECT source, choice FROM standing WHERE pair_id = r.id ORDER BY verdict_id)
)"""
_PAGES = {
    "pair": f"""
        SELECT r.rowid, r.id, r.dataset_id, {_shown("q.text")}, {_shown("a.text")},
            {_shown("b.text")}, q.split,
            {_SAID}, NULL, EXISTS (SELECT 1 FROM gold WHERE pair_id = r.id), {_TAGS}
        FROM pairs r JOIN prompts q ON q.id = r.prompt_id
        JOIN responses a ON a.id = r.first_id JOIN responses b ON b.id = r.second_id
        WHERE r.rowid IN {_WANTED}
    """,
    "example": f"""
        SELECT r.rowid, r.id, r.dataset_id, {_shown("q.text")},
            {_shown("r.completion")}, '', q.split, NULL, NULL, 0, {_TAGS}
        FROM examples r JOIN prompts q ON q.id = r.prompt_id WHERE r.rowid IN {_WANTED}
    """,
    "prompt": f"""
        SELECT r.rowid, r.id, r.dataset_id, {_shown("r.text")}, coalesce(r.answer, ''), '',
            r.split, NULL, NULL, 0, {_TAGS}
        FROM prompts r WHERE r.rowid IN {_WANTED}
    """,
    "unpaired": f"""
        SELECT r.rowid, r.id, r.dataset_id, {_shown("q.text")},
            {_shown("r.completion")}, '', q.split, NULL, r.desirable, 0, {_TAGS}
        FROM unpaired r JOIN prompts q ON q.id = r.prompt_id WHERE r.rowid IN {_WANTED}
    """,
}
