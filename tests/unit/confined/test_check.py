"""What the window says about a function before a run starts."""

from __future__ import annotations

import pytest

from workbench.confined.check import check
from workbench.core.rewards import EXAMPLE_SOURCE


def test_the_example_will_do() -> None:
    assert check(EXAMPLE_SOURCE) is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def reward(prompt:\n    pass", "SyntaxError"),
        ("x = 1", "there is no function named reward"),
        ("reward = 3", "there is no function named reward"),
        ("def reward(question): return 1", "asks for 'question'; it can have prompt, completion"),
        ("def reward(completion, /): return 1", "asks for 'completion'"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def reward(completion):\n\n    return completion / 2", "TypeError"),
        ("def reward(completion): pass", "nothing where a number is wanted"),
        ("def reward(**kwargs):\n    while True: pass", "longer than 0.5 s"),
        ("\x00", "null bytes"),
        ("(" * 10_000, "SyntaxError"),
    ],
)
def test_what_is_wrong_is_one_sentence(source: str, words: str) -> None:
    sentence = check(source, timeout_s=0.5)
    assert sentence is not None
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in sentence


def test_the_line_of_the_mistake_is_told() -> None:
    assert "(line 3)" in (check("def reward(completion):\n    x = 1\n    return y") or "")
