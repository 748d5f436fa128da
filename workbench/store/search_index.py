"""The search index: full text and lengths of every row, in a file of its own beside the project.

All of it is made from the project and can be thrown away. It has its own file and its own writer,
so that bringing it up to date costs an import nothing and makes no verdict wait. Rows are copied
by SQL alone but for scripts without spaces (`unspaced.py`): while it works, Python is free.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.store.database import Database
from workbench.store.unspaced import MARKS, as_indexed, indexed_in_sql

INDEX_NAME = "search.sqlite"
_VERSION = 4
_CHUNK_ROWS = 5000
_CACHE_KB = 65536
_MORE_ROWS = 1.1

FEW_ROWS = 50_000
"""Among fewer rows FTS5 itself is quick with the beginning of a word; `words` has none then."""

_SCHEMA = (
    """CREATE TABLE docs (
        -- Never given twice: what the words of a text are noted by can't be deleted.
        docid INTEGER PRIMARY KEY AUTOINCREMENT,
        kind INTEGER NOT NULL,          -- place in KINDS
        source INTEGER NOT NULL,        -- rowid in the table of the kind
        dataset INTEGER NOT NULL,
        prompt_words INTEGER NOT NULL,
        first_words INTEGER NOT NULL,
        second_words INTEGER NOT NULL,
        first_origin INTEGER NOT NULL,
        second_origin INTEGER NOT NULL,
        -- Of the longer answer, or of a prompt that stands alone.
        words INTEGER AS (
            CASE kind WHEN 2 THEN prompt_words ELSE max(first_words, second_words) END
        )
    )""",
    "CREATE UNIQUE INDEX docs_source ON docs(kind, source)",
    "CREATE INDEX docs_words ON docs(kind, words)",
    "CREATE TABLE origins (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE dataset_numbers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    # How far each table was read: the row there, to notice when rows were numbered anew.
    """CREATE TABLE marks (
        kind INTEGER PRIMARY KEY,
        read_to INTEGER NOT NULL,
        source INTEGER NOT NULL,
        id TEXT NOT NULL
    )""",
    # Every word and in how many rows it is, to complete a word that is being typed.
    "CREATE TABLE words (word TEXT PRIMARY KEY, docs INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE words_read (docs INTEGER NOT NULL)",
    """CREATE VIRTUAL TABLE texts USING fts5(
        scope, prompt, first, second,
        content='', columnsize=0,
        tokenize="unicode61 remove_diacritics 2 tokenchars '__MARKS__'"
    )""".replace("__MARKS__", MARKS),
    "CREATE VIRTUAL TABLE text_words USING fts5vocab(texts, col)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindSource:
    """Where the rows of a kind are, in SQL over the project: `r` is the row's table."""

    name: str
    table: str
    joins: str
    where: str
    first: str
    second: str
    first_origin: str
    second_origin: str


def _origin_name(column: str) -> str:
    return (
        f"coalesce(json_extract({column}, '$.model'), json_extract({column}, '$.note'),"
        f" json_extract({column}, '$.kind'), '')"
    )


KINDS: tuple[KindSource, ...] = (
    KindSource(
        "pair", "pairs",
        """JOIN prompts q ON q.id = r.prompt_id
           JOIN responses a ON a.id = r.first_id
           JOIN responses b ON b.id = r.second_id""",
        "1", "a.text", "b.text", _origin_name("a.origin"), _origin_name("b.origin"),
    ),
    KindSource(
        "example", "examples", "JOIN prompts q ON q.id = r.prompt_id",
        "1", "r.completion", "''", _origin_name("r.origin"), "''",
    ),
    KindSource(
        "prompt", "prompts", "JOIN prompts q ON q.rowid = r.rowid",
        "r.dataset_id IN (SELECT id FROM datasets WHERE kind = 'prompts')",
        "''", "''", "''", "''",
    ),
    KindSource(
        "unpaired", "unpaired", "JOIN prompts q ON q.id = r.prompt_id",
        "1", "r.completion", "''", _origin_name("r.origin"), "''",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How many rows are in the index, of how many."""

    indexed: int
    total: int


class SearchIndex:
    """Keeps the index up to date. `catch_up` may be called from any thread, one works at a time."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.path = folder / INDEX_NAME
        self._database = database
        self._lock = threading.Lock()
        self._is_made = False

    def ensure(self) -> Path:
        """Make the file if there is none that can be used, empty at first; returns its path."""
        if not self._is_made:
            with self._lock:
                self._make()
        return self.path

    def catch_up(
        self,
        on_progress: Callable[[IndexProgress], None] = lambda _progress: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Bring in what is new or changed since the last time; returns whether it came to the end.

        A cancelled one goes on from there the next time.
        """
        self.ensure()
        with self._lock:
            with self._open() as db:
                renumbered = _renumbered(db)
            if renumbered:
                self._start_anew()
            return self._work_through(on_progress, is_cancelled)

    def _work_through(
        self, on_progress: Callable[[IndexProgress], None], is_cancelled: Callable[[], bool]
    ) -> bool:
        with self._open() as db:
            total = _total(db)
            while not is_cancelled():
                changed = self._take_changed(db)
                added = sum(_take_new(db, kind) for kind in range(len(KINDS)))
                if not changed and not added:
                    _read_words(db)
                    on_progress(IndexProgress(total, total))
                    return True
                on_progress(IndexProgress(min(_highest(db), total), total))
        return False

    def _make(self) -> None:
        if self._is_made:
            return
        try:
            with self._open() as db:
                is_ours = db.execute("PRAGMA user_version").fetchone()[0] == _VERSION
                db.execute("SELECT max(docid) FROM docs").fetchone()
        except sqlite3.DatabaseError:  # not there yet, or damaged: it is only a copy
            is_ours = False
        if not is_ours:
            self._start_anew()
        self._is_made = True

    def _start_anew(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        with self._open() as db, _transaction(db):
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The index to write to, and the project's tables, which can't be written from here."""
        db = sqlite3.connect(self.path.resolve().as_uri(), uri=True, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            db.create_function("as_indexed", 1, as_indexed, deterministic=True)
            db.execute("ATTACH ? AS project", [f"{self._database.path.resolve().as_uri()}?mode=ro"])
            yield db
        finally:
            db.close()

    def _take_changed(self, db: sqlite3.Connection) -> int:
        """Index rows anew that the project's triggers noted; returns how many notes there were."""
        with _transaction(db):
            notes = db.execute(
                "SELECT seq, kind, source FROM search_todo ORDER BY seq LIMIT ?", [_CHUNK_ROWS]
            ).fetchall()
            for kind, source in dict.fromkeys((kind, source) for _, kind, source in notes):
                _add(db, kind, source - 1, source)
            for kind in {kind for _, kind, _ in notes}:
                _set_mark(db, kind, min(_mark(db, kind), _last(db, kind)))
        if notes:
            last = notes[-1][0]
            self._database.write(
                lambda project: project.execute("DELETE FROM search_todo WHERE seq <= ?", [last])
            )
        return len(notes)


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _take_new(db: sqlite3.Connection, kind: int) -> int:
    """Index the next rows of a kind; returns by how much the mark moved."""
    with _transaction(db):
        low = _mark(db, kind)
        high = min(low + _CHUNK_ROWS, _last(db, kind))
        if high <= low:
            return 0
        _add(db, kind, low, high)
        _set_mark(db, kind, high)
    return high - low


def _add(db: sqlite3.Connection, kind: int, low: int, high: int) -> None:
    """Index the rows of a kind whose rowid is above `low` and not above `high`, or again.

    What stands there may be of rows that were deleted: new ones take their numbers.
    """
    between = [low, high]
    db.execute(f"DELETE FROM docs WHERE kind = {kind} AND source > ? AND source <= ?", between)
    of = KINDS[kind]
    rows = f"FROM {of.table} r {of.joins} WHERE r.rowid > ? AND r.rowid <= ? AND {of.where}"
    for origin in {of.first_origin, of.second_origin}:
        db.execute(f"INSERT OR IGNORE INTO origins(name) SELECT DISTINCT {origin} {rows}", between)
    db.execute(
        f"INSERT OR IGNORE INTO dataset_numbers(name) SELECT DISTINCT r.dataset_id {rows}", between
    )
    before = _highest(db)
    db.execute(
        f"""INSERT INTO docs(kind, source, dataset, prompt_words, first_words, second_words,
                first_origin, second_origin)
            SELECT {kind}, r.rowid,
                (SELECT id FROM dataset_numbers WHERE name = r.dataset_id),
                {_words("q.text")}, {_words(of.first)}, {_words(of.second)},
                (SELECT id FROM origins WHERE name = {of.first_origin}),
                (SELECT id FROM origins WHERE name = {of.second_origin})
            {rows} ORDER BY r.rowid""",
        between,
    )
    db.execute(
        f"""INSERT INTO texts(rowid, scope, prompt, first, second)
            SELECT docid, '{of.name} ' || r.dataset_id, {indexed_in_sql("q.text")},
                {indexed_in_sql(of.first)}, {indexed_in_sql(of.second)}
            FROM docs CROSS JOIN {of.table} r ON r.rowid = docs.source {of.joins}
            WHERE docid > ? ORDER BY docid""",
        [before],
    )


def _read_words(db: sqlite3.Connection) -> None:
    """List the words anew once there are a good deal more rows than when they were listed."""
    count = _count(db)
    row = db.execute("SELECT docs FROM words_read").fetchone()
    if count < FEW_ROWS or (row is not None and count < row[0] * _MORE_ROWS):
        return
    with _transaction(db):
        db.execute("DELETE FROM words")
        db.execute(
            "INSERT INTO words SELECT term, sum(doc) FROM text_words"
            " WHERE col != 'scope' GROUP BY term"
        )
        db.execute("DELETE FROM words_read")
        db.execute("INSERT INTO words_read VALUES (?)", [count])


def _words(text: str) -> str:
    """Words as people count them, near enough, without leaving SQL."""
    even = f"trim(replace(replace({text}, char(10), ' '), '  ', ' '))"
    return (
        f"CASE {even} WHEN '' THEN 0 ELSE length({even}) - length(replace({even}, ' ', '')) + 1 END"
    )


def _mark(db: sqlite3.Connection, kind: int) -> int:
    row = db.execute("SELECT read_to FROM marks WHERE kind = ?", [kind]).fetchone()
    return int(row[0]) if row else 0


def _set_mark(db: sqlite3.Connection, kind: int, read_to: int) -> None:
    """Remember how far the table was read, and the last row on the way there."""
    table = KINDS[kind].table
    row = db.execute(
        f"SELECT rowid, id FROM {table} WHERE rowid <= ? ORDER BY rowid DESC LIMIT 1", [read_to]
    ).fetchone()
    if row is None:
        db.execute("DELETE FROM marks WHERE kind = ?", [kind])
    else:
        db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", [kind, read_to, *row])


def _last(db: sqlite3.Connection, kind: int) -> int:
    """The highest rowid there is; new rows get higher ones, and those of rows deleted above it."""
    row = db.execute(f"SELECT max(rowid) FROM {KINDS[kind].table}").fetchone()
    return int(row[0] or 0)


def _renumbered(db: sqlite3.Connection) -> bool:
    """Whether a row at a mark is not the one that was read: VACUUM numbers rows anew."""
    for kind, source, row_id in db.execute("SELECT kind, source, id FROM marks").fetchall():
        table = KINDS[kind].table
        row = db.execute(f"SELECT id FROM {table} WHERE rowid = ?", [source]).fetchone()
        noted = db.execute(
            "SELECT 1 FROM search_todo WHERE kind = ? AND source = ? LIMIT 1", [kind, source]
        ).fetchone()
        if (row is None or row[0] != row_id) and noted is None:
            return True
    return False


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM docs").fetchone()[0])


def _highest(db: sqlite3.Connection) -> int:
    """About how many rows are indexed, told at once: those indexed anew count twice."""
    return int(db.execute("SELECT coalesce(max(docid), 0) FROM docs").fetchone()[0])


def _total(db: sqlite3.Connection) -> int:
    return sum(
        int(db.execute(f"SELECT count(*) FROM {of.table} r WHERE {of.where}").fetchone()[0])
        for of in KINDS
    )
