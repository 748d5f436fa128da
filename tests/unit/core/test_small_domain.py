"""Identifiers, conversations, readings, changes and places."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core import conversation, paths
from workbench.core.changes import NO_CHANGES, Changed, Changes
from workbench.core.conversation import ROLES, Message
from workbench.core.errors import DataFileError, KnownError
from workbench.core.ids import new_id
from workbench.core.telemetry import GpuReading, MachineReading


def test_identifiers_are_unique_and_sort_by_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(item) == 24 and int(item, 16) >= 0 for item in made)
    times = [item[:12] for item in made]
    assert times == sorted(times)


messages = st.builds(Message, st.sampled_from(ROLES), st.text(max_size=30))


@given(st.lists(messages, min_size=1, max_size=4).map(tuple))
def test_conversations_survive_being_stored(turns: conversation.Conversation) -> None:
    assert conversation.from_json(conversation.to_json(turns)) == turns


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("Hello", "must be a list"),
        ([], "at least one message"),
        (None, "must be a list"),
        (["Hello"], "must be an object with role and content"),
        ([{"role": "king", "content": "Hi"}], "not 'king'"),
        ([{"role": "user"}], "content must be text"),
        ([{"role": "user", "content": 3}], "content must be text"),
    ],
)
def test_what_is_no_conversation_says_why(value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        conversation.from_json(value)


def test_people_read_one_question_without_its_role() -> None:
    assert conversation.plain_text(conversation.user("Why?")) == "Why?"
    turns = (Message("user", "Why?"), Message("assistant", "Because."))
    assert conversation.plain_text(turns) == "User: Why?\n\nAssistant: Because."


def test_a_reading_survives_and_what_is_not_there_stays_none() -> None:
    gpu = GpuReading(0, "GPU-1", "Some card", busy_percent=91.0, memory_used_bytes=5)
    reading = MachineReading(1.5, 20.0, 10, 20, (gpu,))
    stored = reading.to_json()
    stored["mood"] = "good"
    stored["gpus"][0]["colour"] = "green"
    read = MachineReading.from_json(stored)
    assert read == reading
    assert read.gpus[0].power_w is None


def test_changes_add_up() -> None:
    both = Changes(Changed.RUNS, frozenset({"a"})) | Changes(Changed.METRICS, frozenset({"b"}))
    assert both == Changes(Changed.RUNS | Changed.METRICS, frozenset({"a", "b"}))
    assert both
    assert not NO_CHANGES
    assert all(flag in Changed.EVERYTHING for flag in Changed)


def test_a_data_error_says_which_file_and_line() -> None:
    error = DataFileError(Path("/data/pairs.jsonl"), "there is no field “chosen”.", line=7)
    assert isinstance(error, KnownError)
    assert str(error) == "pairs.jsonl, line 7: there is no field “chosen”."
    assert str(DataFileError("pairs.jsonl", "it is empty.")) == "pairs.jsonl: it is empty."


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "here"))
    places = [
        paths.cache_dir(), paths.data_dir(), paths.state_dir(), paths.projects_dir(),
        paths.device_locks_dir(),
    ]  # fmt: skip
    assert len(set(places)) == len(places)
    assert all(place.is_dir() and place.is_relative_to(tmp_path / "here") for place in places)
    assert paths.embedded_model_dir().is_relative_to(paths.cache_dir())


def test_resources_are_found() -> None:
    assert (paths.resources_dir() / "icons" / "workbench.svg").is_file()
