"""TRL's preference forms: a prompt, the better answer and the worse one.

    standard        {"prompt": "…", "chosen": "…", "rejected": "…"}
    conversational  {"prompt": [messages], "chosen": [messages], "rejected": [messages]}
    implicit        the same without "prompt": what both answers begin with is the prompt

Written as the conversational form. Leaves out: answers of several turns, and tool calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core import conversation
from workbench.core.conversation import Conversation
from workbench.core.preferences import Origin, PreferenceExample
from workbench.formats.jsonl import Row, describe, read_rows, write_rows


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """One line: what DPO would learn from it, and what is known of where it came from."""

    line: int
    example: PreferenceExample
    chosen_origin: Origin | None = None
    rejected_origin: Origin | None = None
    verdict_source: str | None = None

    def to_json(self) -> dict[str, Any]:
        row = self.example.to_json()
        if self.chosen_origin is not None:
            row["chosen_origin"] = self.chosen_origin.to_json()
        if self.rejected_origin is not None:
            row["rejected_origin"] = self.rejected_origin.to_json()
        if self.verdict_source is not None:
            row["verdict_source"] = self.verdict_source
        return row


def read_preferences(path: Path) -> Iterator[PreferenceRow]:
    """Every row of the file; raises DataFileError that names the line."""
    for row in read_rows(path):
        prompt, chosen, rejected = _answers(row)
        yield PreferenceRow(
            line=row.line,
            example=PreferenceExample(prompt, chosen, rejected, row.optional_text("pair_id")),
            chosen_origin=row.origin("chosen_origin"),
            rejected_origin=row.origin("rejected_origin"),
            verdict_source=row.optional_text("verdict_source"),
        )


def write_preferences(path: Path, rows: Iterable[PreferenceRow]) -> int:
    """Write the conversational form, atomically; returns the number of rows."""
    return write_rows(path, (row.to_json() for row in rows))


def _answers(row: Row) -> tuple[Conversation, str, str]:
    chosen, rejected = row.value("chosen"), row.value("rejected")
    if isinstance(chosen, str) and isinstance(rejected, str):
        if row.has("prompt"):
            return row.prompt(), chosen, rejected
        return _split_texts(row, chosen, rejected)
    if isinstance(chosen, list) and isinstance(rejected, list):
        return _split_messages(row, row.messages("chosen"), row.messages("rejected"))
    raise row.problem(
        '"chosen" and "rejected" must both be text or both be lists of messages, but they are'
        f" {describe(chosen)} and {describe(rejected)}."
    )


def _split_texts(row: Row, chosen: str, rejected: str) -> tuple[Conversation, str, str]:
    end = _shared_length(chosen, rejected)
    # A shared beginning may end inside a word: the prompt ends before that word.
    while end < max(len(chosen), len(rejected)) and end > 0 and not chosen[end - 1].isspace():
        end -= 1
    prompt = chosen[:end].strip()
    if not prompt or chosen == rejected:
        raise row.problem(
            'there is no "prompt", and the beginning that "chosen" and "rejected" share does not'
            " tell it; add a prompt."
        )
    return conversation.user(prompt), chosen[end:].lstrip(), rejected[end:].lstrip()


def _shared_length(first: Sequence[object], second: Sequence[object]) -> int:
    """How many items two sequences have in common at their beginning."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))


def _split_messages(
    row: Row, chosen: Conversation, rejected: Conversation
) -> tuple[Conversation, str, str]:
    if row.has("prompt"):
        prompt = row.prompt()
        # Some files repeat the prompt at the beginning of each answer.
        chosen, rejected = _without(prompt, chosen), _without(prompt, rejected)
    else:
        length = min(_shared_length(chosen, rejected), len(chosen) - 1, len(rejected) - 1)
        prompt, chosen, rejected = chosen[:length], chosen[length:], rejected[length:]
        if not prompt:
            raise row.problem(
                'there is no "prompt", and "chosen" and "rejected" begin with no message that'
                " both have; add a prompt."
            )
    return prompt, _one_answer(row, "chosen", chosen), _one_answer(row, "rejected", rejected)


def _without(prompt: Conversation, messages: Conversation) -> Conversation:
    repeated = len(messages) > len(prompt) and messages[: len(prompt)] == prompt
    return messages[len(prompt) :] if repeated else messages


def _one_answer(row: Row, name: str, messages: Conversation) -> str:
    if len(messages) != 1 or messages[0].role != "assistant":
        roles = ", ".join(message.role for message in messages)
        raise row.problem(
            f'"{name}" must hold one message of the assistant after the prompt, but it holds'
            f" {len(messages)} ({roles})."
        )
    return messages[0].content
