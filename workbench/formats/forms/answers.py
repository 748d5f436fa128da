"""The prompt of a row and its two answers, also where a row leaves the prompt to be found."""

from __future__ import annotations

from workbench.core.conversation import Conversation, user
from workbench.formats.fields import Fields
from workbench.formats.records import BadRowError
from workbench.formats.roles import Role

Answers = tuple[Conversation, str, str]
"""A prompt and its two answers."""


def own_columns(fields: Fields) -> Answers:
    """Prompt and answers that have a column each."""
    return fields.prompt(), fields.text(Role.FIRST), fields.text(Role.SECOND)


def common_prompt(
    fields: Fields, first: Conversation, second: Conversation, roles: tuple[Role, Role]
) -> Answers:
    """What both conversations begin with is the prompt; one answer must be left of each."""
    most = min(len(first), len(second)) - 1
    shared = 0
    while shared < most and first[shared] == second[shared]:
        shared += 1
    if shared == 0:
        raise fields.bad(roles[0], "begins with no message that the other answer has too")
    prompt = first[:shared]
    return prompt, last_answer(fields, first[shared:], roles[0]), last_answer(
        fields, second[shared:], roles[1]
    )  # fmt: skip


def after_prompt(fields: Fields, prompt: Conversation, answers: Conversation, role: Role) -> str:
    """The one answer after a prompt that the answer's messages may repeat."""
    repeated = len(answers) > len(prompt) and answers[: len(prompt)] == prompt
    return last_answer(fields, answers[len(prompt) :] if repeated else answers, role)


def last_answer(fields: Fields, rest: Conversation, role: Role) -> str:
    if len(rest) == 1 and rest[0].role == "assistant":
        return rest[0].content
    if len(rest) == 1:
        raise fields.bad(role, f"must end with an answer, but it ends with the {rest[0].role}")
    raise fields.bad(
        role,
        f"has {len(rest)} messages after what both answers share; only pairs that differ in"
        " their last answer can be compared",
    )


def common_text(fields: Fields, first: str, second: str) -> Answers:
    """What both texts begin with, up to the end of a word, is the prompt."""
    end = _shared_length(first, second)
    # A shared beginning may end inside a word: the prompt ends before that word.
    while end < max(len(first), len(second)) and end > 0 and not first[end - 1].isspace():
        end -= 1
    prompt = first[:end].strip()
    if not prompt or first == second:
        raise BadRowError(
            fields.mapping.get(Role.CHOSEN),
            "there is no prompt, and what both answers begin with does not tell it",
        )
    return user(prompt), first[end:].lstrip(), second[end:].lstrip()


def _shared_length(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))
