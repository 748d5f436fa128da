"""Bringing a source into a project: every good row of it, as one data set, or nothing at all.

Its files are read into a staging file first (by another process if they are large), and copied
from there in small pieces: see `store/imports.py`.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from workbench.core.errors import DataFileError, KnownError
from workbench.core.preferences import Origin, OriginKind
from workbench.core.python_process import stand_back_here
from workbench.exchange.probe import Look, look
from workbench.exchange.sources import (
    Source,
    files_of,
    files_sha256,
    shown_name,
    source_address,
    source_name,
)
from workbench.exchange.stage import Staged, StageJob, StageProgress, stage
from workbench.exchange.stage_process import stage_in_process
from workbench.formats.records import RowProblem
from workbench.formats.roles import Role, role_title
from workbench.modelfiles.hub import DownloadProgress, DownloadStoppedError
from workbench.store import Project
from workbench.store.landing import NewDataset
from workbench.store.rows import Dataset
from workbench.store.staging import staged_content

# Smaller files are read sooner than another process has started.
_OTHER_PROCESS_FROM_BYTES = 256 * 1024
# How much of the time goes by while a file is read; the rest is for storing.
_READING_SHARE = 0.45
# Before so much is done, what remains can't be told from it.
_TELLING_SHARE = 0.02
_REJECTS_ENDING = ".rejected.jsonl"


class Stage(StrEnum):
    """What an import is doing."""

    FETCHING = "fetching"
    READING = "reading"
    STORING = "storing"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a source does not say by itself; see the fields' comments."""

    name: str | None = None  # else the source's
    form: str | None = None  # else the likeliest
    mapping: Mapping[Role, str] | None = None  # else guessed
    ask_again: bool = False  # leave decided pairs to be labelled here
    held_out: bool = False  # keep all its prompts out of training
    even_again: bool = False  # although the same rows are in the project already
    annotator: str | None = None  # whose verdicts they are, where rows name nobody


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """`share` is what is done, 0 to 1: of the download while that goes on, then of all the rest.

    `remaining_s` is None as long as it can't be told.
    """

    stage: Stage
    rows: int
    share: float
    remaining_s: float | None
    problem_count: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`problems` are the first 1,000 of the rows that did not come in."""

    dataset: Dataset
    problems: tuple[RowProblem, ...]
    problem_count: int
    elapsed_s: float


class ImportCancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The import was given up; nothing of it stays."""


class AlreadyImportedError(KnownError):
    """The same file, or the same rows in another file, are in the project as `dataset`."""

    def __init__(self, name: str, what: str, dataset: Dataset) -> None:
        super().__init__(
            f"{name} is already in this project, as “{dataset.name}”: {what}. Nothing was imported."
        )
        self.dataset = dataset


class NothingImportedError(KnownError):
    """No row of the source could be read; `problems` says why of the first."""

    def __init__(self, problems: tuple[RowProblem, ...]) -> None:
        first = f" {problems[0]}" if problems else ""
        super().__init__(f"No row could be read, so nothing was imported.{first}")
        self.problems = problems


OnImport = Callable[[ImportProgress], None]


def import_source(
    project: Project,
    source: Source,
    options: ImportOptions | None = None,
    *,
    on_progress: OnImport = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Read a source into the project as one data set. Callbacks come on the calling thread.

    Raises ImportCancelled, AlreadyImportedError, NothingImportedError, and other KnownErrors for
    what can't be opened or stored; the project is then as it was.
    """
    run = _Import(project, source, options or ImportOptions(), on_progress, cancelled)
    return run.run()


def same_content(project: Project, source: Path) -> Dataset | None:
    """The data set that was read from a file, or folder, with this very content, or None."""
    return project.datasets.with_sha256(files_sha256(files_of(source, project.imports.folder)))


def has_rejects(project: Project, dataset_id: str) -> bool:
    """Whether rows of the data set's source did not come in, and are kept."""
    return _rejects_path(project, dataset_id).is_file()


def save_rejects(project: Project, dataset_id: str, path: Path) -> int:
    """Write the rows that did not come in, one JSON object a line; returns how many.

    Each has `file`, `line`, `column`, `reason`, and `row`: its text as it stood in the file.
    Raises DataFileError when the place can't be written.
    """
    kept = _rejects_path(project, dataset_id)
    if not kept.is_file():
        raise KnownError("All rows of this data set came in: there are none to save.")
    try:
        shutil.copyfile(kept, path)
    except OSError as error:
        raise DataFileError(
            path, f"can't be written ({error.strerror}); choose another place."
        ) from error
    with kept.open("rb") as file:
        return sum(1 for _ in file)


class _Import:
    """One import from its beginning to its end."""

    def __init__(
        self,
        project: Project,
        source: Source,
        options: ImportOptions,
        on_progress: OnImport,
        cancelled: Callable[[], bool],
    ) -> None:
        self._project = project
        self._source = source
        self._shown_name = shown_name(source)
        self._options = options
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._started = self._started_counting = time.monotonic()
        self._stage_told: Stage | None = None
        self._staged = Staged(0, 0, ())
        self._sha256: Future[str] | None = None

    def run(self) -> ImportReport:
        with (
            tempfile.TemporaryDirectory() as paste_folder,
            _staging_names(self._project.imports.folder) as (staging, rejects),
            ThreadPoolExecutor(1, initializer=stand_back_here) as beside,
        ):
            files = self._fetch(Path(paste_folder))
            found = self._look(files)
            hashing = self._sha256 = beside.submit(files_sha256, files)
            self._staged = self._stage(files, found, staging, rejects)
            sha256 = hashing.result()
            self._refuse_known_file(sha256)
            self._refuse_known_rows(staging)
            dataset = self._store(staging, found, sha256)
            if self._staged.problem_count:
                rejects.replace(_rejects_path(self._project, dataset.id))
        elapsed_s = time.monotonic() - self._started
        return ImportReport(dataset, self._staged.problems, self._staged.problem_count, elapsed_s)

    def _fetch(self, folder: Path) -> tuple[Path, ...]:
        try:
            return files_of(self._source, folder, self._show_download, self._cancelled)
        except DownloadStoppedError:
            raise ImportCancelled from None

    def _show_download(self, progress: DownloadProgress) -> None:
        self._tell(Stage.FETCHING, 0, progress.done_bytes / max(1, progress.total_bytes))

    def _refuse_known_file(self, sha256: str) -> None:
        known = self._project.datasets.with_sha256(sha256)
        if known is not None and not self._options.even_again:
            raise AlreadyImportedError(self._shown_name, "it is the same file", known)

    def _look(self, files: tuple[Path, ...]) -> Look:
        """Settle form and mapping; raises KnownError when a needed column has no name."""
        found = look(files[0], self._options.form, self._options.mapping)
        if found.missing:
            titles = ", ".join(role_title(role) for role in found.missing)
            columns = ", ".join(column.name for column in found.columns)
            raise KnownError(
                f"{self._shown_name}: as {found.form.title} it lacks a column for {titles} (its"
                f" columns are {columns}): choose another form, or say which column it is."
            )
        return found

    def _stage(self, files: tuple[Path, ...], found: Look, staging: Path, rejects: Path) -> Staged:
        options = self._options
        job = StageJob(
            files, found.form.name, found.mapping, staging, rejects,
            options.ask_again, options.held_out, options.annotator,
        )  # fmt: skip
        if sum(path.stat().st_size for path in files) < _OTHER_PROCESS_FROM_BYTES:
            staged: Staged | None = stage(job, self._show_reading)
        else:
            staged = stage_in_process(job, self._show_reading, self._cancelled)
        if staged is None or self._cancelled():
            raise ImportCancelled
        if staged.row_count == 0:
            raise NothingImportedError(staged.problems)
        return staged

    def _refuse_known_rows(self, staging: Path) -> None:
        if self._options.even_again:
            return
        _, content = staged_content(staging)
        known = self._project.imports.with_content(content)
        if known is not None:
            raise AlreadyImportedError(self._shown_name, "it holds the same rows", known)

    def _store(self, staging: Path, found: Look, sha256: str) -> Dataset:
        origin = Origin(OriginKind.IMPORTED, note=self._shown_name)
        new = NewDataset(
            name=self._options.name or source_name(self._source),
            kind=found.form.kind.value,
            source=source_address(self._source),
            sha256=sha256,
            origin=json.dumps(origin.to_json(), ensure_ascii=False),
            form=found.form.name,
            rejected=self._staged.problem_count,
            mapping={role.value: column for role, column in found.mapping.items()},
        )
        dataset = self._project.imports.bring_in(
            staging, new, on_share=self._show_storing, cancelled=self._cancelled
        )
        if dataset is None:
            raise ImportCancelled
        return dataset

    def _show_reading(self, progress: StageProgress) -> None:
        if self._cancelled():
            raise ImportCancelled
        if self._sha256 is not None and self._sha256.done():
            self._refuse_known_file(self._sha256.result())  # no need to read it to its end
            self._sha256 = None
        self._staged = replace(self._staged, problem_count=progress.problem_count)
        self._tell(Stage.READING, progress.rows, _READING_SHARE * progress.share)

    def _show_storing(self, share: float) -> None:
        whole = _READING_SHARE + (1 - _READING_SHARE) * share
        self._tell(Stage.STORING, round(share * self._staged.row_count), whole)

    def _tell(self, stage: Stage, rows: int, share: float) -> None:
        if stage is not self._stage_told:
            self._stage_told = stage
            if stage is not Stage.STORING:  # whose share goes on from that of reading
                self._started_counting = time.monotonic()
        elapsed_s = time.monotonic() - self._started_counting
        remaining_s = elapsed_s * (1 - share) / share if share > _TELLING_SHARE else None
        self._on_progress(
            ImportProgress(stage, rows, share, remaining_s, self._staged.problem_count)
        )


@contextmanager
def _staging_names(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Names of the staging file and of the file of rejected rows; neither stays under its name."""
    stem = f"staging-{secrets.token_hex(8)}"
    staging, rejects = folder / f"{stem}.sqlite", folder / f"{stem}{_REJECTS_ENDING}"
    try:
        yield staging, rejects
    finally:
        staging.unlink(missing_ok=True)
        rejects.unlink(missing_ok=True)


def _rejects_path(project: Project, dataset_id: str) -> Path:
    return project.imports.folder / f"{dataset_id}{_REJECTS_ENDING}"
