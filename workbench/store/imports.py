"""Bringing many rows into a project without ever holding its connection for long.

The rows come from a staging file (`staging.py`) and are copied in chunks of some milliseconds, each
a transaction (`landing.py`), so that a verdict given meanwhile is on disk at once. Until the last
one the data set stands in `unfinished` and no query shows it; an import that is given up or dies
is swept (`sweeping.py`).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.store.database import Database, DiskError
from workbench.store.landing import Landing, NewDataset
from workbench.store.pace import Pace
from workbench.store.rows import Dataset
from workbench.store.sweeping import sweep_some

_LOOK_S = 0.05
_BUDGET_AT_OPENING_S = 0.5


class Imports:
    """One import at a time is brought in; others wait for it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder / "imports"
        self._one_at_a_time = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where staging files lie while they are made, and rows that were rejected."""
        self._folder.mkdir(exist_ok=True)
        return self._folder

    def with_content(self, content: str) -> Dataset | None:
        """The data set that was made of these very rows, from whatever file, or None."""
        sql = """
            SELECT datasets.id, name, kind, source, row_count, created_at
            FROM imported JOIN datasets ON datasets.id = imported.dataset_id
            WHERE content = ? AND datasets.id NOT IN (SELECT dataset_id FROM unfinished) LIMIT 1
        """

        def query(db: sqlite_utils.Database) -> Dataset | None:
            row = db.execute(sql, [content]).fetchone()
            return Dataset(*row) if row else None

        return self._database.read(query)

    def bring_in(
        self,
        staging: Path,
        new: NewDataset,
        *,
        on_share: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Dataset | None:
        """Copy a finished staging file into the project; None if it was given up.

        `on_share` hears what part is done, 0 to 1. Raises ProjectError when nothing in it is new
        or the disk is full. Whatever happens, the project holds all of it or nothing.
        """
        while not self._one_at_a_time.acquire(timeout=_LOOK_S):
            if cancelled():
                return None
        try:
            self.sweep()
            return self._land(Landing(self._database, staging, new), on_share, cancelled)
        finally:
            self._one_at_a_time.release()

    def clean_up(self) -> None:
        """Call when a project was opened: no import is under way, so what is left is of a dead one.

        Takes half a second at most; what remains is hidden and goes before the next import.
        """
        for file in self._folder.glob("staging-*"):
            file.unlink(missing_ok=True)
        self.sweep(_BUDGET_AT_OPENING_S)

    def sweep(self, budget_s: float = float("inf")) -> bool:
        """Take out what unfinished imports left behind; returns whether all of it is gone."""
        ends_at = time.monotonic() + budget_s
        pace = Pace()
        while time.monotonic() < ends_at:
            self._database.give_way()
            started = time.perf_counter()
            if not self._database.read(partial(sweep_some, rows=pace.rows)):
                return True
            seconds = time.perf_counter() - started
            pace.took(seconds, is_hurried=self._database.is_person_at_work)
        return False

    def _land(
        self, landing: Landing, on_share: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> Dataset | None:
        try:
            dataset = landing.run(on_share, cancelled)
        except BaseException as error:
            self._sweep_if_possible()
            if isinstance(error, DiskError):
                raise ProjectError(
                    f"The import could not be stored ({error.__cause__}): see that the disk"
                    " has room and works, then try again. Nothing of it was kept."
                ) from error
            raise
        if dataset is None:
            self.sweep()
        return dataset

    def _sweep_if_possible(self) -> None:
        """Now, or else the next time that the project is opened: until then nothing is shown."""
        try:
            self.sweep()
        except (sqlite3.Error, DiskError):
            return
