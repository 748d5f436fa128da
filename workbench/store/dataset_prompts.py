"""The prompts of a data set, whatever kind of rows it holds."""

from __future__ import annotations

import sqlite_utils

from workbench.core.preferences import Prompt
from workbench.store.bin import TABLES, not_in_bin
from workbench.store.browse import KIND_OF_DATASET
from workbench.store.database import Database
from workbench.store.datasets import prompt_of_row
from workbench.store.rows import Dataset


def prompts_of(database: Database, dataset: Dataset, limit: int = -1) -> list[Prompt]:
    """The first prompts of a data set (-1: all), each once, in its order."""
    kind = KIND_OF_DATASET[dataset.kind]
    prompt_id = "r.id" if kind == "prompt" else "r.prompt_id"
    sql = f"""
        SELECT q.* FROM (
            SELECT {prompt_id} AS id, min(r.position) AS place FROM {TABLES[kind]} r
            WHERE r.dataset_id = ? AND {not_in_bin("r.id")} GROUP BY {prompt_id}
        ) AS r JOIN prompts q ON q.id = r.id ORDER BY r.place LIMIT ?
    """

    def query(db: sqlite_utils.Database) -> list[Prompt]:
        return [prompt_of_row(row) for row in db.query(sql, [dataset.id, limit])]

    return database.read(query)
