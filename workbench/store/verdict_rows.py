"""Verdicts as rows: writing one with its details, and reading it back."""

from __future__ import annotations

import json
from typing import Any

import sqlite_utils

from workbench.core.preferences import Choice, Span, Strength, Verdict, VerdictDetails

NOT_TAKEN_BACK = (
    "NOT EXISTS (SELECT 1 FROM verdicts u WHERE u.replaces = verdicts.id AND u.choice IS NULL)"
)

_INSERT_VERDICT = """
    INSERT INTO verdicts (id, pair_id, annotator, choice, shown_left, strength, elapsed_s,
        created_at, replaces, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_DETAILS = """
    INSERT INTO verdict_details (verdict_id, picked_by, score_source, unsureness, flag, note, tags)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_STAND = """
    INSERT INTO standing (pair_id, annotator, verdict_id, choice, source) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (pair_id, annotator) DO UPDATE SET verdict_id = excluded.verdict_id,
        choice = excluded.choice, source = excluded.source
"""


def insert_verdict(db: sqlite_utils.Database, verdict: Verdict) -> None:
    """Append to the history and bring `standing` up to date; inside the caller's transaction.

    A pair that was shown again (`repeat`) only tests the annotator: what stands, stays.
    """
    db.execute(
        _INSERT_VERDICT,
        (
            verdict.id, verdict.pair_id, verdict.annotator,
            verdict.choice.value if verdict.choice else None, verdict.shown_left.value,
            int(verdict.strength) if verdict.strength else None, verdict.elapsed_s,
            verdict.created_at, verdict.replaces, verdict.source,
        ),
    )  # fmt: skip
    if verdict.details is not None:
        _insert_details(db, verdict.id, verdict.details)
    if verdict.source == "repeat":
        return
    if verdict.choice is None:
        restore_standing(db, verdict.pair_id, verdict.annotator)
        return
    row = (verdict.pair_id, verdict.annotator, verdict.id, verdict.choice.value, verdict.source)
    db.execute(_STAND, row)


def restore_standing(db: sqlite_utils.Database, pair_id: str, annotator: str) -> None:
    """Let the newest verdict that was not taken back stand; none, if there is none."""
    sql = f"""
        SELECT id, choice, source FROM verdicts
        WHERE pair_id = ? AND annotator = ? AND choice IS NOT NULL AND source != 'repeat'
            AND {NOT_TAKEN_BACK} ORDER BY id DESC LIMIT 1
    """
    row = db.execute(sql, (pair_id, annotator)).fetchone()
    if row is None:
        db.execute("DELETE FROM standing WHERE pair_id = ? AND annotator = ?", (pair_id, annotator))
    else:
        db.execute(_STAND, (pair_id, annotator, *row))


def verdict_of_row(row: dict[str, Any], details: VerdictDetails | None = None) -> Verdict:
    return Verdict(
        id=row["id"],
        pair_id=row["pair_id"],
        annotator=row["annotator"],
        choice=Choice(row["choice"]) if row["choice"] else None,
        shown_left=Choice(row["shown_left"]),
        created_at=row["created_at"],
        elapsed_s=row["elapsed_s"],
        strength=Strength(row["strength"]) if row["strength"] else None,
        replaces=row["replaces"],
        source=row["source"],
        details=details,
    )


def details_of(db: sqlite_utils.Database, verdict_id: str) -> VerdictDetails | None:
    """What came with a verdict, or None."""
    sql = """
        SELECT picked_by, score_source, unsureness, flag, note, tags FROM verdict_details
        WHERE verdict_id = ?
    """
    row = db.execute(sql, (verdict_id,)).fetchone()
    if row is None:
        return None
    aspects = db.execute(
        "SELECT aspect, choice FROM verdict_aspects WHERE verdict_id = ?", (verdict_id,)
    )
    spans = db.execute(
        "SELECT response_id, start_char, end_char, text, is_good FROM verdict_spans"
        " WHERE verdict_id = ? ORDER BY response_id, start_char",
        (verdict_id,),
    )
    return VerdictDetails(
        picked_by=row[0],
        score_source=row[1],
        unsureness=row[2],
        flag=row[3],
        note=row[4],
        tags=tuple(json.loads(row[5])),
        aspects={aspect: Choice(choice) for aspect, choice in aspects.fetchall()},
        spans=tuple(
            Span(response_id, start, end, text, bool(is_good))
            for response_id, start, end, text, is_good in spans.fetchall()
        ),
    )


def _insert_details(db: sqlite_utils.Database, verdict_id: str, details: VerdictDetails) -> None:
    tags = json.dumps(details.tags, ensure_ascii=False)
    db.execute(
        _INSERT_DETAILS,
        (
            verdict_id, details.picked_by, details.score_source, details.unsureness, details.flag,
            details.note, tags,
        ),
    )  # fmt: skip
    for aspect, choice in details.aspects.items():
        db.execute(
            "INSERT INTO verdict_aspects VALUES (?, ?, ?)", (verdict_id, aspect, choice.value)
        )
    for span in details.spans:
        db.execute(
            "INSERT OR IGNORE INTO verdict_spans VALUES (?, ?, ?, ?, ?, ?)",
            (verdict_id, span.response_id, span.start, span.end, span.text, int(span.is_good)),
        )
