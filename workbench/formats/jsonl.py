"""JSON Lines: one object a line, read with the place of every problem.

Leaves out: compressed files, and JSON lists (a file that is one list is refused with advice).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core import conversation
from workbench.core.atomic import replacing
from workbench.core.conversation import Conversation
from workbench.core.errors import DataFileError
from workbench.core.preferences import Origin

_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its fields, and the means to say what is wrong with them."""

    path: Path
    line: int
    fields: Mapping[str, Any]

    def problem(self, problem: str) -> DataFileError:
        """An error that names this line; the caller raises it."""
        return DataFileError(self.path, problem, line=self.line)

    def has(self, *names: str) -> bool:
        return all(name in self.fields for name in names)

    def value(self, name: str) -> Any:
        """The field's value; raises DataFileError when it is not there."""
        if name not in self.fields:
            found = ", ".join(self.fields) or "no fields at all"
            raise self.problem(f'the field "{name}" is missing (found: {found}); add it.')
        return self.fields[name]

    def text(self, name: str) -> str:
        """A field that must be text; raises DataFileError."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self.problem(f'"{name}" must be text, but it is {describe(value)}; correct it.')
        return value

    def optional_text(self, name: str) -> str | None:
        """A field that may be left out or null, and else must be text; raises DataFileError."""
        return None if self.fields.get(name) is None else self.text(name)

    def messages(self, name: str) -> Conversation:
        """A field that must be a list of messages; raises DataFileError."""
        try:
            return conversation.from_json(self.value(name))
        except ValueError as error:
            raise self.problem(f'"{name}" can\'t be read: {error}.') from error

    def prompt(self, name: str = "prompt") -> Conversation:
        """A prompt as text (one question) or as messages; an empty one raises DataFileError."""
        value = self.value(name)
        if not isinstance(value, str):
            return self.messages(name)
        if not value.strip():
            raise self.problem(f'"{name}" is empty; write the prompt or delete the line.')
        return conversation.user(value)

    def origin(self, name: str) -> Origin | None:
        """Where a response came from, or None when the line does not say; raises DataFileError."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.problem(f'"{name}" must be an object, but it is {describe(value)}.')
        try:
            return Origin.from_json(value)
        except (KeyError, ValueError) as error:
            raise self.problem(
                f'"{name}" needs a "kind": sampled, imported, written or edited.'
            ) from error


def read_rows(path: Path) -> Iterator[Row]:
    """Every object of the file in order; blank lines are passed over.

    Raises DataFileError for a file that is missing, empty, or not UTF-8, and for a line that is
    not one JSON object.
    """
    empty = True
    for number, text in _lines(path):
        if not text.strip():
            continue
        empty = False
        yield Row(path, number, _parse(path, number, text))
    if empty:
        raise DataFileError(path, "the file is empty; choose one with a JSON object on each line.")


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one object a line, atomically; returns how many there were.

    Raises DataFileError when the file can't be written.
    """
    count = 0
    try:
        with replacing(path) as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        raise DataFileError(
            path, f"can't be written ({error.strerror}); choose another place."
        ) from error
    return count


def describe(value: Any) -> str:
    """What a JSON value is, in words: `the number 3`, `a list of 2`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "an object"
    return f"a list of {len(value)}"


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines by byte, so that a broken character is blamed on the line that holds it."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                yield number, _decode(path, number, raw)
    except FileNotFoundError as error:
        raise DataFileError(path, f"there is no such file in {path.parent}.") from error
    except IsADirectoryError as error:
        raise DataFileError(path, "this is a folder; choose a file in it.") from error
    except OSError as error:
        raise DataFileError(path, f"can't be read ({error.strerror}).") from error


def _decode(path: Path, number: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataFileError(
            path, "this is not UTF-8 text; save the file as UTF-8.", line=number
        ) from error


def _parse(path: Path, number: int, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
        if "\\u" in text:
            # Half of a surrogate pair is legal JSON, but can be neither stored nor shown.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError) as error:
        raise DataFileError(
            path, "this has characters or nesting that no text can hold; delete the line.",
            line=number,
        ) from error  # fmt: skip
    except ValueError as error:
        raise DataFileError(
            path, f"this is not JSON ({_shorten(text)}); each line must be one whole object.",
            line=number,
        ) from error  # fmt: skip
    if isinstance(value, list) and number == 1:
        raise DataFileError(
            path, "this is one JSON list; save it as JSON Lines, one object on each line.",
            line=number,
        )  # fmt: skip
    if not isinstance(value, dict):
        raise DataFileError(
            path, f"each line must be a JSON object, but this is {describe(value)}.", line=number
        )
    return value


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
