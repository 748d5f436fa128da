"""Data sets that are still being imported are hidden from every query."""

from __future__ import annotations


def finished(column: str = "dataset_id") -> str:
    """The condition that the data set whose id is in `column` has come in whole."""
    return f"{column} NOT IN (SELECT dataset_id FROM unfinished)"


def of_finished_pair(pair_id: str) -> str:
    """The condition that the pair whose id is in `pair_id` belongs to such a data set.

    Costs nothing while no import is under way.
    """
    return f"""(NOT EXISTS (SELECT 1 FROM unfinished) OR EXISTS (
        SELECT 1 FROM pairs WHERE pairs.id = {pair_id} AND {finished("pairs.dataset_id")}
    ))"""
