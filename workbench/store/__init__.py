"""The project's SQLite file: the only package with SQL.

`Project` is the way in; its parts (`pairs`, `labels`, `runs`, …) hold the queries of one subject.
Reading data files into a project and writing them out is in `workbench.exchange`.
"""

from workbench.store.project import Project

__all__ = ["Project"]
