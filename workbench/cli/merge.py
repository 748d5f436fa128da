"""Two annotators' copies of a project become one."""

from __future__ import annotations

from pathlib import Path

from workbench.exchange.merge_projects import merge_project
from workbench.store.project import Project


def merge(other: Path, folder: Path) -> int:
    """Bring the copy in `other` into the project in `folder`; raises KnownError."""
    with Project.open(folder) as project:
        merged = merge_project(project, other)
    people = f", by {', '.join(merged.annotators)}" if merged.annotators else ""
    thrown = f", and {merged.thrown} rows went into the bin" if merged.thrown > 0 else ""
    print(
        f"{merged.verdicts} verdicts, {merged.pairs} pairs and {merged.datasets} data sets are new"
        f" in {folder.name}{thrown}. The other copy holds verdicts{people or ' of nobody'}."
    )
    return 0
