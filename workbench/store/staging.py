"""Rows on their way into a project: a database file of their own, beside the project's.

Whoever reads a data file fills one of these, in another process if the file is large; nothing of
it is in the project yet. `imports.py` then copies it over, a few rows at a time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from workbench.core.conversation import Conversation, plain_text
from workbench.core.preferences import Choice, Origin, Split
from workbench.store.prompt_keys import encode_messages, prompt_key

# One row has so many ids of its own: its prompt, two answers, itself, and its verdicts.
IDS_PER_ROW = 64
MOST_VERDICTS = IDS_PER_ROW - 4
_ROWS_AT_ONCE = 2000
_CONTENT_BYTES = 16
_PAGE_BYTES = 32768
_WORDS = {choice: choice.value for choice in Choice}
_HELD_OUT = Split.HELD_OUT

_SCHEMA = """
CREATE TABLE rows (
    n INTEGER PRIMARY KEY,      -- from 1, in the order of the file
    messages TEXT NOT NULL, text TEXT,
    answer TEXT, answer_check TEXT,
    first TEXT, second TEXT, first_origin TEXT, second_origin TEXT, desirable INTEGER
);
CREATE TABLE verdicts (
    n INTEGER NOT NULL, place INTEGER NOT NULL, choice TEXT NOT NULL, annotator TEXT NOT NULL,
    strength INTEGER, created_at REAL NOT NULL, elapsed_s REAL, source TEXT NOT NULL,
    PRIMARY KEY (n, place)
) WITHOUT ROWID;
CREATE TABLE row_keys (n INTEGER PRIMARY KEY, key BLOB NOT NULL, held_out INTEGER NOT NULL);
-- Made once all rows are there: each prompt, the first row that has it, whether any holds it out.
CREATE TABLE keys (
    key BLOB PRIMARY KEY, n INTEGER NOT NULL, held_out INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE summary (row_count INTEGER, content TEXT);
"""
_INSERT_ROW = f"INSERT INTO rows VALUES ({', '.join('?' * 10)})"
_INSERT_VERDICT = "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_KEY = "INSERT INTO row_keys VALUES (?, ?, ?)"

StagedVerdict = tuple[Choice, str, int | None, float | None, float | None, str]


class Staging:
    """A staging file being written. Leave the `with` block normally to have it complete."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        # Thrown away if anything goes wrong, so nothing of it must survive a crash.
        self._db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._rows: list[tuple[object, ...]] = []
        self._verdicts: list[tuple[object, ...]] = []
        self._keys: list[tuple[int, bytes, bool]] = []
        self._content = 0
        self._now = time.time()
        self.row_count = 0

    def add(
        self,
        prompt: Conversation,
        split: Split,
        *,
        texts: Sequence[str] = (),
        origins: Sequence[Origin | None] = (),
        verdicts: Sequence[StagedVerdict] = (),
        desirable: bool | None = None,
        answer: str | None = None,
        check: str | None = None,
    ) -> None:
        """Add a row: one prompt, up to two texts with their origins, and what was said of them."""
        self.row_count = n = self.row_count + 1
        messages = encode_messages(prompt)
        key = prompt_key(messages)
        first = texts[0] if texts else None
        second = texts[1] if len(texts) > 1 else None
        first_origin = _origin_json(origins[0]) if origins else None
        second_origin = _origin_json(origins[1]) if len(origins) > 1 else None
        self._keys.append((n, key, split is _HELD_OUT))
        self._rows.append(
            (n, messages, plain_text(prompt), answer, check,
             first, second, first_origin, second_origin, desirable)
        )  # fmt: skip
        said = ""
        for place, verdict in enumerate(verdicts[:MOST_VERDICTS]):
            choice, annotator, strength, created_at, elapsed_s, source = verdict
            moment = self._now if created_at is None else created_at
            self._verdicts.append(
                (n, place, _WORDS[choice], annotator, strength, moment, elapsed_s, source)
            )
            said += f"{_WORDS[choice]} {annotator}\n"
        self._content += _hash(f"{messages}\0{first}\0{second}\0{desirable}\0{answer}\0{said}")
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def finish(self) -> None:
        """Write the rest, find equal prompts, and close the file."""
        self._flush()
        self._db.execute(
            "INSERT INTO keys SELECT key, min(n), max(held_out)"
            " FROM row_keys GROUP BY key ORDER BY key"
        )
        content = f"{self._content % (1 << 8 * _CONTENT_BYTES):032x}"
        self._db.execute("INSERT INTO summary VALUES (?, ?)", [self.row_count, content])
        self._db.execute("COMMIT")
        self._db.close()

    def close(self) -> None:
        """Give up without completing the file; does nothing after `finish`."""
        self._db.close()

    def _flush(self) -> None:
        self._db.executemany(_INSERT_ROW, self._rows)
        self._db.executemany(_INSERT_VERDICT, self._verdicts)
        self._db.executemany(_INSERT_KEY, self._keys)
        self._rows.clear()
        self._verdicts.clear()
        self._keys.clear()


def staged_content(path: Path) -> tuple[int, str]:
    """How many rows a finished staging file holds, and what stands for them in whatever order."""
    db = sqlite3.connect(path)
    try:
        count, content = db.execute("SELECT row_count, content FROM summary").fetchone()
    finally:
        db.close()
    return int(count), str(content)


def _origin_json(origin: Origin | None) -> str | None:
    return None if origin is None else json.dumps(origin.to_json(), ensure_ascii=False)


def _hash(row: str) -> int:
    digest = hashlib.blake2b(row.encode("utf-8"), digest_size=_CONTENT_BYTES).digest()
    return int.from_bytes(digest, "big")
