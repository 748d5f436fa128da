"""How prompts and answers are written: as plain text where that says it all, else as messages."""

from __future__ import annotations

from typing import Any

from workbench.core.conversation import Conversation, to_json


def prompt_value(prompt: Conversation) -> str | list[dict[str, str]]:
    """The text of a single question, else the list of messages."""
    if len(prompt) == 1 and prompt[0].role == "user":
        return prompt[0].content
    return to_json(prompt)


def answer_messages(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def whole(prompt: Conversation, answer: str) -> list[dict[str, Any]]:
    """The conversation with the answer at its end."""
    return [*to_json(prompt), *answer_messages(answer)]
