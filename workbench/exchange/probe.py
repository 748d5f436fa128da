"""A look at what is to be imported: its form, its columns, its first rows as they would come in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.core.conversation import plain_text
from workbench.core.errors import DataFileError
from workbench.core.preferences import Choice
from workbench.exchange.sources import Source, files_of, source_name
from workbench.exchange.stage import records_of
from workbench.formats.catalogue import form_named, forms_that_fit, nearest_form
from workbench.formats.files.open_file import open_file
from workbench.formats.files.row_file import RawRow
from workbench.formats.form import Form
from workbench.formats.records import (
    BadRowError,
    PairRecord,
    PromptRecord,
    RowProblem,
    UnpairedRecord,
)
from workbench.formats.roles import Role
from workbench.modelfiles.hub import OnDownload

_ROWS_LOOKED_AT = 50
_SAMPLE_CHARACTERS = 80
# Whole files up to this size are counted, larger ones estimated by the length of the first rows.
_COUNTED_BYTES = 4 * 2**20
_ROWS_MEASURED = 5000


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column of the file, and the beginning of the first value in it."""

    name: str
    sample: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it would come in.

    Pairs have `first`, `second` and perhaps a `choice`; examples and judged answers have `first`;
    a prompt has `answer` where one can be checked.
    """

    line: int
    prompt: str
    first: str = ""
    second: str = ""
    choice: Choice | None = None
    desirable: bool | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found out; nothing is imported yet. See the fields' comments."""

    source: Source
    name: str  # for the data set
    files: tuple[Path, ...]  # empty for pasted text
    form: Form  # what it is read as
    other_forms: tuple[Form, ...]  # what it could also be read as, likeliest first
    columns: tuple[FoundColumn, ...]
    mapping: dict[Role, str]  # guessed, or as given
    missing: tuple[Role, ...]  # roles that the form needs and no column has
    preview: tuple[PreviewRow, ...]
    problems: tuple[RowProblem, ...]  # of the rows looked at
    row_estimate: int | None  # exact for small files
    size_bytes: int


def probe(
    source: Source,
    *,
    form: str | None = None,
    mapping: Mapping[Role, str] | None = None,
    row_limit: int = 20,
    on_download: OnDownload = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Probe:
    """Look at the first rows. `form` and `mapping` say what a person put right.

    A data set of the hub is fetched first, which may take long. Raises KnownError for what can't
    be opened or holds no row at all.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = files_of(source, Path(folder), on_download, cancelled)
        found = look(files[0], form, mapping, max(row_limit, _ROWS_LOOKED_AT))
        row_estimate = _estimate_rows(files)
        size_bytes = sum(path.stat().st_size for path in files)
    preview, problems = _preview(found, found.rows[:row_limit], files[0].name)
    return Probe(
        source=source,
        name=source_name(source),
        files=files if isinstance(source, Path) else (),
        form=found.form,
        other_forms=tuple(each for each in found.fitting if each is not found.form),
        columns=found.columns,
        mapping=found.mapping,
        missing=found.missing,
        preview=preview,
        problems=problems,
        row_estimate=row_estimate,
        size_bytes=size_bytes,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """What the first rows of a file tell."""

    rows: tuple[RawRow, ...]
    form: Form
    fitting: tuple[Form, ...]
    columns: tuple[FoundColumn, ...]
    mapping: dict[Role, str]

    @property
    def missing(self) -> tuple[Role, ...]:
        return self.form.missing(self.mapping)


def look(
    path: Path,
    form: str | None,
    mapping: Mapping[Role, str] | None,
    row_count: int = _ROWS_LOOKED_AT,
) -> Look:
    """Settle form and mapping by the first rows of a file; raises KnownError if none is good."""
    rows = tuple(islice(open_file(path).rows(), row_count))
    good = [row.fields for row in rows if row.fields is not None]
    if not good:
        reason = f"line {rows[0].line} {rows[0].reason}" if rows else "there are no rows in it"
        raise DataFileError(path, f"{reason}.")
    fitting = forms_that_fit(good)
    chosen = form_named(form) if form else fitting[0] if fitting else nearest_form(good)
    columns = _columns(chosen, good)
    used = dict(mapping) if mapping is not None else chosen.guess(each.name for each in columns)
    return Look(rows, chosen, tuple(fitting), columns, used)


def _preview(
    found: Look, rows: Sequence[RawRow], file: str
) -> tuple[tuple[PreviewRow, ...], tuple[RowProblem, ...]]:
    preview: list[PreviewRow] = []
    problems = []
    for row in rows:
        try:
            if row.fields is None or not found.missing:
                records = records_of(found.form, found.mapping, row)
                preview += (_preview_row(row.line, record) for record in records)
        except BadRowError as error:
            problems.append(RowProblem(file, row.line, error.column, error.reason))
    return tuple(preview), tuple(problems)


def _preview_row(line: int, record: Any) -> PreviewRow:
    prompt = plain_text(record.prompt)
    if isinstance(record, PairRecord):
        return PreviewRow(line, prompt, record.first, record.second, record.choice)
    if isinstance(record, PromptRecord):
        return PreviewRow(line, prompt, answer=record.answer or "")
    desirable = record.desirable if isinstance(record, UnpairedRecord) else None
    return PreviewRow(line, prompt, record.completion, desirable=desirable)


def _columns(form: Form, rows: Sequence[Mapping[str, Any]]) -> tuple[FoundColumn, ...]:
    samples: dict[str, str] = {}
    for row in rows:
        for name, value in form.unfolded(row).items():
            if value not in (None, "") or name not in samples:
                samples[name] = samples.get(name) or _sample(value)
    return tuple(FoundColumn(name, sample) for name, sample in samples.items())


def _sample(value: Any) -> str:
    text = " ".join(str(value)[: 4 * _SAMPLE_CHARACTERS].split()) if value is not None else ""
    return text if len(text) <= _SAMPLE_CHARACTERS else text[: _SAMPLE_CHARACTERS - 1] + "…"


def _estimate_rows(files: Sequence[Path]) -> int | None:
    """How many rows there are: counted in small files, else told from the length of the first."""
    sizes = [path.stat().st_size for path in files]
    if sum(sizes) <= _COUNTED_BYTES:
        return sum(sum(1 for _ in open_file(path).rows()) for path in files)
    file = open_file(files[0])
    rows = file.rows()  # kept: once it ends, all of the file counts as read
    count = sum(1 for _ in islice(rows, _ROWS_MEASURED))
    share = file.share()
    return round(count / share * sum(sizes) / sizes[0]) if share else None
