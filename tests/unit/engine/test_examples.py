from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.engine.runs import preferences, supervised, write_rows
from workbench.core.errors import DataFileError
from workbench.engine.examples import read_preferences, read_supervised

GOOD = '{"prompt": [{"role": "user", "content": "Why?"}], "chosen": [{"role": "assistant", '
GOOD += '"content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}'


def test_what_the_core_writes_is_read_back(tmp_path: Path) -> None:
    write_rows(tmp_path / "pairs.jsonl", preferences(3))
    write_rows(tmp_path / "sft.jsonl", supervised(3))
    assert read_preferences(tmp_path / "pairs.jsonl") == preferences(3)
    assert read_supervised(tmp_path / "sft.jsonl") == supervised(3)
    assert read_supervised(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        (GOOD.replace('"rejected"', '"refused"'), "'rejected' is missing"),
        (GOOD.replace('"assistant"', '"user"'), "'chosen' must be one message of the assistant"),
        (GOOD.replace('"Why?"', "7"), "content must be text"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(f"{GOOD}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        read_preferences(path)
    assert str(caught.value).startswith("train.jsonl, line 3: ")
    assert problem in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataFileError, match="UTF-8"):
        read_preferences(tmp_path / "train.jsonl")
