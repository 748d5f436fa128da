"""Two answers to one prompt that nobody has judged yet.

{"prompt": "…" or [messages], "response_1": "…", "response_2": "…"}, and where they came from in
"origin_1" and "origin_2" if that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.conversation import Conversation, to_json
from workbench.core.preferences import Origin
from workbench.formats.jsonl import read_rows, write_rows


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One line; the order of the two responses says nothing of which is better."""

    line: int
    prompt: Conversation
    first: str
    second: str
    first_origin: Origin | None = None
    second_origin: Origin | None = None
    pair_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "prompt": to_json(self.prompt),
            "response_1": self.first,
            "response_2": self.second,
        }
        if self.first_origin is not None:
            row["origin_1"] = self.first_origin.to_json()
        if self.second_origin is not None:
            row["origin_2"] = self.second_origin.to_json()
        if self.pair_id is not None:
            row["pair_id"] = self.pair_id
        return row


def read_comparisons(path: Path) -> Iterator[ComparisonRow]:
    """Every row of the file; raises DataFileError that names the line."""
    for row in read_rows(path):
        yield ComparisonRow(
            line=row.line,
            prompt=row.prompt(),
            first=row.text("response_1"),
            second=row.text("response_2"),
            first_origin=row.origin("origin_1"),
            second_origin=row.origin("origin_2"),
            pair_id=row.optional_text("pair_id"),
        )


def write_comparisons(path: Path, rows: Iterable[ComparisonRow]) -> int:
    """Write one comparison a line, atomically; returns the number of rows."""
    return write_rows(path, (row.to_json() for row in rows))
