"""How a project is labelled, as it is kept in its table of settings."""

from __future__ import annotations

import json
import sqlite3

import sqlite_utils

from workbench.core.labelling import LabelSettings

_KEY = "labelling"


def read_label_settings(db: sqlite3.Connection | sqlite_utils.Database) -> LabelSettings:
    """The settings of the project; the usual ones where none were saved."""
    row = db.execute("SELECT value FROM project WHERE key = ?", (_KEY,)).fetchone()
    return LabelSettings.from_json(json.loads(row[0])) if row else LabelSettings()


def write_label_settings(db: sqlite_utils.Database, settings: LabelSettings) -> None:
    """Save the settings, on the connection that writes."""
    row = {"key": _KEY, "value": json.dumps(settings.to_json())}
    db.table("project").upsert(row, pk="key")
