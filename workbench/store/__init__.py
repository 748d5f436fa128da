"""The project's SQLite file: the only package with SQL.

`Project` is the way in; its parts (`pairs`, `labels`, `runs`, …) hold the queries of one subject.
Reading data files into a project and writing them out is in `workbench.exchange`.
"""

# First: the others import sqlite-utils, and get the one that is loaded here.
import workbench.store.lean_sqlite_utils  # noqa: F401  # isort: skip
from workbench.store.project import Project

__all__ = ["Project"]
