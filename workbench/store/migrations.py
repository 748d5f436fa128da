"""The schema, as the steps that made it: append a step, never edit one that was released."""

from __future__ import annotations

import sqlite_utils
from sqlite_utils.migrations import Migrations

from workbench.store.labelling_schema import LABELLING
from workbench.store.migrations_imports import add_imports

migrations = Migrations("workbench")

_FIRST_SCHEMA = """
CREATE TABLE project (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE datasets (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,             -- preference, supervised or prompts
    source TEXT,                    -- the file it was read from
    sha256 TEXT,                    -- of that file, to recognise it again
    row_count INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL
);

CREATE TABLE prompts (
    id TEXT PRIMARY KEY,
    messages TEXT NOT NULL UNIQUE,  -- JSON list of {role, content}
    text TEXT NOT NULL,             -- as a person reads it
    split TEXT NOT NULL,            -- train or held_out
    answer TEXT,                    -- the right one, where an answer can be checked
    answer_check TEXT,              -- how it is checked: exact or number
    dataset_id TEXT NOT NULL REFERENCES datasets(id),
    position INTEGER NOT NULL
);
CREATE INDEX prompts_position ON prompts(position);
CREATE INDEX prompts_split ON prompts(split, dataset_id, position);

CREATE TABLE responses (
    id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES prompts(id),
    text TEXT NOT NULL,
    origin TEXT NOT NULL,           -- JSON: model, checkpoint, sampling, seed
    parent_id TEXT REFERENCES responses(id),
    created_at REAL NOT NULL
);
CREATE INDEX responses_prompt ON responses(prompt_id);

CREATE TABLE pairs (
    id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES prompts(id),
    first_id TEXT NOT NULL REFERENCES responses(id),
    second_id TEXT NOT NULL REFERENCES responses(id),
    dataset_id TEXT NOT NULL REFERENCES datasets(id),
    position INTEGER NOT NULL       -- order in the queue
);
CREATE INDEX pairs_dataset ON pairs(dataset_id, position);
CREATE INDEX pairs_position ON pairs(position, id);
CREATE INDEX pairs_prompt ON pairs(prompt_id);

CREATE TABLE examples (
    id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES prompts(id),
    completion TEXT NOT NULL,
    dataset_id TEXT NOT NULL REFERENCES datasets(id),
    position INTEGER NOT NULL
);
CREATE INDEX examples_dataset ON examples(dataset_id, position);

-- A history: nothing here is ever changed or deleted.
CREATE TABLE verdicts (
    id TEXT PRIMARY KEY,
    pair_id TEXT NOT NULL REFERENCES pairs(id),
    annotator TEXT NOT NULL,
    choice TEXT,                    -- NULL takes back the verdict in `replaces`
    shown_left TEXT NOT NULL,
    strength INTEGER,
    elapsed_s REAL,
    created_at REAL NOT NULL,
    replaces TEXT REFERENCES verdicts(id),
    source TEXT NOT NULL            -- label, compare, import or rule
);
CREATE INDEX verdicts_pair ON verdicts(pair_id);

-- The verdicts that stand: made from `verdicts` in the same transaction, and can be rebuilt.
CREATE TABLE standing (
    pair_id TEXT NOT NULL REFERENCES pairs(id),
    annotator TEXT NOT NULL,
    verdict_id TEXT NOT NULL REFERENCES verdicts(id),
    choice TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (pair_id, annotator)
) WITHOUT ROWID;
CREATE INDEX standing_annotator ON standing(annotator, verdict_id);

CREATE TABLE votes (
    id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES prompts(id),
    first_id TEXT NOT NULL REFERENCES responses(id),
    second_id TEXT NOT NULL REFERENCES responses(id),
    reviewer TEXT NOT NULL,
    choice TEXT NOT NULL,
    shown_left TEXT NOT NULL,
    blind INTEGER NOT NULL,
    elapsed_s REAL,
    created_at REAL NOT NULL,
    pair_id TEXT REFERENCES pairs(id)
);

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,           -- embedded, folder, cache or hub
    path TEXT NOT NULL UNIQUE,
    details TEXT NOT NULL,          -- JSON
    added_at REAL NOT NULL
);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    method TEXT NOT NULL,
    spec TEXT NOT NULL,             -- JSON RunSpec
    folder TEXT NOT NULL,           -- relative to the project's folder
    state TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    step INTEGER NOT NULL DEFAULT 0,
    total_steps INTEGER,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);

CREATE TABLE events (
    run_id TEXT NOT NULL REFERENCES runs(id),
    attempt INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    t REAL NOT NULL,
    kind TEXT NOT NULL,
    line TEXT NOT NULL,             -- as the trainer wrote it
    PRIMARY KEY (run_id, attempt, seq)
) WITHOUT ROWID;
CREATE INDEX events_kind ON events(run_id, kind, attempt, seq);

CREATE TABLE metrics (
    run_id TEXT NOT NULL REFERENCES runs(id),
    name TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    step INTEGER NOT NULL,
    t REAL NOT NULL,
    value REAL,                     -- NULL is not a number
    PRIMARY KEY (run_id, name, attempt, seq)
) WITHOUT ROWID;

CREATE TABLE telemetry (
    run_id TEXT NOT NULL REFERENCES runs(id),
    attempt INTEGER NOT NULL,
    t REAL NOT NULL,
    reading TEXT NOT NULL,          -- JSON MachineReading
    PRIMARY KEY (run_id, attempt, t)
) WITHOUT ROWID;

-- How far each file of a run has been read; committed together with the rows that were read.
CREATE TABLE read_offsets (
    run_id TEXT NOT NULL REFERENCES runs(id),
    attempt INTEGER NOT NULL,
    stream TEXT NOT NULL,
    offset_bytes INTEGER NOT NULL,
    PRIMARY KEY (run_id, attempt, stream)
) WITHOUT ROWID;
"""

_BROWSING = """
-- Rows that a person threw away; nothing of them is deleted, so that they can come back.
CREATE TABLE bin (
    row_id TEXT PRIMARY KEY,        -- of pairs, examples, prompts or unpaired
    kind TEXT NOT NULL,             -- pair, example, prompt or unpaired
    dataset_id TEXT NOT NULL REFERENCES datasets(id),
    batch TEXT NOT NULL,            -- rows that were thrown away together come back together
    thrown_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX bin_batch ON bin(batch);
CREATE INDEX bin_dataset ON bin(dataset_id);

CREATE TABLE row_tags (
    tag TEXT NOT NULL,
    row_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    added_at REAL NOT NULL,
    PRIMARY KEY (tag, row_id)
) WITHOUT ROWID;
CREATE INDEX row_tags_row ON row_tags(row_id);

-- A history: what stood in a part of a row before an edit, and after.
CREATE TABLE row_edits (
    id TEXT PRIMARY KEY,
    row_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,             -- prompt, first or second
    before TEXT NOT NULL,           -- a prompt as its JSON list of messages
    after TEXT NOT NULL,
    editor TEXT NOT NULL,
    edited_at REAL NOT NULL
);
CREATE INDEX row_edits_row ON row_edits(row_id, id);

-- Rows that the search index must read again; it takes them out once it has.
CREATE TABLE search_todo (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,          -- 0 pairs, 1 examples, 2 prompts, 3 unpaired
    source INTEGER NOT NULL         -- rowid
);
"""
_INDEXED_COLUMNS = {
    "pairs": "prompt_id, first_id, second_id, dataset_id",
    "examples": "prompt_id, completion, dataset_id",
    "prompts": "messages, text, dataset_id",
    "unpaired": "prompt_id, completion, dataset_id",
}


@migrations()
def m001_first_schema(db: sqlite_utils.Database) -> None:
    """Everything of version 0.1."""
    _run(db, _FIRST_SCHEMA)


@migrations(transactional=False)
def m002_imports(db: sqlite_utils.Database) -> None:
    """Imports in chunks, answers without a partner, prompts found by a key."""
    add_imports(db)


@migrations()
def m003_labelling(db: sqlite_utils.Database) -> None:
    """Details of verdicts, annotators, reservations, gold items, edits and scores."""
    _run(db, LABELLING)


@migrations()
def m004_browsing(db: sqlite_utils.Database) -> None:
    """Tags, the history of edits, a bin, and notes of which rows the search index must read."""
    _run(db, _BROWSING)
    for number, (table, columns) in enumerate(_INDEXED_COLUMNS.items()):
        note = f"INSERT INTO search_todo(kind, source) VALUES ({number}, old.rowid);"
        db.execute(
            f"CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} BEGIN {note} END"
        )
        db.execute(f"CREATE TRIGGER {table}_deleted AFTER DELETE ON {table} BEGIN {note} END")


@migrations()
def m005_put_back(db: sqlite_utils.Database) -> None:
    """When rows came out of the bin, so that a merge knows which copy's word is the newer one."""
    db.execute(
        "CREATE TABLE put_back (row_id TEXT PRIMARY KEY, put_back_at REAL NOT NULL) WITHOUT ROWID"
    )


def unknown_migrations(db: sqlite_utils.Database) -> list[str]:
    """Names of steps that a newer version applied and this one has never heard of."""
    with sqlite_utils.Database(memory=True) as empty:
        registered = {step.name for step in migrations.pending(empty)}
    return sorted({step.name for step in migrations.applied(db)} - registered)


def _run(db: sqlite_utils.Database, script: str) -> None:
    # Not executescript: it commits first, and a migration is one transaction.
    without_comments = "\n".join(line.split("--")[0] for line in script.splitlines())
    for statement in without_comments.split(";"):
        if statement.strip():
            db.execute(statement)
