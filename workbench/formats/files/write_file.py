"""Writing rows as the kind of file that its name says, whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from workbench.core.atomic import sync_folder
from workbench.core.errors import DataFileError
from workbench.formats.files.parquet import write_parquet

WRITTEN_ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
_ROWS_THAT_NAME_COLUMNS = 1000

Rows = Iterable[Mapping[str, Any]]


def write_file(path: Path, rows: Rows) -> int:
    """Write beside and rename over `path`; returns the number of rows.

    Raises DataFileError for a kind of file that is not written here, or a place that can't be.
    """
    ending, packed = file_ending(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        count = write_parquet(beside, rows) if ending == ".parquet" else _write_text(
            beside, rows, _WRITERS[ending], packed
        )  # fmt: skip
        if beside.exists():
            beside.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise DataFileError(
            path, f"can't be written ({error.strerror}); choose another place."
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return count


def file_ending(path: Path) -> tuple[str, bool]:
    """`.jsonl` and the like, and whether it is packed; raises DataFileError for unknown ones."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    if packed:
        suffixes.pop()
    ending = suffixes[-1] if suffixes else ""
    if ending not in WRITTEN_ENDINGS or (packed and ending == ".parquet"):
        known = ", ".join(WRITTEN_ENDINGS)
        raise DataFileError(path, f"the name must end with one of {known}.")
    return ending, packed


def _write_text(path: Path, rows: Rows, write: Callable[[IO[str], Rows], int], packed: bool) -> int:
    with path.open("xb") as file:
        content = gzip.GzipFile("", "wb", fileobj=file, mtime=0) if packed else file
        text = io.TextIOWrapper(content, encoding="utf-8", newline="")
        count = write(text, rows)
        text.flush()
        if packed:
            text.close()
        file.flush()
        os.fsync(file.fileno())
    return count


def _write_lines(file: IO[str], rows: Rows) -> int:
    count = 0
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_list(file: IO[str], rows: Rows) -> int:
    count = 0
    file.write("[")
    for row in rows:
        file.write((",\n" if count else "\n") + json.dumps(row, ensure_ascii=False))
        count += 1
    file.write("\n]\n")
    return count


def _write_table(file: IO[str], rows: Rows, delimiter: str = ",") -> int:
    names, rows = _column_names(rows)
    writer = csv.DictWriter(
        file, names, restval="", extrasaction="ignore", delimiter=delimiter, lineterminator="\n"
    )
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        count += 1
    return count


def _write_tabs(file: IO[str], rows: Rows) -> int:
    return _write_table(file, rows, "\t")


def _column_names(rows: Rows) -> tuple[list[str], Iterator[Mapping[str, Any]]]:
    """Names in the order of the first rows; a column that only later rows have is left out."""
    iterator = iter(rows)
    first = list(islice(iterator, _ROWS_THAT_NAME_COLUMNS))
    names = list(dict.fromkeys(name for row in first for name in row))
    return names, chain(first, iterator)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


_WRITERS: dict[str, Callable[[IO[str], Rows], int]] = {
    ".jsonl": _write_lines,
    ".json": _write_list,
    ".csv": _write_table,
    ".tsv": _write_tabs,
}
