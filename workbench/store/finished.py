"""Data sets that are still being imported are hidden from every query."""

from __future__ import annotations


def finished(column: str = "dataset_id") -> str:
    """The condition that the data set whose id is in `column` has come in whole."""
    return f"{column} NOT IN (SELECT dataset_id FROM unfinished)"
