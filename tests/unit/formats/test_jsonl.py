"""Reading JSON Lines: every problem names its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import DataFileError
from workbench.formats.jsonl import read_rows, write_rows


def _write(folder: Path, content: bytes) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(content)
    return path


def test_rows_come_with_their_line_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = _write(tmp_path, b'{"a": 1}\n\n  \n{"b": "\xc3\xa9"}')
    assert [(row.line, dict(row.fields)) for row in read_rows(path)] == [
        (1, {"a": 1}),
        (4, {"b": "é"}),
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = _write(tmp_path, b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n')
    assert [row.fields["a"] for row in read_rows(path)] == [1, 2]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", None, "the file is empty"),
        (b"\n \n", None, "the file is empty"),
        (b'{"a": 1}\n{"a": \n', 2, 'this is not JSON ({"a":)'),
        (b'{"a": 1}\n[1, 2]\n', 2, "must be a JSON object, but this is a list of 2"),
        (b'{"a": 1}\nnull\n', 2, "must be a JSON object, but this is null"),
        (b'[{"a": 1}]', 1, "one JSON list; save it as JSON Lines"),
        (b'{"a": 1}\n{"a": "\xff"}\n', 2, "not UTF-8"),
        (b'{"a": "\\ud800"}\n', 1, "characters or nesting"),
        (b"[" * 100_000 + b"\n", 1, "characters or nesting"),
    ],
)
def test_a_bad_line_is_named(
    tmp_path: Path, content: bytes, line: int | None, problem: str
) -> None:
    path = _write(tmp_path, content)
    with pytest.raises(DataFileError) as caught:
        list(read_rows(path))
    assert caught.value.line == line
    assert problem in str(caught.value)
    assert str(caught.value).startswith("rows.jsonl")
    assert "\n" not in str(caught.value)


def test_rows_before_a_bad_line_can_be_used(tmp_path: Path) -> None:
    rows = read_rows(_write(tmp_path, b'{"a": 1}\nnonsense\n'))
    assert next(rows).fields == {"a": 1}
    with pytest.raises(DataFileError):
        next(rows)


def test_a_missing_file_and_a_folder_are_each_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="no such file"):
        list(read_rows(tmp_path / "absent.jsonl"))
    with pytest.raises(DataFileError, match="this is a folder"):
        list(read_rows(tmp_path))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = _write(tmp_path, b'{"a": 1}\n')
    with pytest.raises(TypeError):
        write_rows(path, [{"a": 2}, {"a": object()}])
    assert path.read_bytes() == b'{"a": 1}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="choose another place"):
        write_rows(tmp_path / "absent" / "rows.jsonl", [{"a": 1}])
