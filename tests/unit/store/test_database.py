"""Writing while somebody gives verdicts."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils

from workbench.store.database import Database, DiskError


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "some.sqlite")
    made.write(lambda db: db.execute("CREATE TABLE words (word TEXT)"))
    return made


def add(word: str) -> object:
    return lambda db: db.execute("INSERT INTO words VALUES (?)", [word])


def synchronous(db: sqlite_utils.Database) -> int:
    return int(db.execute("PRAGMA synchronous").fetchone()[0])


def test_what_may_be_repeated_is_there_for_every_reader_at_once(database: Database) -> None:
    with closing(sqlite3.connect(database.path)) as other:
        assert database.write_repeatable(synchronous) == 1
        database.write_repeatable(add("again"))
        assert other.execute("SELECT word FROM words").fetchall() == [("again",)]
    assert database.read(synchronous) == 2  # a verdict waits for the disk as ever
    database.close()


def test_a_failed_repeatable_write_leaves_nothing_and_the_usual_care(database: Database) -> None:
    def fail(db: sqlite_utils.Database) -> None:
        db.execute("INSERT INTO words VALUES ('half')")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write_repeatable(fail)
    assert database.read(lambda db: db.execute("SELECT count(*) FROM words").fetchone()) == (0,)
    assert database.read(synchronous) == 2
    database.close()


def test_long_work_knows_that_somebody_gives_verdicts(database: Database) -> None:
    database.give_way()
    assert not database.is_person_at_work
    assert database.urgent_writes == 0
    database.write_here(add("verdict"))
    assert database.urgent_writes == 1
    database.give_way()
    database.sync_log()
    assert database.read(lambda db: db.execute("SELECT word FROM words").fetchone()) == ("verdict",)
    database.close()
    database.sync_log()  # the log is gone with the last connection


def test_a_persons_write_comes_before_all_that_is_queued(database: Database) -> None:
    order: list[object] = []
    free = threading.Event()
    under_way = database.submit(lambda _: free.wait())
    queued = [database.submit(lambda _, n=n: order.append(n)) for n in range(20)]
    person = threading.Thread(
        target=database.write_here, args=[lambda _: order.append(threading.current_thread())]
    )
    person.start()
    while not database.urgent_writes:
        time.sleep(0.001)
    time.sleep(0.02)  # from being counted to waiting for its turn
    free.set()
    person.join()
    assert under_way.result()
    for future in queued:
        future.result()
    assert order == [person, *range(20)]
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write_here(add("late"))


def test_what_the_disk_has_no_room_for_is_told_as_that_and_not_half_stored(
    database: Database,
) -> None:
    def much(db: sqlite_utils.Database) -> None:
        db.execute("INSERT INTO words VALUES ('half')")
        db.execute("INSERT INTO words VALUES (?)", ["long " * 100_000])

    database.read(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(DiskError, match="the disk has room"):
        database.write(much)
    with pytest.raises(DiskError, match="the disk has room"):
        database.write_here(much)
    assert database.read(lambda db: db.execute("SELECT count(*) FROM words").fetchone()) == (0,)
    database.close()
