"""Data files into a staging file: every good row, with the bad ones told and kept apart.

Nothing of the project is touched here, so that another process can do it (`stage_process.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.core.preferences import Choice, Split
from workbench.formats.catalogue import form_named
from workbench.formats.fields import Fields
from workbench.formats.files.open_file import open_file
from workbench.formats.files.row_file import RawRow
from workbench.formats.form import Form
from workbench.formats.records import (
    BadRowError,
    ExampleRecord,
    PairRecord,
    PromptRecord,
    Record,
    RowProblem,
)
from workbench.formats.roles import Role
from workbench.store.staging import StagedVerdict, Staging

PROBLEMS_KEPT = 1000
_REPORT_EVERY_S = 0.1
_ROWS_BETWEEN_LOOKS = 128
# By their own names: Python 3.11 takes five times as long to find a member of an enumeration.
_HELD_OUT, _SKIP = Split.HELD_OUT, Choice.SKIP


@dataclass(frozen=True, slots=True)
class StageJob:
    """What to read, as what, and where to put it. `rejects` gets the rows that can't be read."""

    files: tuple[Path, ...]
    form: str
    mapping: Mapping[Role, str]
    staging: Path
    rejects: Path
    ask_again: bool = False
    held_out: bool = False
    annotator: str | None = None


@dataclass(frozen=True, slots=True)
class StageProgress:
    rows: int
    share: float
    problem_count: int


@dataclass(frozen=True, slots=True)
class Staged:
    """What was read; `problems` are the first of them."""

    row_count: int
    problem_count: int
    problems: tuple[RowProblem, ...]


OnStaged = Callable[[StageProgress], None]


def stage(job: StageJob, on_progress: OnStaged = lambda _: None) -> Staged:
    """Read all files of the job; an exception that `on_progress` raises ends it.

    Raises DataFileError when there is a file of which nothing at all can be read.
    """
    with (
        closing(Staging(job.staging)) as staging,
        job.rejects.open("w", encoding="utf-8", newline="\n") as rejects,
    ):
        reader = _Reader(job, staging, rejects, on_progress)
        for number, path in enumerate(job.files):
            reader.read_file(path, number)
        staging.finish()
        return Staged(staging.row_count, reader.problem_count, tuple(reader.problems))


def records_of(form: Form, mapping: Mapping[Role, str], row: RawRow) -> list[Record]:
    """What a row becomes; raises BadRowError."""
    if row.fields is None:
        raise BadRowError(None, row.reason)
    try:
        records = list(form.read(Fields(form.unfolded(row.fields), mapping)))
    except RecursionError:
        raise BadRowError(None, "is nested too deeply to be read") from None
    if any(_says_nothing(record) for record in records):
        raise BadRowError(None, "both answers are empty")
    return records


def _says_nothing(record: Record) -> bool:
    """One empty answer is an answer that a model gave; of two nothing can be learnt."""
    if not isinstance(record, PairRecord):
        return False
    return not (record.first.strip() or record.second.strip())


class _Reader:
    """Rows of one job after the other into its staging file."""

    def __init__(
        self, job: StageJob, staging: Staging, rejects: IO[str], on_progress: OnStaged
    ) -> None:
        self.problems: list[RowProblem] = []
        self.problem_count = 0
        self._job = job
        self._form = form_named(job.form)
        self._staging = staging
        self._rejects = rejects
        self._on_progress = on_progress
        self._next_report = 0.0

    def read_file(self, path: Path, number: int) -> None:
        file = open_file(path)
        form, mapping, add = self._form, self._job.mapping, self._add
        for count, row in enumerate(file.rows()):
            try:
                for record in records_of(form, mapping, row):
                    add(record)
            except BadRowError as error:
                self._reject(path, row, error)
            if count % _ROWS_BETWEEN_LOOKS == 0:
                self._report((number + file.share()) / len(self._job.files))

    def _report(self, share: float) -> None:
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + _REPORT_EVERY_S
            self._on_progress(StageProgress(self._staging.row_count, share, self.problem_count))

    def _reject(self, path: Path, row: RawRow, error: BadRowError) -> None:
        problem = RowProblem(path.name, row.line, error.column, error.reason)
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)
        kept = {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "reason": problem.reason,
            "row": row.raw,
        }
        self._rejects.write(json.dumps(kept) + "\n")

    def _add(self, record: Record) -> None:
        split = _HELD_OUT if self._job.held_out else record.split
        add = self._staging.add
        if isinstance(record, PairRecord):
            add(
                record.prompt,
                split,
                texts=(record.first, record.second),
                origins=(record.first_origin, record.second_origin),
                verdicts=() if self._job.ask_again else self._verdicts(record),
            )
        elif isinstance(record, PromptRecord):
            check = record.check.value if record.check is not None else None
            add(record.prompt, split, answer=record.answer, check=check)
        elif isinstance(record, ExampleRecord):
            add(record.prompt, split, texts=(record.completion,), origins=(record.origin,))
        else:
            add(
                record.prompt,
                split,
                texts=(record.completion,),
                origins=(record.origin,),
                desirable=record.desirable,
            )

    def _verdicts(self, record: PairRecord) -> list[StagedVerdict]:
        """A choice to skip is none; whoever is not named goes by where the verdict is from."""
        found = {}
        for each in record.judgements:
            source = "rule" if each.by_rule else "import"
            name = each.annotator or self._job.annotator or source
            strength = int(each.strength) if each.strength is not None else None
            if each.choice is not _SKIP:
                found[name] = (
                    each.choice, name, strength, each.created_at, each.elapsed_s, source
                )  # fmt: skip
        return list(found.values())
