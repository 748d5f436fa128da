"""The schema, as the steps that made it: append a step, never edit one that was released."""

from __future__ import annotations

import sqlite_utils
from sqlite_utils.migrations import Migrations

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


@migrations()
def m001_first_schema(db: sqlite_utils.Database) -> None:
    """Everything of version 0.1."""
    _run(db, _FIRST_SCHEMA)


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
