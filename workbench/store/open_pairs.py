"""Which pairs wait for somebody, and what of them is kept from who has yet to judge them."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from workbench.store.bin import not_in_bin
from workbench.store.label_settings import read_label_settings
from workbench.store.reading import reading

# For a row of `pairs`, with the named values `annotator`, `overlap` and `now`. Rules, files,
# comparisons and settled disagreements leave nothing to ask.
OPEN = f"""
    NOT EXISTS (
        SELECT 1 FROM standing WHERE standing.pair_id = pairs.id AND (
            standing.annotator = :annotator
            OR standing.source IN ('rule', 'import', 'compare', 'adjudicate')
        )
    )
    AND (
        :overlap = 0 OR :overlap > (
            SELECT count(*) FROM standing
            WHERE standing.pair_id = pairs.id AND standing.choice != 'skip'
        )
    )
    AND pairs.id NOT IN (SELECT pair_id FROM gold)
    AND pairs.id NOT IN (SELECT pair_id FROM edits)
    AND {not_in_bin("pairs.id")}
    AND pairs.dataset_id NOT IN (SELECT dataset_id FROM unfinished)
"""

# And nobody else has it in hand, beyond the number of people that it is meant for.
NOT_RESERVED = """
    (
        SELECT count(*) FROM reservations
        WHERE reservations.pair_id = pairs.id AND reservations.annotator != :annotator
            AND reservations.expires_at > :now
    ) < max(1, :overlap - (
        SELECT count(*) FROM standing
        WHERE standing.pair_id = pairs.id AND standing.choice != 'skip'
    ))
"""

_IN_HAND = """
    EXISTS (
        SELECT 1 FROM reservations
        WHERE reservations.pair_id = pairs.id AND reservations.annotator = :annotator
            AND reservations.expires_at > :now
    )
"""

# Others have said something of it that whoever has yet to judge it should not know.
_KEPT_FROM = f"""
    (({OPEN} OR {_IN_HAND}) AND EXISTS (
        SELECT 1 FROM verdicts
        WHERE verdicts.pair_id = pairs.id AND verdicts.annotator != :annotator
    ))
    OR pairs.id IN (
        SELECT pair_id FROM gold WHERE gold.annotator != :annotator AND NOT EXISTS (
            SELECT 1 FROM standing
            WHERE standing.pair_id = gold.pair_id AND standing.annotator = :annotator
        )
    )
"""


def named_values(annotator: str, overlap: int) -> dict[str, object]:
    """The values that `OPEN` and `NOT_RESERVED` name."""
    return {"annotator": annotator, "overlap": overlap, "now": time.time()}


def count_open(path: Path, annotator: str, overlap: int) -> int:
    """How many pairs wait for an annotator, whoever has them in hand. Reads beside the writer."""
    with reading(path) as connection:
        sql = f"SELECT count(*) FROM pairs WHERE {OPEN}"
        row = connection.execute(sql, named_values(annotator, overlap)).fetchone()
        return int(row[0])


def kept_from(connection: sqlite3.Connection, keys: Sequence[int], annotator: str) -> set[int]:
    """Those keys of pairs of which an annotator must not see yet what others said.

    They wait for the annotator's own verdict or are in their hand, or may test them as gold items.
    """
    sql = f"""
        SELECT pairs.rowid FROM pairs
        WHERE pairs.rowid IN (SELECT value FROM json_each(:keys)) AND ({_KEPT_FROM})
    """
    values = named_values(annotator, read_label_settings(connection).overlap)
    return {row[0] for row in connection.execute(sql, values | {"keys": json.dumps(list(keys))})}
