"""Steering a run through its control file."""

import json
from pathlib import Path

import pytest

from workbench.core.control import Command, read_control, write_control


@pytest.mark.parametrize("command", Command)
def test_a_command_is_read_as_it_was_given(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "control.json"
    written = write_control(path, command)
    assert read_control(path) == written
    assert written.command is command


def test_the_same_command_given_twice_can_be_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    first = write_control(path, Command.CHECKPOINT)
    second = write_control(path, Command.CHECKPOINT)
    assert first.id != second.id
    assert read_control(path) == second


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"v": 1}', '{"command": "pause"}', '{"command": "dance", "id": "1"}'],
)
def test_what_cant_be_understood_commands_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "control.json"
    path.write_text(content)
    assert read_control(path) is None


def test_no_file_commands_nothing(tmp_path: Path) -> None:
    assert read_control(tmp_path / "control.json") is None


def test_the_file_is_what_the_protocol_page_says(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    control = write_control(path, Command.PAUSE)
    assert json.loads(path.read_text()) == {"v": 1, "command": "pause", "id": control.id}
