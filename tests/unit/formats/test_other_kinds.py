"""Supervised examples, prompts, unjudged pairs, and telling the kinds apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.conversation import Message, user
from workbench.core.errors import DataFileError
from workbench.core.preferences import Split
from workbench.formats.comparisons import read_comparisons
from workbench.formats.detect import FileKind, detect_kind
from workbench.formats.prompts import Check, read_prompts
from workbench.formats.trl_supervised import read_supervised

QUESTION = {"role": "user", "content": "Why?"}
ANSWER = {"role": "assistant", "content": "So."}


def _path(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Why?", "completion": "So."},
        {"prompt": [QUESTION], "completion": [ANSWER]},
        {"messages": [QUESTION, ANSWER]},
    ],
)
def test_supervised_forms_give_the_same_example(tmp_path: Path, row: dict[str, Any]) -> None:
    (read,) = read_supervised(_path(tmp_path, row))
    assert read.example.prompt == user("Why?")
    assert read.example.completion == "So."


def test_messages_learn_the_last_answer_from_all_before_it(tmp_path: Path) -> None:
    path = _path(tmp_path, {"messages": [QUESTION, ANSWER, QUESTION, ANSWER]})
    (read,) = read_supervised(path)
    assert [message.role for message in read.example.prompt] == ["user", "assistant", "user"]


def test_prompts_carry_their_split_and_their_checkable_answer(tmp_path: Path) -> None:
    path = _path(
        tmp_path,
        {"prompt": "What is 2 + 2?", "id": "p", "answer": "4", "check": "number"},
        {"prompt": [QUESTION], "split": "held_out"},
        {"prompt": "Capital of France?", "answer": "Paris"},
    )
    first, second, third = read_prompts(path)
    assert (first.prompt_id, first.answer, first.check) == ("p", "4", Check.NUMBER)
    assert (second.prompt, second.split) == ((Message("user", "Why?"),), Split.HELD_OUT)
    assert (second.answer, second.check) == (None, None)
    assert third.check is Check.EXACT


@pytest.mark.parametrize(
    ("read", "row", "problem"),
    [
        (read_supervised, {"prompt": "Why?"}, '"completion" is missing'),
        (read_supervised, {"prompt": "Why?", "completion": " "}, "the answer is empty"),
        (read_supervised, {"prompt": "Why?", "completion": [QUESTION]}, "one message of the"),
        (read_supervised, {"messages": [ANSWER]}, "hold a question"),
        (read_supervised, {"messages": [QUESTION]}, "end with the assistant's answer"),
        (read_supervised, {"messages": "Why?"}, "list of at least one message"),
        (read_prompts, {"text": "Why?"}, '"prompt" is missing (found: text)'),
        (read_prompts, {"prompt": 3}, "list of at least one message"),
        (read_prompts, {"prompt": "Why?", "split": "test"}, 'not "test"'),
        (read_prompts, {"prompt": "2?", "answer": "two", "check": "number"}, 'with "two"'),
        (read_prompts, {"prompt": "2?", "answer": "two", "check": "vibes"}, '"vibes"'),
        (read_comparisons, {"prompt": "Why?", "response_1": "a"}, '"response_2" is missing'),
        (read_comparisons, {"prompt": "Why?", "response_1": "a", "response_2": 2}, "must be text"),
    ],
)
def test_bad_rows_are_named(
    tmp_path: Path,
    read: Callable[[Path], Iterator[object]],
    row: dict[str, Any],
    problem: str,
) -> None:
    with pytest.raises(DataFileError) as caught:
        list(read(_path(tmp_path, row)))
    assert caught.value.line == 1
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, FileKind.PREFERENCE),
        ({"chosen": [], "rejected": []}, FileKind.PREFERENCE),
        ({"prompt": "a", "response_1": "b", "response_2": "c"}, FileKind.COMPARISON),
        ({"prompt": "a", "completion": "b"}, FileKind.SUPERVISED),
        ({"messages": []}, FileKind.SUPERVISED),
        ({"prompt": "a", "answer": "b"}, FileKind.PROMPTS),
    ],
)
def test_the_kind_of_a_file_is_told_from_its_fields(
    tmp_path: Path, row: dict[str, Any], kind: FileKind
) -> None:
    assert detect_kind(_path(tmp_path, row, row)) is kind


@pytest.mark.parametrize(
    ("rows", "line", "problem"),
    [
        ([{"question": "a", "answer": "b"}], 1, "question, answer"),
        ([{"prompt": "a", "chosen": "b"}], 1, 'there is "chosen" but no "rejected"'),
        ([{"prompt": "a"}, {"messages": []}], 2, "kind supervised and those before it are prompts"),
    ],
)
def test_a_file_of_no_kind_or_of_two_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], line: int, problem: str
) -> None:
    with pytest.raises(DataFileError) as caught:
        detect_kind(_path(tmp_path, *rows))
    assert caught.value.line == line
    assert problem in str(caught.value)
