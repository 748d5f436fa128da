"""Parquet files, a few hundred rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import DataFileError, KnownError
from workbench.formats.files.row_file import RawRow

MAGIC = b"PAR1"
_ROWS_AT_ONCE = 256


class Parquet:
    """A row's line is its number, counted from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._share = 0.0

    def share(self) -> float:
        return self._share

    def rows(self) -> Iterator[RawRow]:
        arrow, parquet = _pyarrow()
        try:
            file = parquet.ParquetFile(self.path)
        except (OSError, arrow.ArrowException) as error:
            raise DataFileError(self.path, "this is no readable Parquet file.") from error
        with file:
            total = max(1, file.metadata.num_rows)
            line = 0
            try:
                for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                    for fields in batch.to_pylist():
                        line += 1
                        yield _row(line, fields)
                    self._share = line / total
            except (OSError, arrow.ArrowException, UnicodeDecodeError):
                yield RawRow(line + 1, None, "", "the rest of the file is damaged")
        self._share = 1.0


def write_parquet(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows with the columns of all of them; returns how many there were.

    The types of columns are told from the first rows; a value that does not fit raises KnownError.
    """
    arrow, parquet = _pyarrow()
    count = 0
    writer = schema = None
    texts: set[str] = set()
    try:
        for chunk in _chunks(rows):
            fitting = _with_plain_mixtures(chunk, texts)
            table = arrow.Table.from_pylist(fitting, schema=schema)
            if writer is None:
                schema = table.schema
                texts = {each.name for each in schema if arrow.types.is_string(each.type)}
                writer = parquet.ParquetWriter(path, schema)
            writer.write_table(table)
            count += len(chunk)
    except arrow.ArrowException as error:
        raise KnownError(
            f"{path.name} can't be written as Parquet, because the rows differ too much: choose"
            " JSON Lines."
        ) from error
    finally:
        if writer is not None:
            writer.close()
    return count


def _row(line: int, fields: Mapping[str, Any]) -> RawRow:
    # Columns that other rows have stand here as null: they are as good as not there.
    present = {name: value for name, value in fields.items() if value is not None}
    return RawRow(line, present, json.dumps(present, ensure_ascii=False, default=str))


def _with_plain_mixtures(
    rows: Sequence[Mapping[str, Any]], texts: set[str]
) -> list[dict[str, Any]]:
    """A column of texts and lists, prompts for example, holds the lists as JSON; so do `texts`."""
    names = dict.fromkeys(name for row in rows for name in row)
    plain = {name for row in rows for name, value in row.items() if isinstance(value, str)}
    plain |= texts
    return [{name: _value(row.get(name), name in plain) for name in names} for row in rows]


def _value(value: Any, is_plain: bool) -> Any:
    if is_plain and isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    chunk: list[Mapping[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= 10_000:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise KnownError(
            "Parquet files need pyarrow, which is not installed: run pip install pyarrow."
        ) from error
    return pyarrow, pyarrow.parquet
