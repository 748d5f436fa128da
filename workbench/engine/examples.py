"""Reading a run's data: the rows that `core.preferences` writes, in TRL's conversational form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from workbench.core import conversation
from workbench.core.errors import DataFileError
from workbench.core.preferences import (
    PreferenceExample,
    PromptExample,
    Strength,
    SupervisedExample,
    UnpairedExample,
)
from workbench.core.recipes import DataKind

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


def read_unpaired(path: Path) -> list[UnpairedExample]:
    """Rows with prompt, completion and label. No file reads as no rows.

    Raises DataFileError with the line for a row that can't be read.
    """
    return _read(path, _unpaired)


def read_prompts(path: Path) -> list[PromptExample]:
    """Rows with a prompt and perhaps its right answer. No file reads as no rows.

    Raises DataFileError with the line for a row that can't be read.
    """
    return _read(path, _prompt)


def read_kind(kind: DataKind, path: Path) -> Sequence[object]:
    """Rows of the kind that a method learns from; raises as the readers do."""
    readers: dict[DataKind, Callable[[Path], Sequence[object]]] = {
        DataKind.EXAMPLES: read_supervised,
        DataKind.PAIRS: read_preferences,
        DataKind.JUDGED: read_unpaired,
        DataKind.PROMPTS: read_prompts,
    }
    return readers[kind](path)


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
        strength=Strength(row["strength"]) if row.get("strength") is not None else None,
    )


def _supervised(row: Mapping[str, Any]) -> SupervisedExample:
    return SupervisedExample(
        prompt=conversation.from_json(_field(row, "prompt")),
        completion=_answer(row, "completion"),
        example_id=row.get("example_id"),
    )


def _unpaired(row: Mapping[str, Any]) -> UnpairedExample:
    label = _field(row, "label")
    if not isinstance(label, bool):
        raise ValueError("'label' must be true or false")
    return UnpairedExample(
        prompt=conversation.from_json(_field(row, "prompt")),
        completion=_answer(row, "completion"),
        desirable=label,
        example_id=row.get("example_id"),
    )


def _prompt(row: Mapping[str, Any]) -> PromptExample:
    answer = row.get("answer")
    if answer is not None and not isinstance(answer, str):
        raise ValueError("'answer' must be text")
    return PromptExample(
        prompt=conversation.from_json(_field(row, "prompt")),
        answer=answer,
        prompt_id=row.get("prompt_id"),
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
