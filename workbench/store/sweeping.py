"""Taking out what an import left behind that was given up, or died."""

from __future__ import annotations

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
    for pair_id, *responses in found:
        db.execute("DELETE FROM standing WHERE pair_id = ?", [pair_id])
        db.execute("DELETE FROM verdicts WHERE pair_id = ?", [pair_id])
        db.execute("DELETE FROM pairs WHERE id = ?", [pair_id])
        db.execute("DELETE FROM responses WHERE id IN (?, ?)", responses)
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
    for prompt_id, messages in found:
        key = prompt_key(messages)
        db.execute("DELETE FROM prompt_keys WHERE key = ? AND prompt_id = ?", [key, prompt_id])
        db.execute("DELETE FROM prompts WHERE id = ?", [prompt_id])
    return bool(found)
