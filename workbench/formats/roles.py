"""What a column of a data file may mean."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    PROMPT = "prompt"
    SYSTEM = "system"
    INPUT = "input"
    MESSAGES = "messages"
    CHOSEN = "chosen"
    REJECTED = "rejected"
    FIRST = "first"
    SECOND = "second"
    WINNER = "winner"
    STRENGTH = "strength"
    COMPLETION = "completion"
    COMPLETIONS = "completions"
    LABEL = "label"
    ANSWER = "answer"
    CHECK = "check"
    ANNOTATOR = "annotator"
    STATUS = "status"
    CREATED_AT = "created_at"
    ELAPSED = "elapsed"
    VERDICTS = "verdicts"
    BY_RULE = "by_rule"
    FIRST_ORIGIN = "first_origin"
    SECOND_ORIGIN = "second_origin"
    ORIGIN = "origin"
    SOURCE = "source"
    SPLIT = "split"


_TITLES = {
    Role.PROMPT: "Prompt",
    Role.SYSTEM: "System prompt",
    Role.INPUT: "What the prompt is about",
    Role.MESSAGES: "Conversation",
    Role.CHOSEN: "Chosen answer",
    Role.REJECTED: "Rejected answer",
    Role.FIRST: "First answer",
    Role.SECOND: "Second answer",
    Role.WINNER: "Which is better",
    Role.STRENGTH: "How much better",
    Role.COMPLETION: "Answer",
    Role.COMPLETIONS: "Answers with ratings",
    Role.LABEL: "Good or bad",
    Role.ANSWER: "Right answer",
    Role.CHECK: "How answers are checked",
    Role.ANNOTATOR: "Who said so",
    Role.STATUS: "Whether it was sent in",
    Role.CREATED_AT: "When",
    Role.ELAPSED: "Seconds it took",
    Role.VERDICTS: "Every verdict",
    Role.BY_RULE: "Where verdicts are from",
    Role.FIRST_ORIGIN: "Who wrote the first or chosen answer",
    Role.SECOND_ORIGIN: "Who wrote the second or rejected answer",
    Role.ORIGIN: "Who wrote the answer",
    Role.SOURCE: "Where the row is from",
    Role.SPLIT: "Train or held out",
}


def role_title(role: Role) -> str:
    """What a person reads: `Chosen answer`."""
    return _TITLES[role]
