"""Errors whose cause a person can do something about.

Anything that is not a `KnownError` is a bug of ours and is shown with an offer to report it.
"""

from __future__ import annotations

from pathlib import Path


class KnownError(Exception):
    """A problem outside our code: says what is wrong, where, and what to do next.

    The message is one readable sentence (or two short ones); it is shown to people as it is.
    """


class DataFileError(KnownError):
    """A data file has a row, or a shape, that can't be read."""

    def __init__(self, path: Path | str, problem: str, *, line: int | None = None) -> None:
        where = f"{Path(path).name}, line {line}" if line is not None else Path(path).name
        super().__init__(f"{where}: {problem}")
        self.path = Path(path)
        self.line = line
        self.problem = problem


class ModelFolderError(KnownError):
    """A folder does not hold a model that can be loaded safely."""


class ProjectError(KnownError):
    """A project can't be opened, created or changed as asked."""


class RunError(KnownError):
    """A run can't be started, steered or resumed as asked."""
