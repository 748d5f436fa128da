"""TRL's preference forms, in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.conversation import Message, user
from workbench.core.errors import DataFileError
from workbench.formats.trl_preference import read_preferences


def _path(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _assistant(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


QUESTION = [{"role": "user", "content": "Why?"}]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Why?", "chosen": "So.", "rejected": "Well, because."},
        {"prompt": QUESTION, "chosen": _assistant("So."), "rejected": _assistant("Well, because.")},
        {"prompt": "Why?", "chosen": _assistant("So."), "rejected": _assistant("Well, because.")},
        {
            "chosen": QUESTION + _assistant("So."),
            "rejected": QUESTION + _assistant("Well, because."),
        },
        {  # the prompt is repeated in the answers
            "prompt": "Why?",
            "chosen": QUESTION + _assistant("So."),
            "rejected": QUESTION + _assistant("Well, because."),
        },
        {"chosen": "Why? So.", "rejected": "Why? Well, because."},
        {"chosen": "Why?\n\nSo.", "rejected": "Why?\n\nWell, because."},
    ],
)
def test_every_form_gives_the_same_example(tmp_path: Path, row: dict[str, Any]) -> None:
    (read,) = read_preferences(_path(tmp_path, row))
    assert read.example.prompt == user("Why?")
    assert (read.example.chosen, read.example.rejected) == ("So.", "Well, because.")


def test_a_shared_beginning_is_never_cut_inside_a_word(tmp_path: Path) -> None:
    path = _path(tmp_path, {"chosen": "The sky is blue.", "rejected": "The sky is black."})
    (read,) = read_preferences(path)
    assert read.example.prompt == user("The sky is")
    assert (read.example.chosen, read.example.rejected) == ("blue.", "black.")


def test_a_longer_conversation_keeps_its_turns(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be kind."}, *QUESTION, *_assistant("Hm."), *QUESTION]
    row = {"chosen": turns + _assistant("A"), "rejected": turns + _assistant("B")}
    (read,) = read_preferences(_path(tmp_path, row))
    assert read.example.prompt == tuple(Message.from_json(turn) for turn in turns)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"prompt": "Why?", "chosen": "So."}, '"rejected" is missing (found: prompt, chosen)'),
        ({}, "found: no fields at all"),
        ({"prompt": "Why?", "chosen": "So.", "rejected": 3}, "text and the number 3"),
        ({"prompt": " ", "chosen": "a", "rejected": "b"}, '"prompt" is empty'),
        ({"prompt": None, "chosen": "a", "rejected": "b"}, '"prompt" can\'t be read'),
        ({"chosen": "One", "rejected": "Two"}, "add a prompt"),
        ({"chosen": "Same text", "rejected": "Same text"}, "add a prompt"),
        ({"chosen": _assistant("a"), "rejected": _assistant("b")}, "add a prompt"),
        (
            {"prompt": QUESTION, "chosen": QUESTION, "rejected": _assistant("b")},
            '"chosen" must hold one message of the assistant',
        ),
        (
            {
                "prompt": "Why?",
                "chosen": _assistant("a") + QUESTION + _assistant("b"),
                "rejected": _assistant("c"),
            },
            "it holds 3 (assistant, user, assistant)",
        ),
        (
            {
                "prompt": QUESTION,
                "chosen": [{"role": "bot", "content": "a"}],
                "rejected": _assistant("b"),
            },
            "role must be one of",
        ),
        (
            {"prompt": "Why?", "chosen": "a", "rejected": "b", "chosen_origin": {"kind": "?"}},
            '"chosen_origin" needs a "kind"',
        ),
        (
            {"prompt": "Why?", "chosen": "a", "rejected": "b", "pair_id": 7},
            '"pair_id" must be text',
        ),
    ],
)
def test_a_bad_row_is_named_with_its_line(
    tmp_path: Path, row: dict[str, Any], problem: str
) -> None:
    good = {"prompt": "Why?", "chosen": "So.", "rejected": "Well."}
    with pytest.raises(DataFileError) as caught:
        list(read_preferences(_path(tmp_path, good, row)))
    assert caught.value.line == 2
    assert problem in str(caught.value)
