"""Writing a project's rows as any data form, filtered, and parted into train and held out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import KnownError, ProjectError
from workbench.core.preferences import Split, Strength
from workbench.exchange.export_rows import Placed, Rows, Wanted
from workbench.formats.catalogue import FORMS, form_named
from workbench.formats.files.write_file import file_ending, write_file
from workbench.formats.form import Form
from workbench.formats.records import BadRowError, Kind, PairRecord, PromptRecord, Record
from workbench.formats.roles import Role
from workbench.formats.verdicts import provenance, winner_first
from workbench.store import Project
from workbench.store.reading import Stopped

_HELD_OUT = "held out: write train and held out as two files to have these"
_IN_OTHER_FILE = "in the held-out part, so that none may train: ask for a smaller share"
_REPORT_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to write; see the fields' comments.

    Without `held_out_fraction` one file is written, and of held-out prompts only a form of prompts
    tells anything: it marks them. With it two are, NAME.train.EXT and NAME.held_out.EXT: of the
    prompts that are not held out yet this share is, the same ones each time.
    """

    form: str = "trl-preference"
    dataset_ids: tuple[str, ...] = ()  # none: all
    min_strength: Strength | None = None  # of the winner, as its supporters say
    min_agreement: float | None = None  # share of verdicts, 0 to 1, that agree with the majority
    annotators: tuple[str, ...] = ()  # only their verdicts count; none: everybody's
    provenance: bool = True  # who said what and when, and where answers came from
    held_out_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class ExportReport:
    """`rows` and `held_out_rows` are those of the two files, `told_rows` the project's rows that
    they tell (of a pair some forms make two); `left_out` counts the project's others by reason.
    """

    files: tuple[Path, ...]
    rows: int
    held_out_rows: int = 0
    told_rows: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def read_rows(self) -> int:
        """Every row of the project that was looked at."""
        return self.told_rows + sum(self.left_out.values())


class ExportCancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The export was given up; files that were there are as they were."""


def writable_forms() -> tuple[Form, ...]:
    """The forms that an export can write."""
    return tuple(form for form in FORMS if form.can_write)


def export_data(
    project: Project,
    path: Path,
    options: ExportOptions | None = None,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ExportReport:
    """Write what the options ask for; the kind of file is told by the end of its name.

    `on_progress` hears how many rows are written. Raises ProjectError when there is nothing to
    write, DataFileError when the file can't be written, ExportCancelled. An existing file is
    replaced whole or left as it was.
    """
    options = options or ExportOptions()
    form = form_named(options.form)
    if not form.can_write:
        names = ", ".join(each.name for each in writable_forms())
        raise KnownError(f"{form.title} is only read here: choose one of {names}.")
    file_ending(path)
    try:
        return _Export(project, path, form, options, on_progress, cancelled).run()
    except Stopped:
        raise ExportCancelled from None


class _Export:
    """One export. Rows are read once for each file."""

    def __init__(
        self,
        project: Project,
        path: Path,
        form: Form,
        options: ExportOptions,
        on_progress: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._path = path
        self._form = form
        self._options = options
        self._on_progress = on_progress
        self._cancelled = cancelled
        wanted = Wanted(options.min_strength, options.min_agreement, options.annotators)
        self._rows = Rows(project, form, wanted, cancelled)
        self._unwritable: Counter[str] = Counter()
        self._written = 0
        self._told = 0
        self._next_report = 0.0

    def run(self) -> ExportReport:
        fraction = self._options.held_out_fraction
        if fraction is None:
            only_marked = self._form.kind is Kind.PROMPTS
            rows = self._write(self._path, lambda each: only_marked or not each.is_held_out)
            return ExportReport((self._path,), rows, 0, self._told, self._left_out())
        train, held_out = _part(self._path, "train"), _part(self._path, "held_out")
        rows = self._write(train, lambda each: not _is_apart(each, fraction))
        held_out_rows = self._write(
            held_out, lambda each: _is_apart(each, fraction), may_be_none=True
        )
        left_out = self._left_out()
        left_out.pop(_IN_OTHER_FILE, None)
        return ExportReport((train, held_out), rows, held_out_rows, self._told, left_out)

    def _write(
        self, path: Path, is_wanted: Callable[[Placed], bool], *, may_be_none: bool = False
    ) -> int:
        rows = self._fields(is_wanted)
        first = next(rows, None)
        if first is None and not may_be_none:
            raise ProjectError(self._why_nothing())
        return write_file(path, _with_first(first, rows))

    def _fields(self, is_wanted: Callable[[Placed], bool]) -> Iterator[dict[str, Any]]:
        for placed in self._rows.all(self._options.dataset_ids):
            if self._cancelled():
                raise ExportCancelled
            if not is_wanted(placed):
                is_one_file = self._options.held_out_fraction is None
                self._unwritable[_HELD_OUT if is_one_file else _IN_OTHER_FILE] += 1
                continue
            try:
                written = [self._row(self._oriented(record)) for record in placed.records]
            except BadRowError as error:
                self._unwritable[error.reason] += 1
                continue
            self._told += 1
            for row in written:
                self._count()
                yield row

    def _row(self, record: Record) -> dict[str, Any]:
        assert self._form.write is not None
        fields = self._form.write(record)
        return fields | self._provenance(record) if self._options.provenance else fields

    def _oriented(self, record: Record) -> Record:
        has_chosen = any(column.role is Role.CHOSEN for column in self._form.columns)
        return winner_first(record) if has_chosen and isinstance(record, PairRecord) else record

    def _provenance(self, record: Record) -> dict[str, Any]:
        split = {"split": record.split.value} if record.split is Split.HELD_OUT else {}
        if isinstance(record, PromptRecord):
            return split
        if isinstance(record, PairRecord):
            return provenance(record, *self._side_names()) | split
        return split | ({"origin": record.origin.to_json()} if record.origin else {})

    def _side_names(self) -> tuple[str, str]:
        names = {column.role: column.names[0] for column in self._form.columns}
        if Role.CHOSEN in names:
            return names[Role.CHOSEN], names[Role.REJECTED]
        return names[Role.FIRST], names[Role.SECOND]

    def _count(self) -> None:
        self._written += 1
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + _REPORT_EVERY_S
            self._on_progress(self._written)

    def _left_out(self) -> dict[str, int]:
        return dict(self._rows.left_out + self._unwritable)

    def _why_nothing(self) -> str:
        reasons = self._left_out()
        if reasons:
            told = "; ".join(f"{count:,} {reason}" for reason, count in reasons.items())
            return f"There is nothing to export: of what was chosen, {told}."
        if self._form.kind is Kind.PREFERENCE:
            return "There are no labelled pairs to export yet: label some in Label first."
        return "There is nothing to export as this form yet: import or add some rows in Data."


def _is_apart(placed: Placed, fraction: float) -> bool:
    return placed.is_held_out or placed.place < fraction


def _with_first(
    first: dict[str, Any] | None, rows: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    if first is not None:
        yield first
        yield from rows


def _part(path: Path, part: str) -> Path:
    """`pairs.jsonl.gz` as `pairs.train.jsonl.gz`."""
    ending, packed = file_ending(path)
    whole = ending + (".gz" if packed else "")
    return path.with_name(f"{path.name[: -len(whole)]}.{part}{path.name[-len(whole) :]}")
