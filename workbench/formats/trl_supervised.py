"""TRL's forms for supervised fine-tuning: a prompt and the answer to imitate.

    prompt-completion  {"prompt": "…" or [messages], "completion": "…" or [one message]}
    messages           {"messages": [messages that end with the assistant's answer]}

Written as the conversational prompt-completion form. Leaves out: plain text without a prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.core.conversation import Conversation
from workbench.core.preferences import SupervisedExample
from workbench.formats.jsonl import Row, read_rows, write_rows


@dataclass(frozen=True, slots=True)
class SupervisedRow:
    """One line, and what SFT would learn from it."""

    line: int
    example: SupervisedExample


def read_supervised(path: Path) -> Iterator[SupervisedRow]:
    """Every row of the file; raises DataFileError that names the line."""
    for row in read_rows(path):
        prompt, completion = _messages(row) if row.has("messages") else _prompt_completion(row)
        if not completion.strip():
            raise row.problem("the answer is empty; write it or delete the line.")
        example_id = row.optional_text("example_id")
        yield SupervisedRow(row.line, SupervisedExample(prompt, completion, example_id))


def write_supervised(path: Path, rows: Iterable[SupervisedRow]) -> int:
    """Write the conversational prompt-completion form, atomically; returns the number of rows."""
    return write_rows(path, (row.example.to_json() for row in rows))


def _prompt_completion(row: Row) -> tuple[Conversation, str]:
    prompt = row.prompt()
    if isinstance(row.value("completion"), str):
        return prompt, row.text("completion")
    messages = row.messages("completion")
    if len(messages) != 1 or messages[0].role != "assistant":
        raise row.problem(
            f'"completion" must hold one message of the assistant, but it holds {len(messages)}.'
        )
    return prompt, messages[0].content


def _messages(row: Row) -> tuple[Conversation, str]:
    messages = row.messages("messages")
    if len(messages) < 2 or messages[-1].role != "assistant":
        raise row.problem('"messages" must hold a question and end with the assistant\'s answer.')
    return messages[:-1], messages[-1].content
