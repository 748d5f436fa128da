"""Base models that the project knows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlite_utils

from workbench.core.ids import new_id
from workbench.store.database import Database
from workbench.store.rows import ModelRow


class Models:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, source: str, path: Path, details: Mapping[str, object]) -> ModelRow:
        """Remember a model; one with the same folder is brought up to date."""

        def change(db: sqlite_utils.Database) -> ModelRow:
            row: dict[str, object] = {
                "name": name,
                "source": source,
                "path": str(path),
                "details": json.dumps(details, ensure_ascii=False),
            }
            found = list(db["models"].rows_where("path = ?", [str(path)], limit=1))
            if found:
                db.table("models").update(found[0]["id"], row)
                return _model({**found[0], **row})
            row |= {"id": new_id(), "added_at": time.time()}
            db.table("models").insert(row)
            return _model(row)

        return self._database.write(change)

    def remove(self, model_id: str) -> None:
        """Forget a model, unless it is forgotten already; its folder is left alone."""
        self._database.write(lambda db: db.table("models").delete_where("id = ?", [model_id]))

    def all(self) -> list[ModelRow]:
        """Every model, in the order in which they were added."""

        def query(db: sqlite_utils.Database) -> list[ModelRow]:
            return [_model(row) for row in db["models"].rows_where(order_by="added_at, id")]

        return self._database.read(query)


def _model(row: Mapping[str, Any]) -> ModelRow:
    return ModelRow(
        id=row["id"],
        name=row["name"],
        source=row["source"],
        path=Path(row["path"]),
        details=json.loads(row["details"]),
    )
