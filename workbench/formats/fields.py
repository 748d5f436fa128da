"""A row seen through its mapping: values by role, and the means to say what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.core.conversation import Conversation, Message, user
from workbench.core.preferences import Origin, OriginKind, Split, Strength
from workbench.formats.messages import read_messages
from workbench.formats.records import BadRowError
from workbench.formats.roles import Role

# By their own names: Python 3.11 takes five times as long to find a member of an enumeration.
_PROMPT = Role.PROMPT
_SYSTEM = Role.SYSTEM
_SOURCE = Role.SOURCE
_SPLIT = Role.SPLIT
_STRENGTH = Role.STRENGTH

_TRUE = frozenset({"true", "1", "yes", "good", "desirable", "thumbs_up", "up", "1.0"})
_FALSE = frozenset({"false", "0", "no", "bad", "undesirable", "thumbs_down", "down", "-1", "0.0"})
_HELD_OUT = frozenset({"held_out", "heldout", "held-out"})
_STRENGTHS = {"slightly": Strength.SLIGHTLY, "clearly": Strength.CLEARLY, "much": Strength.MUCH}


class Fields:
    """Values of one row by role. Every reader of a form takes one of these."""

    __slots__ = ("mapping", "row")

    def __init__(self, row: Mapping[str, Any], mapping: Mapping[Role, str]) -> None:
        self.row = row
        self.mapping = mapping

    def bad(self, role: Role, reason: str) -> BadRowError:
        """An error that names the role's column; the caller raises it."""
        return BadRowError(self.mapping.get(role, role.value), reason)

    def find(self, role: Role) -> Any:
        """The value, or None where there is no column, no value, or an empty cell."""
        column = self.mapping.get(role)
        if column is None:
            return None
        value = self.row.get(column)
        return None if value == "" else value

    def value(self, role: Role) -> Any:
        """The value as it stands; raises BadRowError when there is none."""
        column = self.mapping.get(role)
        if column is None:
            raise self.bad(role, "no column is chosen for it")
        value = self.row.get(column)
        if value is None:
            raise self.bad(role, "is missing" if column not in self.row else "is null")
        return value

    def text(self, role: Role) -> str:
        value = self.value(role)
        if type(value) is not str:
            raise self.bad(role, f"must be text, but it is {describe(value)}")
        return value

    def filled_text(self, role: Role) -> str:
        """Text with something in it."""
        value = self.text(role)
        if not value.strip():
            raise self.bad(role, "is empty")
        return value

    def optional_text(self, role: Role) -> str | None:
        return None if self.find(role) is None else self.text(role)

    def word(self, role: Role) -> str | None:
        """Text or a number as a word in lower case, or None."""
        value = self.find(role)
        if value is None:
            return None
        if isinstance(value, str | int | float):
            return str(value).strip().lower()
        raise self.bad(role, f"must be a word or a number, but it is {describe(value)}")

    def word_as_written(self, role: Role) -> str | None:
        """Text, or a number as text, or None: a name or an id."""
        value = self.find(role)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return str(value)
        raise self.bad(role, f"must be a name, but it is {describe(value)}")

    def number(self, role: Role) -> float:
        value = self.value(role)
        try:
            if isinstance(value, bool | dict | list):
                raise TypeError
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise self.bad(role, f"must be a number, but it is {describe(value)}") from None
        if number != number or abs(number) == float("inf"):
            raise self.bad(role, "must be a finite number")
        return number

    def flag(self, role: Role) -> bool:
        value = self.value(role)
        if isinstance(value, bool):
            return value
        word = self.word(role)
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise self.bad(role, f"must be true or false, but it is {describe(value)}")

    def messages(
        self, role: Role, role_key: str = "role", text_key: str = "content"
    ) -> Conversation:
        """A list of messages, or one written as JSON in a cell."""
        value = self.value(role)
        try:
            return read_messages(from_cell(value), role_key, text_key)
        except ValueError as error:
            raise self.bad(role, str(error)) from None

    def holds_messages(self, role: Role) -> bool:
        value = self.find(role)
        return isinstance(value, list) or (isinstance(value, str) and _is_messages_cell(value))

    def prompt(self, role: Role = _PROMPT) -> Conversation:
        """A prompt as text (one question) or as messages, with the system prompt before it."""
        if self.holds_messages(role):
            prompt = self.messages(role)
        else:
            value = self.value(role)
            if type(value) is not str:
                raise self.bad(role, f"must be text or messages, but it is {describe(value)}")
            if not value.strip():
                raise self.bad(role, "is empty")
            prompt = user(value)
        return self.with_system(prompt)

    def with_system(self, prompt: Conversation) -> Conversation:
        """The prompt after the row's system prompt, if it has one and the prompt has none."""
        if _SYSTEM not in self.mapping:
            return prompt
        system = self.optional_text(_SYSTEM)
        if not system or (prompt and prompt[0].role == "system"):
            return prompt
        return (Message("system", system), *prompt)

    def split(self) -> Split:
        word = self.word(_SPLIT) if _SPLIT in self.mapping else None
        return Split.HELD_OUT if word in _HELD_OUT else Split.TRAIN

    def strength(self) -> Strength | None:
        """1 to 3, or a word for it; the sign says nothing here."""
        word = self.word(_STRENGTH) if _STRENGTH in self.mapping else None
        if word is None:
            return None
        if word in _STRENGTHS:
            return _STRENGTHS[word]
        number = abs(self.number(_STRENGTH))
        if number not in {1, 2, 3}:
            raise self.bad(_STRENGTH, f"must be 1, 2 or 3, but it is {describe(word)}")
        return Strength(int(number))

    def moment(self, role: Role) -> float | None:
        """Seconds since 1970, from a number or an ISO date."""
        value = self.find(role) if role in self.mapping else None
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.timestamp()
        try:
            return self.number(role)
        except BadRowError:
            pass
        try:
            moment = datetime.fromisoformat(str(value))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise self.bad(role, f"must be a time, but it is {describe(value)}") from None

    def origin(self, role: Role) -> Origin | None:
        """Where an answer is from: an object of ours, or the name of a model."""
        value = self.find(role) if role in self.mapping else None
        note = self.word_as_written(_SOURCE) if _SOURCE in self.mapping else None
        if isinstance(value, str) and value.startswith("{"):
            value = from_cell(value)
        if isinstance(value, Mapping):
            try:
                return Origin.from_json(value)
            except (KeyError, ValueError, TypeError):
                raise self.bad(
                    role, "must have a kind: sampled, imported, written or edited"
                ) from None
        if value is not None and not isinstance(value, str):
            raise self.bad(role, f"must be a name, but it is {describe(value)}")
        if value is None and note is None:
            return None
        return Origin(OriginKind.IMPORTED, model=value, note=note)


def describe(value: Any) -> str:
    """What a value is, in words: `the number 3`, `“maybe”`, `a list of 2`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {str(value)[:20]}"
    if isinstance(value, str):
        return f"“{value[:30]}…”" if len(value) > 30 else f"“{value}”"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"a {type(value).__name__}"


def _is_messages_cell(text: str) -> bool:
    """Whether a text is a list of messages as JSON: how a table holds a conversation."""
    return text[:2] == "[{" and text[-2:] == "}]" and '"role"' in text


def from_cell(value: Any) -> Any:
    """What the JSON in a table's cell says; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
