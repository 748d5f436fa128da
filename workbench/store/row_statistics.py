"""What the rows of a data set are like: how long, from where, in how many data sets.

Counts come from the search index, so they are there at once for a million rows.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.store.browse import Browse, RowFilter
from workbench.store.database import Database
from workbench.store.reading import Stop, reading
from workbench.store.search_index import SearchIndex

_MOST_ORIGINS = 12


@dataclass(frozen=True, slots=True)
class LengthCounts:
    """How many texts have how many words: `counts[words]`."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def quantile(self, share: float) -> int:
        """The length that this share of the texts (0 to 1) does not exceed; 0 without any."""
        wanted, seen = share * self.total, 0
        for words in sorted(self.counts):
            seen += self.counts[words]
            if seen >= wanted:
                return words
        return 0


@dataclass(frozen=True, slots=True)
class RowStatistics:
    """Lengths by part (`prompt`, `chosen`, `rejected`, `undecided`, `answer`), and origins.

    `longer_wins` is the share of decided pairs of unequal length whose longer answer was chosen.
    """

    row_count: int
    lengths: Mapping[str, LengthCounts]
    origins: Mapping[str, int]
    longer_wins: float | None = None


def read_statistics(
    database: Database, index: SearchIndex, wanted: RowFilter, stop: Stop | None = None
) -> RowStatistics:
    """The statistics of all rows of a kind, or of those in some data sets."""
    marks = ", ".join("?" * len(wanted.dataset_ids))
    within = (
        f"dataset IN (SELECT id FROM dataset_numbers WHERE name IN ({marks}))"
        if wanted.dataset_ids
        else "1"
    )
    kinds = ("pair", "example", "prompt", "unpaired")
    where = f"kind = {kinds.index(wanted.kind)} AND {within}"
    with reading(database.path, attach=index.ensure(), stop=stop) as db:
        values = wanted.dataset_ids
        lengths = {"prompt": _lengths(db, f"SELECT prompt_words, count(*) {_FROM} {where}", values)}
        longer_wins = None
        if wanted.kind == "pair":
            chosen = _by_choice(db, where, values)
            lengths |= {name: counts for name, counts in chosen.items() if counts.total}
            longer_wins = _longer_wins(db, where, values)
        elif wanted.kind != "prompt":
            answers = f"SELECT first_words, count(*) {_FROM} {where}"
            lengths["answer"] = _lengths(db, answers, values)
        return RowStatistics(
            row_count=lengths["prompt"].total,
            lengths=lengths,
            origins=_origins(db, where, values),
            longer_wins=longer_wins,
        )


def sample_texts(
    database: Database, browse: Browse, wanted: RowFilter, size: int, stop: Stop | None = None
) -> list[str]:
    """The first answers (prompts, where there are none) of rows spread evenly over all."""
    keys = browse.all_keys(RowFilter(wanted.kind, wanted.dataset_ids), stop=stop)
    step = max(1, len(keys) // size)
    chosen: array[int] = keys[::step][:size]
    with reading(database.path, stop=stop) as db:
        found = (db.execute(_TEXTS[wanted.kind], [key]).fetchone() for key in chosen)
        return [str(row[0]) for row in found if row is not None]


_FROM = "FROM docs WHERE"
_TEXTS = {
    "pair": """
        SELECT responses.text FROM pairs JOIN responses ON responses.id = pairs.first_id
        WHERE pairs.rowid = ?
    """,
    "example": "SELECT completion FROM examples WHERE rowid = ?",
    "unpaired": "SELECT completion FROM unpaired WHERE rowid = ?",
    "prompt": "SELECT text FROM prompts WHERE rowid = ?",
}

# The verdict that stands; where several do, the newest one.
_DECIDED = """
    SELECT d.first_words, d.second_words, (
        SELECT choice FROM standing WHERE pair_id = r.id ORDER BY verdict_id DESC LIMIT 1
    ) AS choice
    FROM docs d CROSS JOIN pairs r ON r.rowid = d.source WHERE
"""


def _by_choice(
    db: sqlite3.Connection, where: str, values: tuple[str, ...]
) -> dict[str, LengthCounts]:
    decided = f"WITH rows AS MATERIALIZED ({_DECIDED} {where})"
    chosen = f"""{decided}
        SELECT CASE choice WHEN 'first' THEN first_words ELSE second_words END, count(*)
        FROM rows WHERE choice IN ('first', 'second')"""
    rejected = f"""{decided}
        SELECT CASE choice WHEN 'first' THEN second_words ELSE first_words END, count(*)
        FROM rows WHERE choice IN ('first', 'second')"""
    open_rows = "FROM rows WHERE coalesce(choice, '') NOT IN ('first', 'second')"
    undecided = f"""{decided}
        SELECT words, count(*) FROM (
            SELECT first_words AS words {open_rows}
            UNION ALL SELECT second_words {open_rows}
        )"""
    return {
        "chosen": _lengths(db, chosen, values),
        "rejected": _lengths(db, rejected, values),
        "undecided": _lengths(db, undecided, values),
    }


def _longer_wins(db: sqlite3.Connection, where: str, values: tuple[str, ...]) -> float | None:
    row = db.execute(
        f"""SELECT avg((choice = 'first') = (first_words > second_words))
            FROM ({_DECIDED} {where})
            WHERE choice IN ('first', 'second') AND first_words != second_words""",
        values,
    ).fetchone()
    return None if row[0] is None else float(row[0])


def _lengths(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> LengthCounts:
    return LengthCounts(dict(db.execute(f"{sql} GROUP BY 1", values).fetchall()))


def _origins(db: sqlite3.Connection, where: str, values: tuple[str, ...]) -> dict[str, int]:
    """How many answers come from where, most first."""
    sql = f"""
        SELECT name, count(*) FROM (
            SELECT first_origin AS origin FROM docs WHERE {where}
            UNION ALL SELECT second_origin FROM docs WHERE {where}
        ) JOIN origins ON origins.id = origin WHERE name != ''
        GROUP BY name ORDER BY count(*) DESC, name LIMIT {_MOST_ORIGINS}
    """
    return dict(db.execute(sql, values * 2).fetchall())
