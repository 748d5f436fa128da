"""Reading a run's data: the rows that `core.preferences` writes, in TRL's conversational form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from workbench.core import conversation
from workbench.core.errors import DataFileError
from workbench.core.preferences import PreferenceExample, SupervisedExample

_Example = TypeVar("_Example")


def read_preferences(path: Path) -> list[PreferenceExample]:
    """Rows with prompt, chosen and rejected. No file reads as no rows.

    Raises DataFileError with the line for a row that can't be read.
    """
    return _read(path, _preference)


def read_supervised(path: Path) -> list[SupervisedExample]:
    """Rows with prompt and completion. No file reads as no rows.

    Raises DataFileError with the line for a row that can't be read.
    """
    return _read(path, _supervised)


def _read(path: Path, build: Callable[[Mapping[str, Any]], _Example]) -> list[_Example]:
    examples = []
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise DataFileError(path, "this is not UTF-8 text: save it as UTF-8.") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataFileError(
                path, "this line is not JSON: mend it or remove it.", line=number
            ) from error
        if not isinstance(row, dict):
            raise DataFileError(path, "this line is not a JSON object.", line=number)
        try:
            examples.append(build(row))
        except ValueError as error:
            raise DataFileError(path, f"{error}.", line=number) from error
    return examples


def _preference(row: Mapping[str, Any]) -> PreferenceExample:
    return PreferenceExample(
        prompt=conversation.from_json(_field(row, "prompt")),
        chosen=_answer(row, "chosen"),
        rejected=_answer(row, "rejected"),
        pair_id=row.get("pair_id"),
    )


def _supervised(row: Mapping[str, Any]) -> SupervisedExample:
    return SupervisedExample(
        prompt=conversation.from_json(_field(row, "prompt")),
        completion=_answer(row, "completion"),
        example_id=row.get("example_id"),
    )


def _field(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        raise ValueError(f"the field {name!r} is missing")
    return row[name]


def _answer(row: Mapping[str, Any], name: str) -> str:
    messages = conversation.from_json(_field(row, name))
    if len(messages) != 1 or messages[0].role != "assistant":
        raise ValueError(f"{name!r} must be one message of the assistant")
    return messages[0].content
