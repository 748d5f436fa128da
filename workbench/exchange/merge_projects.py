"""Two annotators' copies of a project become one."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import ProjectError
from workbench.store import Project
from workbench.store.merge import Merge, Merged, present_copy


def merge_project(project: Project, folder: Path) -> Merged:
    """Bring the data, verdicts and votes of the project in `folder` into `project`.

    The other project is only read; it may be open elsewhere. Merging it again adds nothing.
    Raises ProjectError where it can't be read, was made by a newer version, or is this one.
    """
    if folder.resolve() == project.folder.resolve():
        raise ProjectError("This is the project that is open: choose the other copy.")
    with present_copy(folder) as copy:
        # Opening brings the copy to the present schema, or says why that can't be.
        with Project.open(copy) as theirs:
            path = theirs.database.path
        return Merge(project.database, path).run()
