from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.runner.tail import read_chunk

LINES = [json.dumps({"n": n, "text": "Grüße " * n}, ensure_ascii=False) + "\n" for n in range(4)]


def test_a_torn_last_line_waits_whatever_byte_it_is_torn_at(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = "".join(LINES).encode()
    complete = len("".join(LINES[:-1]).encode())
    for cut in range(complete, len(whole)):
        path.write_bytes(whole[:cut])
        first = read_chunk(path, 0, json.loads)
        assert [item["n"] for item in first.items] == [0, 1, 2]
        assert (first.offset, first.garbage) == (complete, ())
        path.write_bytes(whole)
        rest = read_chunk(path, first.offset, json.loads)
        assert [item["n"] for item in rest.items] == [3]
        assert rest.offset == len(whole)


def test_garbage_is_passed_over_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"n": 1}\nnot json\n\xff\xfe\n\n{"n": 2}\r\n{"n": 3}\n')
    chunk = read_chunk(path, 0, json.loads)
    assert [item["n"] for item in chunk.items] == [1, 2, 3]
    assert [garbage.offset for garbage in chunk.garbage] == [9, 18]
    assert chunk.offset == path.stat().st_size


@pytest.mark.parametrize("max_bytes", [1, 7, 64, 1000])
def test_small_chunks_lose_nothing(tmp_path: Path, max_bytes: int) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINES), encoding="utf-8")
    found, offset, at_end = [], 0, False
    while not at_end:
        chunk = read_chunk(path, offset, json.loads, max_bytes=max_bytes)
        found += [item["n"] for item in chunk.items]
        offset, at_end = chunk.offset, chunk.at_end
    assert found == [0, 1, 2, 3]


def test_a_missing_file_is_empty_and_a_replaced_one_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert read_chunk(path, 0, json.loads).items == ()
    path.write_text('{"n": 1}\n')
    assert [item["n"] for item in read_chunk(path, 500, json.loads).items] == [1]
