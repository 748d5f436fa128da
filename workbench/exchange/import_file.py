"""Reading a data file into a project: all of it, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from workbench.core.errors import DataFileError, ProjectError
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.formats.comparisons import read_comparisons
from workbench.formats.detect import FileKind, detect_kind
from workbench.formats.prompts import read_prompts
from workbench.formats.trl_preference import read_preferences
from workbench.formats.trl_supervised import read_supervised
from workbench.store import Project
from workbench.store.rows import Dataset, NewExample, NewPair, NewPrompt

Progress = Callable[[int], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a file does not say by itself.

    `ask_again` leaves the pairs of a preference file to be labelled; `held_out` keeps every prompt
    of the file out of all training; `name` is the file's name unless given.
    """

    name: str | None = None
    ask_again: bool = False
    held_out: bool = False


class Cancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """Raised by a progress callback to give an import up; nothing of it stays."""


def import_file(
    project: Project,
    path: Path,
    options: ImportOptions | None = None,
    on_progress: Progress | None = None,
) -> Dataset:
    """Read `path` into the project as one data set and return it.

    `on_progress` is told the number of rows read so far, on the store's thread.
    Raises DataFileError for a file that can't be read (the project stays as it was) and
    ProjectError when the same file is there already.
    """
    options = options or ImportOptions()
    kind = detect_kind(path)
    sha256 = file_sha256(path)
    known = project.datasets.with_sha256(sha256)
    if known is not None:
        raise ProjectError(
            f"{path.name} is already in this project, as “{known.name}”: nothing was imported."
        )
    name = options.name or path.stem
    where = {"source": str(path), "sha256": sha256}
    if kind is FileKind.SUPERVISED:
        examples = _counted(_examples(path, options), on_progress)
        return project.datasets.add_examples(name, examples, **where)
    if kind is FileKind.PROMPTS:
        prompts = _counted(_prompts(path, options), on_progress)
        return project.datasets.add_prompts(name, prompts, **where)
    pairs = _counted(_pairs(path, kind, options), on_progress)
    source = "import" if options.ask_again else _verdict_source(path, kind)
    return project.datasets.add_pairs(name, pairs, verdict_source=source, **where)


def file_sha256(path: Path) -> str:
    """Hex digest of the file's content; raises DataFileError when it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataFileError(path, f"it can't be read ({error.strerror}).") from error


def _pairs(path: Path, kind: FileKind, options: ImportOptions) -> Iterator[NewPair]:
    split = Split.HELD_OUT if options.held_out else Split.TRAIN
    unknown = Origin(OriginKind.IMPORTED, note=path.name)
    if kind is FileKind.COMPARISON:
        for row in read_comparisons(path):
            origins = row.first_origin or unknown, row.second_origin or unknown
            yield NewPair(row.prompt, row.first, row.second, *origins, None, split)
        return
    choice = None if options.ask_again else Choice.FIRST
    for preference in read_preferences(path):
        example = preference.example
        yield NewPair(
            prompt=example.prompt,
            first=example.chosen,
            second=example.rejected,
            first_origin=preference.chosen_origin or unknown,
            second_origin=preference.rejected_origin or unknown,
            choice=choice,
            split=split,
        )


def _verdict_source(path: Path, kind: FileKind) -> str:
    """Whose verdicts a preference file holds: a rule's where it says so, else the file's."""
    if kind is not FileKind.PREFERENCE:
        return "import"
    first = next(iter(read_preferences(path)))
    return "rule" if first.verdict_source == "rule" else "import"


def _examples(path: Path, options: ImportOptions) -> Iterator[NewExample]:
    split = Split.HELD_OUT if options.held_out else Split.TRAIN
    for row in read_supervised(path):
        yield NewExample(row.example.prompt, row.example.completion, split)


def _prompts(path: Path, options: ImportOptions) -> Iterator[NewPrompt]:
    for row in read_prompts(path):
        split = Split.HELD_OUT if options.held_out else row.split
        check = row.check.value if row.check else None
        yield NewPrompt(row.prompt, split, row.answer, check)


def _counted(rows: Iterable[T], on_progress: Progress | None) -> Iterator[T]:
    for count, row in enumerate(rows, start=1):
        if on_progress is not None and count % 200 == 0:
            on_progress(count)
        yield row
