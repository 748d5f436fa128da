"""Rows that are the same, or nearly: found among all that a filter lets through."""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workbench.stats.near_duplicates import DuplicateGroup, NearDuplicateSearch
from workbench.store.bin import TABLES
from workbench.store.browse import Browse, RowFilter
from workbench.store.database import Database
from workbench.store.reading import reading

_ROWS_AT_ONCE = 1000


class Compared(StrEnum):
    """What of a row must be alike. The order of a pair's answers never matters."""

    ROW = "row"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows that are alike, by their keys, in order; the first one is best kept.

    That is the first that somebody decided on, else the first of all. Where only the prompts
    were compared, `answers_differ` tells that the rows are no copies of each other.
    """

    keys: tuple[int, ...]
    least_similarity: float
    answers_differ: bool = False


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How many rows were read, of how many, and how long the rest may take."""

    done: int
    total: int
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class DuplicateQuestion:
    """What to look for: rows at least this similar (0 to 1; 1 is the same but for signs).

    `row_limit` looks at the first so many rows only; -1 at all.
    """

    rows: RowFilter
    compared: Compared = Compared.ROW
    threshold: float = 0.8
    row_limit: int = -1


def find_duplicates(
    database: Database,
    browse: Browse,
    question: DuplicateQuestion,
    on_progress: Callable[[SearchProgress], None] = lambda _progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[RowGroup]:
    """Groups of rows that are alike; what was found until then, once cancelled."""
    keys = browse.first_keys(question.rows, limit=question.row_limit)
    search = NearDuplicateSearch(question.threshold)
    started = time.monotonic()
    with reading(database.path) as db:
        texts = _Texts(db, question, keys)
        for start in range(0, len(keys), _ROWS_AT_ONCE):
            if is_cancelled():
                return []
            search.add(texts.of(range(start, min(start + _ROWS_AT_ONCE, len(keys)))))
            done = min(start + _ROWS_AT_ONCE, len(keys))
            elapsed_s = time.monotonic() - started
            on_progress(SearchProgress(done, len(keys), elapsed_s / done * (len(keys) - done)))
        groups = search.groups(texts.of, is_cancelled)
        return [_group(db, question, keys, group) for group in groups]


class _Texts:
    """What is compared of the rows, by their place among the keys."""

    def __init__(
        self, db: sqlite3.Connection, question: DuplicateQuestion, keys: array[int]
    ) -> None:
        self._db = db
        self._keys = keys
        kind = question.rows.kind
        self._sql = (_PROMPTS if question.compared is Compared.PROMPT else _ROWS)[kind]

    def of(self, numbers: Sequence[int]) -> list[str]:
        keys = [self._keys[number] for number in numbers]
        sql = self._sql.format(", ".join("?" * len(keys)))
        found = {key: (prompt, *answers) for key, prompt, *answers in self._db.execute(sql, keys)}
        return [_joined(found.get(key, ("",))) for key in keys]


def _joined(texts: tuple[str, ...]) -> str:
    prompt, *answers = texts
    return "\n".join([prompt, *sorted(answers, key=str.casefold)])


def _group(
    db: sqlite3.Connection, question: DuplicateQuestion, keys: array[int], group: DuplicateGroup
) -> RowGroup:
    kind = question.rows.kind
    members = [keys[number] for number in group.members]
    if kind == "pair":
        members.sort(key=lambda key: not _is_decided(db, key))  # stable: else in their order
    differ = question.compared is Compared.PROMPT and _answers_differ(db, kind, members)
    return RowGroup(tuple(members), group.least_similarity, differ)


def _answers_differ(db: sqlite3.Connection, kind: str, keys: Sequence[int]) -> bool:
    """Whether any of these rows has other answers than the first, in whatever order."""
    said: set[tuple[str, ...]] = set()
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        some = keys[start : start + _ROWS_AT_ONCE]
        for _, _, *answers in db.execute(_ROWS[kind].format(", ".join("?" * len(some))), some):
            said.add(tuple(sorted(" ".join(answer.split()) for answer in answers)))
            if len(said) > 1:
                return True
    return False


def _is_decided(db: sqlite3.Connection, key: int) -> bool:
    sql = "SELECT 1 FROM pairs JOIN standing ON pair_id = pairs.id WHERE pairs.rowid = ? LIMIT 1"
    return db.execute(sql, [key]).fetchone() is not None


_PROMPT_OF_ROW = "JOIN prompts q ON q.id = r.prompt_id"
_ROWS = {
    "pair": f"""
        SELECT r.rowid, q.text, a.text, b.text FROM pairs r {_PROMPT_OF_ROW}
        JOIN responses a ON a.id = r.first_id JOIN responses b ON b.id = r.second_id
        WHERE r.rowid IN ({{0}})
    """,
    "example": f"""
        SELECT r.rowid, q.text, r.completion FROM examples r {_PROMPT_OF_ROW}
        WHERE r.rowid IN ({{0}})
    """,
    "unpaired": f"""
        SELECT r.rowid, q.text, r.completion FROM unpaired r {_PROMPT_OF_ROW}
        WHERE r.rowid IN ({{0}})
    """,
    "prompt": "SELECT r.rowid, r.text FROM prompts r WHERE r.rowid IN ({0})",
}
_PROMPTS = {
    kind: f"SELECT r.rowid, q.text FROM {table} r {_PROMPT_OF_ROW} WHERE r.rowid IN ({{0}})"
    for kind, table in TABLES.items()
} | {"prompt": _ROWS["prompt"]}
