"""One import on its way from its staging file into the project's tables, chunk by chunk."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.store import import_statements as sql
from workbench.store.database import Database, of_the_disk, without_syncing
from workbench.store.pace import Pace
from workbench.store.rows import Dataset
from workbench.store.staging import IDS_PER_ROW, staged_content

T = TypeVar("T")
OnShare = Callable[[float], None]
Cancelled = Callable[[], bool]

# A checkpoint takes some milliseconds, in which no verdict gets in.
_ROWS_BETWEEN_CHECKPOINTS = 2000
_ROWS_BETWEEN_HURRIED_CHECKPOINTS = 400
# So many times as long as a piece takes the next one waits, while somebody gives verdicts.
_HURRIED_REST = 2.0
_SHARE_OF_ROWS = 0.9  # the rest is for keys


@dataclass(frozen=True, slots=True)
class NewDataset:
    """What is to be known of a data set beside its rows.

    `origin` is that of answers whose own is not told, as JSON; `rejected` rows could not be read.
    """

    name: str
    kind: str
    source: str | None
    sha256: str | None
    origin: str
    form: str
    rejected: int = 0
    mapping: Mapping[str, str] = field(default_factory=dict)


class Landing:
    """Copies one staging file. Use it once."""

    def __init__(self, database: Database, staging: Path, new: NewDataset) -> None:
        self._database = database
        self._staging = staging
        self._kind = new.kind
        self._row_count, content = staged_content(staging)
        self._pace = Pace()
        self._since_checkpoint = 0
        self._urgent_writes = database.urgent_writes
        now_ns = time.time_ns()
        self._values: dict[str, object] = {
            "base": now_ns,
            "stride": IDS_PER_ROW,
            "tail": secrets.randbits(32),
            "dataset": f"{now_ns:016x}{secrets.token_hex(4)}",
            "now": time.time(),
            "name": new.name,
            "kind": new.kind,
            "source": new.source,
            "sha256": new.sha256,
            "origin": new.origin,
            "form": new.form,
            "mapping": json.dumps(dict(new.mapping), ensure_ascii=False),
            "content": content,
            "rejected": new.rejected,
        }

    def run(self, on_share: OnShare, cancelled: Cancelled) -> Dataset | None:
        """Copy everything; None if it was given up, and then `sweeping` has work to do.

        Raises ProjectError when there is nothing new in it.
        """
        self._database.read(self._attach)
        try:
            self._database.write(self._begin)
            if not self._copy_rows(on_share, cancelled):
                return None
            if not self._copy_keys(on_share, cancelled) or cancelled():
                return None
            return self._database.write(self._finish)
        finally:
            self._database.read(self._detach)

    def _attach(self, db: sqlite_utils.Database) -> None:
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("ATTACH ? AS staged", [str(self._staging)])

    def _detach(self, db: sqlite_utils.Database) -> None:
        db.execute("DETACH staged")

    def _begin(self, db: sqlite_utils.Database) -> None:
        for statement in sql.TEMPORARY_TABLES:
            db.execute(statement)
        for name, table in (("position", "pairs"), ("prompt_position", "prompts")):
            row = db.execute(f"SELECT max(position) FROM main.{table}").fetchone()
            self._values[name] = row[0] or 0
        for statement in sql.BEGIN_DATASET:
            db.execute(statement, self._values)

    def _copy_rows(self, on_share: OnShare, cancelled: Cancelled) -> bool:
        last = 0
        while last < self._row_count:
            if cancelled():
                return False
            first, last = last + 1, last + self._pace.rows
            self._in_one_go(partial(self._copy_chunk, first, last))
            on_share(_SHARE_OF_ROWS * min(1.0, last / self._row_count))
        return True

    def _copy_chunk(self, first: int, last: int, db: sqlite_utils.Database) -> None:
        values = self._values | {"first": first, "last": last}
        for statement in sql.CHUNK[self._kind]:
            db.execute(statement, values)

    def _copy_keys(self, on_share: OnShare, cancelled: Cancelled) -> bool:
        after: bytes | None = b""
        done = 0
        while after is not None:
            if cancelled():
                return False
            done += self._pace.rows
            after = self._in_one_go(partial(self._copy_some_keys, after))
            share_of_keys = min(1.0, done / self._row_count)
            on_share(_SHARE_OF_ROWS + (1 - _SHARE_OF_ROWS) * share_of_keys)
        return True

    def _copy_some_keys(self, after: bytes, db: sqlite_utils.Database) -> bytes | None:
        """The next keys after one; returns the last of them, or None when there are no more."""
        values = self._values | {"after": after, "rows": self._pace.rows}
        upto: bytes | None = db.execute(sql.NEXT_KEYS, values).fetchone()[0]
        if upto is None:
            return None
        values["upto"] = upto
        db.execute(sql.KEYS, values)
        for prompt, twin in db.execute(sql.TWINS, values).fetchall():
            for statement in sql.USE_TWIN:
                db.execute(statement, {"prompt": prompt, "twin": twin})
        return upto

    def _finish(self, db: sqlite_utils.Database) -> Dataset:
        for statement in sql.FINISH:
            db.execute(statement, self._values)
        count = self._row_count
        if self._kind == "prompts":
            count = db.execute(sql.COUNT_PROMPTS, self._values).fetchone()[0]
        if count == 0:
            raise ProjectError(
                "Nothing was imported, because there is nothing new in it: choose another file."
            )
        db.execute(sql.SET_ROW_COUNT, self._values | {"row_count": count})
        return Dataset(*db.execute(sql.DATASET, self._values).fetchone())

    def _in_one_go(self, work: Callable[[sqlite_utils.Database], T]) -> T:
        """Perhaps a checkpoint, then one transaction of about the length that the pace aims at."""
        database = self._database
        database.give_way()
        if self._is_checkpoint_due():
            self._since_checkpoint = 0
            self._urgent_writes = database.urgent_writes
            database.read(_checkpoint)
            database.give_way()
        self._since_checkpoint += self._pace.rows
        result, seconds = database.read(partial(_timed_chunk, work))
        self._pace.took(seconds, is_hurried=database.is_person_at_work)
        if database.is_person_at_work:
            database.sync_log()
            time.sleep(_HURRIED_REST * seconds)
        return result

    def _is_checkpoint_due(self) -> bool:
        if not self._database.is_person_at_work:
            return self._since_checkpoint >= _ROWS_BETWEEN_CHECKPOINTS
        # Just after a verdict is the best time: nobody gives the next one so soon.
        was_just_given = self._database.urgent_writes != self._urgent_writes
        return was_just_given or self._since_checkpoint >= _ROWS_BETWEEN_HURRIED_CHECKPOINTS


def _timed_chunk(
    work: Callable[[sqlite_utils.Database], T], db: sqlite_utils.Database
) -> tuple[T, float]:
    started = time.perf_counter()
    with of_the_disk(), without_waiting(db), db.atomic():
        result = work(db)
    return result, time.perf_counter() - started


def _checkpoint(db: sqlite_utils.Database) -> None:
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


@contextmanager
def without_waiting(db: sqlite_utils.Database) -> Iterator[None]:
    """Neither wait for the disk nor look up what rows refer to, which is right as it was made.

    A chunk need not be on the disk by itself: the last transaction of an import is, and with it
    all before. Verdicts between the chunks are written with the usual care.
    """
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        with without_syncing(db):
            yield
    finally:
        db.execute("PRAGMA foreign_keys = ON")
