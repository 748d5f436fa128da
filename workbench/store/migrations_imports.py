"""The step for imports: prompts found by a short key, data sets that are on their way, and more."""

from __future__ import annotations

import sqlite_utils

from workbench.store.prompt_keys import prompt_key

_TABLES = (
    # A prompt is found by the hash of its messages. The keys of a large import are added in their
    # own order, which costs a tenth of what a unique index on long texts does.
    """
    CREATE TABLE prompt_keys (
        key BLOB PRIMARY KEY,           -- see prompt_keys.py
        prompt_id TEXT NOT NULL REFERENCES prompts(id)
    ) WITHOUT ROWID
    """,
    # Data sets whose rows are still coming in: no query may show any of them.
    """
    CREATE TABLE unfinished (
        dataset_id TEXT PRIMARY KEY REFERENCES datasets(id),
        started_at REAL NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE imported (
        dataset_id TEXT PRIMARY KEY REFERENCES datasets(id),
        form TEXT NOT NULL,
        mapping TEXT NOT NULL,          -- JSON: role to column
        content TEXT NOT NULL,          -- of all rows, in whatever order: the same in another file
        rejected INTEGER NOT NULL,      -- rows that could not be read
        imported_at REAL NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX imported_content ON imported(content)",
    """
    CREATE TABLE unpaired (
        id TEXT PRIMARY KEY,
        prompt_id TEXT NOT NULL REFERENCES prompts(id),
        completion TEXT NOT NULL,
        desirable INTEGER NOT NULL,     -- 1 good, 0 bad
        dataset_id TEXT NOT NULL REFERENCES datasets(id),
        position INTEGER NOT NULL,
        origin TEXT                     -- JSON, as in responses
    )
    """,
    "CREATE INDEX unpaired_dataset ON unpaired(dataset_id, position)",
    "CREATE INDEX unpaired_prompt ON unpaired(prompt_id)",
    "ALTER TABLE examples ADD COLUMN origin TEXT",
    "CREATE INDEX examples_prompt ON examples(prompt_id)",
)

_PROMPTS_WITHOUT_UNIQUE_MESSAGES = """
    CREATE TABLE new_prompts (
        id TEXT PRIMARY KEY,
        messages TEXT NOT NULL,         -- JSON list of {role, content}
        text TEXT NOT NULL,             -- as a person reads it
        split TEXT NOT NULL,            -- train or held_out
        answer TEXT,                    -- the right one, where an answer can be checked
        answer_check TEXT,              -- how it is checked: exact or number
        dataset_id TEXT NOT NULL REFERENCES datasets(id),
        position INTEGER NOT NULL
    )
"""
_PROMPT_COLUMNS = "id, messages, text, split, answer, answer_check, dataset_id, position"


def add_imports(db: sqlite_utils.Database) -> None:
    """Run outside of a transaction: a table that others refer to can't be replaced in one."""
    if db["prompt_keys"].exists():
        return
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        with db.atomic():
            _replace_prompts(db)
            for statement in _TABLES:
                db.execute(statement)
            _fill_keys(db)
    finally:
        db.execute("PRAGMA foreign_keys = ON")


def _replace_prompts(db: sqlite_utils.Database) -> None:
    kept = db.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'prompts' AND type IN ('index', 'trigger')"
        " AND sql IS NOT NULL"
    ).fetchall()
    db.execute(_PROMPTS_WITHOUT_UNIQUE_MESSAGES)
    db.execute(
        f"INSERT INTO new_prompts(rowid, {_PROMPT_COLUMNS})"
        f" SELECT rowid, {_PROMPT_COLUMNS} FROM prompts"
    )
    db.execute("DROP TABLE prompts")
    db.execute("ALTER TABLE new_prompts RENAME TO prompts")
    for (statement,) in kept:
        db.execute(statement)


def _fill_keys(db: sqlite_utils.Database) -> None:
    rows = db.execute("SELECT messages, id FROM prompts")
    keys = sorted((prompt_key(messages), prompt_id) for messages, prompt_id in rows)
    db.conn.executemany("INSERT INTO prompt_keys VALUES (?, ?)", keys)
