"""Which kind of file it is, told from its first bytes and, between tables and text, its name."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import DataFileError
from workbench.formats.files.byte_stream import READ_ERRORS, opened
from workbench.formats.files.json_lines import JsonLines
from workbench.formats.files.json_list import JsonList
from workbench.formats.files.json_values import parse_object
from workbench.formats.files.parquet import MAGIC, Parquet
from workbench.formats.files.plain_text import PlainText
from workbench.formats.files.row_file import RowFile
from workbench.formats.files.table import Table, delimiter_of

READ_ENDINGS = (".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".parquet", ".txt")
_JSON_ENDINGS = {".jsonl", ".ndjson", ".json"}
_LOOKED_AT_BYTES = 1 << 16


def open_file(path: Path) -> RowFile:
    """The file as rows; raises DataFileError for one that is missing, empty or can't be read."""
    with opened(path) as stream:
        try:
            head = stream.content.read(_LOOKED_AT_BYTES)
        except READ_ERRORS as error:
            raise DataFileError(path, "it is damaged and can't be unpacked.") from error
    if head.startswith(MAGIC):
        return Parquet(path)
    text = head.decode("utf-8-sig", "replace").lstrip()
    if not text.strip("\x00"):
        raise DataFileError(path, "the file is empty; choose one with rows in it.")
    if text[0] == "[":
        return JsonList(path)
    if text[0] == "{":
        return JsonLines(path) if _first_line_is_object(text) else _object_file(path, text)
    if _is_table(path, text):
        return Table(path)
    return JsonLines(path) if _ending(path) in _JSON_ENDINGS else PlainText(path)


def _first_line_is_object(text: str) -> bool:
    line, end, _ = text.partition("\n")
    if not end:
        return True  # one line, or one that is longer than what was looked at
    return parse_object(line)[0] is not None


def _object_file(path: Path, text: str) -> RowFile:
    """One object over several lines holds its rows in a list; else the first line is a bad row."""
    opens = text.partition("\n")[0].strip()
    looks_indented = opens in {"{", "{["} or opens.endswith((",", ":", "[", "{"))
    return JsonList(path) if looks_indented and "[" in text else JsonLines(path)


def _is_table(path: Path, text: str) -> bool:
    ending = _ending(path)
    if ending in {".csv", ".tsv"}:
        return True
    if ending in _JSON_ENDINGS:
        return False
    header, _, rest = text.partition("\n")
    delimiter = delimiter_of(header)
    first = rest.partition("\n")[0]
    # Text that happens to have a comma in it is no table; names of columns are short words.
    return (
        delimiter is not None
        and delimiter in first
        and all(len(name) < 40 and name.count(" ") < 3 for name in header.split(delimiter))
    )


def _ending(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
