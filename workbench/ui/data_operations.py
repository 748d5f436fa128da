"""What a person can change in the Data panel, one function each. Each returns what it changed.

They know no widgets and may run on any thread; a KnownError leaves the project as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.changes import NO_CHANGES, Changed, Changes
from workbench.core.conversation import Conversation
from workbench.core.errors import ProjectError
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.store import Project
from workbench.store.bin import Thrown
from workbench.store.rows import NewExample, NewPair, NewPrompt

_ROWS = Changed.DATASETS | Changed.PAIRS


def throw_rows(project: Project, kind: str, row_ids: Sequence[str]) -> tuple[Changes, Thrown]:
    """Put rows into the bin; also returns what to give `put_back` to undo it."""
    thrown = project.bin.throw(kind, row_ids)
    return Changes(_ROWS | Changed.VERDICTS), thrown


def put_back(project: Project, batch: str) -> Changes:
    """Take rows out of the bin again."""
    return Changes(_ROWS | Changed.VERDICTS) if project.bin.put_back(batch) else NO_CHANGES


def tag_rows(project: Project, kind: str, row_ids: Sequence[str], tag: str) -> Changes:
    """Put a tag on rows."""
    project.tags.add(kind, row_ids, tag)
    return Changes(Changed.DATASETS)


def untag_rows(project: Project, row_ids: Sequence[str], tag: str) -> Changes:
    """Take a tag off rows."""
    project.tags.remove(row_ids, tag)
    return Changes(Changed.DATASETS)


def edit_answer(
    project: Project, kind: str, row_id: str, part: str, text: str, editor: str, *, ask_again: bool
) -> Changes:
    """Put another text in the place of an answer; the one before stays in the history."""
    changed = project.edits.edit_text(kind, row_id, part, text, editor, ask_again=ask_again)
    return Changes(_ROWS | Changed.VERDICTS) if changed else NO_CHANGES


def edit_prompt(
    project: Project, kind: str, row_id: str, messages: Conversation, editor: str
) -> Changes:
    """Ask something else in this row; the prompt before stays in the history."""
    changed = project.edits.edit_prompt(kind, row_id, messages, editor)
    return Changes(_ROWS) if changed else NO_CHANGES


def add_pair(
    project: Project,
    dataset_id: str | None,
    prompt: Conversation,
    answers: tuple[str, str],
    choice: Choice | None,
    annotator: str,
    split: Split = Split.TRAIN,
) -> Changes:
    """Add a pair written by hand to a data set, or to that of what was added by hand."""
    first, second = answers
    _refuse_empty(first, second)
    if first.strip() == second.strip():
        raise ProjectError("Both answers are the same: a pair needs two that differ.")
    written = Origin(OriginKind.WRITTEN, note=annotator)
    pair = NewPair(prompt, first, second, written, written, choice, split)
    project.added.add_pairs(dataset_id, [pair], annotator)
    return Changes(_ROWS | Changed.VERDICTS)


def add_example(
    project: Project,
    dataset_id: str | None,
    prompt: Conversation,
    answer: str,
    split: Split = Split.TRAIN,
) -> Changes:
    """Add an example to imitate to a data set, or to that of what was added by hand."""
    _refuse_empty(answer)
    project.added.add_example(dataset_id, NewExample(prompt, answer, split))
    return Changes(_ROWS)


def add_prompt(
    project: Project,
    dataset_id: str | None,
    prompt: Conversation,
    split: Split = Split.TRAIN,
    answer: str | None = None,
) -> Changes:
    """Add a prompt without answers to a data set, or to that of what was added by hand."""
    check = "exact" if answer else None
    project.added.add_prompt(dataset_id, NewPrompt(prompt, split, answer or None, check))
    return Changes(_ROWS)


def _refuse_empty(*answers: str) -> None:
    if not all(answer.strip() for answer in answers):
        raise ProjectError("An answer is empty: write it first.")
