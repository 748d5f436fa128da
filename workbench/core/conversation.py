"""Messages between a person and a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str

    def to_json(self) -> dict[str, str]:
        return {"role": self.role, "content": self.content}

    @classmethod
    def from_json(cls, value: Any) -> Message:
        """Read `{"role": …, "content": …}`; raises ValueError that says what is wrong."""
        if not isinstance(value, Mapping):
            raise ValueError("a message must be an object with role and content")
        role, content = value.get("role"), value.get("content")
        if role not in ROLES:
            raise ValueError(f"a message's role must be one of {', '.join(ROLES)}, not {role!r}")
        if not isinstance(content, str):
            raise ValueError("a message's content must be text")
        return cls(role, content)


Conversation = tuple[Message, ...]


def user(text: str) -> Conversation:
    """A conversation of one question."""
    return (Message("user", text),)


def to_json(conversation: Iterable[Message]) -> list[dict[str, str]]:
    return [message.to_json() for message in conversation]


def from_json(value: Any) -> Conversation:
    """Read a list of messages; raises ValueError that says what is wrong."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise ValueError("a conversation must be a list of at least one message")
    return tuple(Message.from_json(item) for item in value)


def plain_text(conversation: Sequence[Message]) -> str:
    """What a person reads: the text itself for one question, else the turns with their roles."""
    if len(conversation) == 1:
        return conversation[0].content
    turns = (f"{message.role.capitalize()}: {message.content}" for message in conversation)
    return "\n\n".join(turns)
