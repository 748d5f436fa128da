"""What a file is, before anything of it is imported. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.formats.detect import FileKind, detect_kind


@dataclass(frozen=True, slots=True)
class FileProbe:
    path: Path
    kind: FileKind
    row_count: int


def probe(path: Path) -> FileProbe:
    """Tell the kind from the first rows and count all; raises DataFileError."""
    kind = detect_kind(path)
    with path.open("rb") as file:
        row_count = sum(1 for line in file if line.strip())
    return FileProbe(path, kind, row_count)
