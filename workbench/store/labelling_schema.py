"""What labelling adds to the schema (migration m003)."""

LABELLING = """
-- What came with a verdict; its aspects and spans have tables of their own.
CREATE TABLE verdict_details (
    verdict_id TEXT PRIMARY KEY REFERENCES verdicts(id) ON DELETE CASCADE,
    picked_by TEXT NOT NULL,        -- why the pair was shown
    score_source TEXT,
    unsureness REAL,
    flag TEXT,                      -- reason, NULL where the pair was not flagged
    note TEXT,
    tags TEXT NOT NULL              -- JSON list
) WITHOUT ROWID;
CREATE INDEX verdict_details_flag ON verdict_details(verdict_id) WHERE flag IS NOT NULL;

CREATE TABLE verdict_aspects (
    verdict_id TEXT NOT NULL REFERENCES verdicts(id) ON DELETE CASCADE,
    aspect TEXT NOT NULL,
    choice TEXT NOT NULL,           -- first, second or tie
    PRIMARY KEY (verdict_id, aspect)
) WITHOUT ROWID;

CREATE TABLE verdict_spans (
    verdict_id TEXT NOT NULL REFERENCES verdicts(id) ON DELETE CASCADE,
    response_id TEXT NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    text TEXT NOT NULL,
    is_good INTEGER NOT NULL,
    PRIMARY KEY (verdict_id, response_id, start_char, end_char)
) WITHOUT ROWID;

-- Undo and redo walk these; verdicts of files and rules are never undone.
CREATE INDEX verdicts_replaces ON verdicts(replaces) WHERE replaces IS NOT NULL;
CREATE INDEX verdicts_annotator ON verdicts(annotator)
    WHERE source NOT IN ('import', 'rule', 'compare');

CREATE TABLE annotators (
    name TEXT PRIMARY KEY,
    created_at REAL NOT NULL
) WITHOUT ROWID;

-- Pairs that somebody has in hand: nobody else is given them before `expires_at`.
CREATE TABLE reservations (
    pair_id TEXT NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
    annotator TEXT NOT NULL,
    expires_at REAL NOT NULL,
    PRIMARY KEY (pair_id, annotator)
) WITHOUT ROWID;
CREATE INDEX reservations_annotator ON reservations(annotator);

-- Pairs with a known answer: they test annotators and never train.
CREATE TABLE gold (
    pair_id TEXT PRIMARY KEY REFERENCES pairs(id) ON DELETE CASCADE,
    choice TEXT NOT NULL,
    strength INTEGER,
    explanation TEXT NOT NULL,
    annotator TEXT NOT NULL,        -- who knows the answer, and so is never asked
    created_at REAL NOT NULL
) WITHOUT ROWID;

-- Pairs made by editing an answer: the edited one over its original. Nobody is asked for them.
CREATE TABLE edits (
    pair_id TEXT PRIMARY KEY REFERENCES pairs(id) ON DELETE CASCADE,
    original_pair_id TEXT NOT NULL,
    annotator TEXT NOT NULL,
    created_at REAL NOT NULL
) WITHOUT ROWID;

-- An edit that was begun and not saved; it goes when the edit is saved.
CREATE TABLE drafts (
    annotator TEXT NOT NULL,
    pair_id TEXT NOT NULL,
    response_id TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (annotator, pair_id, response_id)
) WITHOUT ROWID;

-- How unsure a model is about a pair, 0 to 1, by where the score came from.
CREATE TABLE unsureness (
    pair_id TEXT NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (pair_id, source)
) WITHOUT ROWID;
CREATE INDEX unsureness_highest ON unsureness(source, score)
"""
