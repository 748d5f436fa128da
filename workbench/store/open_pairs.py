"""Which pairs wait for somebody: the condition, and how many there are."""

from __future__ import annotations

import time
from pathlib import Path

from workbench.store.bin import not_in_bin
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


def named_values(annotator: str, overlap: int) -> dict[str, object]:
    """The values that `OPEN` and `NOT_RESERVED` name."""
    return {"annotator": annotator, "overlap": overlap, "now": time.time()}


def count_open(path: Path, annotator: str, overlap: int) -> int:
    """How many pairs wait for an annotator, whoever has them in hand. Reads beside the writer."""
    with reading(path) as connection:
        sql = f"SELECT count(*) FROM pairs WHERE {OPEN}"
        row = connection.execute(sql, named_values(annotator, overlap)).fetchone()
        return int(row[0])
