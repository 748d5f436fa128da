"""Conversations as files have them: other names of roles, content in parts, calls of tools.

A call of a tool becomes the text that chat templates of the Hermes kind make of it, so that it can
be shown, trained on and exported; its id is not kept. Pictures and sound are refused.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.core.conversation import Conversation, Message, Role

ROLE_WORDS: dict[str, Role] = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "customer": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant",
    "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "function_call": "assistant",
    "tool": "tool", "function": "tool", "observation": "tool",
}  # fmt: skip


def read_messages(value: Any, role_key: str = "role", text_key: str = "content") -> Conversation:
    """Read a list of messages; raises ValueError that says what is wrong."""
    if not isinstance(value, list):
        raise ValueError("must be a list of messages")
    if not value:
        raise ValueError("must hold at least one message")
    return tuple(_message(item, role_key, text_key) for item in value)


def split_last(conversation: Conversation) -> tuple[Conversation, str]:
    """What comes before the last answer, and that answer; raises ValueError."""
    if len(conversation) < 2:
        raise ValueError("must hold a question and its answer")
    if conversation[-1].role != "assistant":
        raise ValueError(f"must end with an answer, but it ends with the {conversation[-1].role}")
    return conversation[:-1], conversation[-1].content


def _message(item: Any, role_key: str, text_key: str) -> Message:
    if not isinstance(item, Mapping):
        raise ValueError("each message must be an object with a role and its text")
    word = item.get(role_key)
    role = ROLE_WORDS.get(word.lower()) if isinstance(word, str) else None
    if role is None:
        raise ValueError(f"holds a message of an unknown role ({str(word)[:30]})")
    return Message(role, _content(item, text_key))


def _content(item: Mapping[str, Any], text_key: str) -> str:
    content = item.get(text_key)
    calls = item.get("tool_calls")
    if isinstance(content, str) and not calls:
        return content
    parts = _parts(content)
    if isinstance(calls, list):
        parts += [_call_text(call) for call in calls]
    if not parts:
        raise ValueError("holds a message without text")
    return "\n".join(parts)


def _parts(content: Any) -> list[str]:
    if content is None:
        return []
    if isinstance(content, str):
        return [content] if content else []
    if not isinstance(content, list):
        raise ValueError("holds a message whose content is no text")
    return [_part(part) for part in content]


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, Mapping) else None
    if not isinstance(text, str):
        raise ValueError("holds a message with something else than text in it")
    return text


def _call_text(call: Any) -> str:
    function = call.get("function", call) if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise ValueError("holds a call of a tool without a name")
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError, RecursionError):
            arguments = json.loads(arguments)
    shown = json.dumps({"name": function["name"], "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>\n{shown}\n</tool_call>"
