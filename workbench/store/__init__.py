"""The project's SQLite file: the only package with SQL.

`Project` is the way in; its parts (`pairs`, `labels`, `runs`, …) hold the queries of one subject.
"""

from workbench.store.project import Project

__all__ = ["Project"]
