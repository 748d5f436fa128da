"""Taking out what an import left behind that was given up, or died."""

from __future__ import annotations

import json

import sqlite_utils

from workbench.store.landing import without_waiting
from workbench.store.prompt_keys import prompt_key


def sweep_some(db: sqlite_utils.Database, rows: int) -> bool:
    """Delete about so many rows of one unfinished data set; returns whether there were any.

    Nothing else can refer to them, as no query shows them, so nothing is looked up.
    """
    found = db.execute("SELECT dataset_id FROM unfinished LIMIT 1").fetchone()
    if found is None:
        return False
    with without_waiting(db), db.atomic():
        dataset_id = str(found[0])
        if not any(sweep(db, dataset_id, rows) for sweep in (_pairs, _answers, _prompts)):
            for table in ("imported", "unfinished"):
                db.execute(f"DELETE FROM {table} WHERE dataset_id = ?", [dataset_id])
            db.execute("DELETE FROM datasets WHERE id = ?", [dataset_id])
    return True


def _pairs(db: sqlite_utils.Database, dataset_id: str, rows: int) -> bool:
    sql = "SELECT id, first_id, second_id FROM pairs WHERE dataset_id = ? LIMIT ?"
    found = db.execute(sql, [dataset_id, rows]).fetchall()
    pairs = [row[0] for row in found]
    _delete(db, "standing", "pair_id", pairs)
    _delete(db, "verdicts", "pair_id", pairs)
    _delete(db, "pairs", "id", pairs)
    _delete(db, "responses", "id", [response for row in found for response in row[1:]])
    return bool(found)


def _answers(db: sqlite_utils.Database, dataset_id: str, rows: int) -> bool:
    deleted = 0
    for table in ("examples", "unpaired"):
        deleted += db.execute(
            f"DELETE FROM {table} WHERE rowid IN"
            f" (SELECT rowid FROM {table} WHERE dataset_id = ? LIMIT ?)",
            [dataset_id, rows],
        ).rowcount
    return deleted > 0


def _prompts(db: sqlite_utils.Database, dataset_id: str, rows: int) -> bool:
    sql = """
        SELECT id, messages FROM prompts
        WHERE split IN ('train', 'held_out') AND dataset_id = ? LIMIT ?
    """
    found = db.execute(sql, [dataset_id, rows]).fetchall()
    keys = [(prompt_key(messages), prompt_id) for prompt_id, messages in found]
    db.conn.executemany("DELETE FROM prompt_keys WHERE key = ? AND prompt_id = ?", keys)
    _delete(db, "prompts", "id", [prompt_id for prompt_id, _ in found])
    return bool(found)


def _delete(db: sqlite_utils.Database, table: str, column: str, ids: list[str]) -> None:
    sql = f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))"
    db.execute(sql, [json.dumps(ids)])
