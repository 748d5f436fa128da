"""Kinds of files: every row comes with its line, a bad one with its reason, and the rest too."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataFileError, KnownError
from workbench.formats.files.open_file import open_file
from workbench.formats.files.write_file import write_file

Told = list[tuple[int, Any]]


def read(folder: Path, content: bytes | str, name: str = "rows.jsonl") -> Told:
    """Line and fields of every row, or what is wrong with it."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(row.line, row.reason or row.fields) for row in open_file(path).rows()]


def test_lines_are_counted_and_blank_ones_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, b'{"a": 1}\r\n\n  \n{"b": "\xc3\xa9"}') == [
        (1, {"a": 1}),
        (4, {"b": "é"}),
    ]
    assert read(tmp_path, b'\xef\xbb\xbf{"a": 1}') == [(1, {"a": 1})]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": ', 'is not JSON ({"a":)'),
        (b"[1, 2]", "is no object"),
        (b"null", "is no object"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b'{"a": "\\ud800"}', "half of a character"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_a_bad_line_is_told_and_the_next_one_read(tmp_path: Path, line: bytes, reason: str) -> None:
    first, bad, last = read(tmp_path, b'{"a": 1}\n' + line + b'\n{"a": 2}\n')
    assert (first, last) == ((1, {"a": 1}), (3, {"a": 2}))
    assert bad[0] == 2
    assert reason in bad[1]


def test_lists_and_objects_with_a_list_are_read_piece_by_piece(tmp_path: Path) -> None:
    rows = [{"a": "x" * 3000, "n": number} for number in range(400)]
    expected = [(2 + number, row) for number, row in enumerate(rows)]
    spread = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    assert read(tmp_path, spread, "rows.json") == expected
    wrapped = json.dumps({"version": 1, "data": rows[:2]}, indent=1)
    assert [row for _, row in read(tmp_path, wrapped, "rows.json")] == rows[:2]
    packed = gzip.compress(spread.encode())
    assert read(tmp_path, packed, "rows.json.gz") == expected


def test_what_follows_a_torn_value_in_a_list_is_one_problem(tmp_path: Path) -> None:
    told = read(tmp_path, '[{"a": 1},\n 7,\n{"a": 2},\n{"a" 3},\n{"a": 4}]', "rows.json")
    assert [line for line, _ in told] == [1, 2, 3, 4]
    assert "nothing after it can be read" in told[3][1]
    cut = read(tmp_path, '[{"a": 1},', "rows.json")
    assert cut[1][1] == "ends in the middle of its list"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.json", b'[{"a": "\xef\xbf\xbd"},\n{"a": "\xff"},\n{"a": "c"}]'),
        ("rows.csv", b"a\n\xef\xbf\xbd\n\xff\nc\n"),
    ],
)
def test_only_bytes_that_are_no_text_make_a_row_bad(
    tmp_path: Path, name: str, content: bytes
) -> None:
    told = [each for _, each in read(tmp_path, content, name)]
    assert told == [{"a": "\ufffd"}, "is not UTF-8 text", {"a": "c"}]


def test_a_cut_off_archive_gives_what_can_be_read(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps({"n": number, "x": str(number) * 50}) + "\n" for number in range(9000)
    )
    told = read(tmp_path, gzip.compress(lines.encode())[:-400], "rows.jsonl.gz")
    assert len(told) > 1000
    assert told[-1][1] == "the file ends in the middle of its packed content"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_tables_have_names_and_cells_over_several_lines(tmp_path: Path, sign: str) -> None:
    text = f'prompt{sign}chosen\n"Why,\nso; \tthen?"{sign}a\nx\n\ny{sign}z\n'
    assert read(tmp_path, text, "t.csv") == [
        (2, {"prompt": "Why,\nso; \tthen?", "chosen": "a"}),
        (4, "has 1 cell where the first row names 2"),
        (6, {"prompt": "y", "chosen": "z"}),
    ]


def test_text_is_a_row_for_each_line(tmp_path: Path) -> None:
    assert read(tmp_path, "One, two?\n\nThree?\n", "asked.txt") == [
        (1, {"text": "One, two?"}), (3, {"text": "Three?"}),
    ]  # fmt: skip


def test_parquet_leaves_out_what_is_null(tmp_path: Path) -> None:
    rows = [{"a": "x", "m": [{"role": "user", "content": "Hi"}]}, {"a": "y", "m": "text"}, {"b": 1}]
    assert write_file(tmp_path / "t.parquet", rows) == 3
    told = [row.fields for row in open_file(tmp_path / "t.parquet").rows()]
    assert told == [{**rows[0], "m": json.dumps(rows[0]["m"])}, rows[1], {"b": 1}]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b" \n", "empty"), (b"PAR1 and no more", "no readable Parquet"),
     (b"\x1f\x8b\x00", "damaged")],
)  # fmt: skip
def test_a_file_that_holds_nothing_is_one_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(KnownError, match=said) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(TypeError):
        write_file(path, [{"a": 2}, {"a": object()}])
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(DataFileError, match="must end with"):
        write_file(tmp_path / "rows.doc", [])
