"""What is written is read back as it was, whatever the texts hold."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.conversation import ROLES, Conversation, Message
from workbench.core.preferences import (
    Origin,
    OriginKind,
    PreferenceExample,
    Split,
    SupervisedExample,
)
from workbench.formats.comparisons import ComparisonRow, read_comparisons, write_comparisons
from workbench.formats.prompts import Check, PromptRow, read_prompts, write_prompts
from workbench.formats.trl_preference import PreferenceRow, read_preferences, write_preferences
from workbench.formats.trl_supervised import SupervisedRow, read_supervised, write_supervised

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
filled_texts = texts.filter(lambda text: bool(text.strip()))
messages = st.builds(Message, st.sampled_from(ROLES), texts)
prompts: st.SearchStrategy[Conversation] = st.lists(messages, min_size=1, max_size=4).map(tuple)
origins = st.none() | st.builds(
    Origin,
    st.sampled_from(OriginKind),
    model=st.none() | texts,
    temperature=st.none() | st.floats(0, 2),
    seed=st.none() | st.integers(0, 2**31),
    note=st.none() | texts,
)
preference_rows = st.builds(
    PreferenceRow,
    st.just(0),
    st.builds(PreferenceExample, prompts, texts, texts, st.none() | texts),
    origins,
    origins,
    st.none() | texts,
)
supervised_rows = st.builds(
    SupervisedRow,
    st.just(0),
    st.builds(SupervisedExample, prompts, filled_texts, st.none() | texts),
)
comparison_rows = st.builds(
    ComparisonRow, st.just(0), prompts, texts, texts, origins, origins, st.none() | texts
)
checks = st.tuples(texts, st.just(Check.EXACT)) | st.tuples(
    st.integers().map(str), st.just(Check.NUMBER)
)
prompt_rows = st.builds(
    lambda prompt, prompt_id, split, check: PromptRow(
        0, prompt, prompt_id, split, *(check or (None, None))
    ),
    prompts,
    st.none() | texts,
    st.sampled_from(Split),
    st.none() | checks,
)

# Each example writes a file and waits for the disk: fewer of them, and no deadline.
few_examples = settings(max_examples=30, deadline=None)


def _numbered(rows: list) -> list:  # type: ignore[type-arg] # any of the four kinds of rows
    return [dataclasses.replace(row, line=line) for line, row in enumerate(rows, start=1)]


@few_examples
@given(st.lists(preference_rows, min_size=1, max_size=4))
def test_preferences(rows: list[PreferenceRow]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        assert write_preferences(path, rows) == len(rows)
        assert list(read_preferences(path)) == _numbered(rows)


@few_examples
@given(st.lists(supervised_rows, min_size=1, max_size=4))
def test_supervised_examples(rows: list[SupervisedRow]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        assert write_supervised(path, rows) == len(rows)
        assert list(read_supervised(path)) == _numbered(rows)


@few_examples
@given(st.lists(comparison_rows, min_size=1, max_size=4))
def test_comparisons(rows: list[ComparisonRow]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        assert write_comparisons(path, rows) == len(rows)
        assert list(read_comparisons(path)) == _numbered(rows)


@few_examples
@given(st.lists(prompt_rows, min_size=1, max_size=4))
def test_prompts(rows: list[PromptRow]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        assert write_prompts(path, rows) == len(rows)
        assert list(read_prompts(path)) == _numbered(rows)
