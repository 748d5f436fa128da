"""The people who label in a project: a name each, kept in the project itself."""

from __future__ import annotations

import time

import sqlite_utils

from workbench.core.errors import ProjectError
from workbench.store.database import Database
from workbench.store.reading import reading

_LONGEST_NAME = 60
# What verdicts without a person are signed with.
_NOT_PEOPLE = ("import", "rule")
# From one name to the next by the index: a million verdicts are of a few people.
_ALL_IN_ORDER = """
    WITH RECURSIVE found(name) AS (
        SELECT min(annotator) FROM standing
        UNION ALL
        SELECT (SELECT min(annotator) FROM standing WHERE annotator > found.name)
        FROM found WHERE found.name IS NOT NULL
    ) SELECT name FROM found WHERE name IS NOT NULL
"""


class Annotators:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str) -> str:
        """Remember a profile and return its name, trimmed; one that is there stays as it is."""
        wanted = " ".join(name.split())
        if not wanted or len(wanted) > _LONGEST_NAME or wanted.casefold() in _NOT_PEOPLE:
            raise ProjectError(
                f"“{wanted}” can't be an annotator's name: choose one of 1 to {_LONGEST_NAME}"
                " letters that is neither “import” nor “rule”."
            )

        def change(db: sqlite_utils.Database) -> str:
            for known in _names(db):
                if known.casefold() == wanted.casefold():
                    return known
            db.execute("INSERT INTO annotators VALUES (?, ?)", (wanted, time.time()))
            return wanted

        return self._database.write(change)

    def names(self) -> list[str]:
        """Everybody with a profile or a verdict of their own here, by name."""
        return self._database.read(_names)

    def all_who_judged(self) -> list[str]:
        """`names`, and after them whoever else a standing verdict is of: people of a file too.

        A file that names nobody is `import`, and a rule is `rule`. Takes a moment where there are
        many, but keeps nobody waiting: it reads beside the writer.
        """
        names = self.names()
        with reading(self._database.path) as connection:
            found = [str(row[0]) for row in connection.execute(_ALL_IN_ORDER)]
        return [*names, *(name for name in found if name not in set(names))]


def _names(db: sqlite_utils.Database) -> list[str]:
    sql = """
        SELECT name FROM annotators UNION SELECT DISTINCT annotator FROM verdicts
        WHERE source NOT IN ('import', 'rule', 'compare')
        ORDER BY 1
    """
    return [str(row[0]) for row in db.execute(sql).fetchall()]
