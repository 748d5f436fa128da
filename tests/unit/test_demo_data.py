"""The demo's data: readable, apart from each other, and labelled as the rule says."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from workbench.core import paths
from workbench.core.conversation import Conversation, plain_text
from workbench.core.errors import KnownError
from workbench.core.preferences import Choice, OriginKind, Split
from workbench.formats.comparisons import read_comparisons
from workbench.formats.detect import FileKind, detect_kind
from workbench.formats.prompts import Check, read_prompts
from workbench.formats.trl_preference import read_preferences
from workbench.formats.trl_supervised import read_supervised
from workbench.runner.demo_project import create_demo_project, open_demo_project
from workbench.stats.brevity_rule import count_words, prefer

DEMO = paths.resources_dir() / "demo"
LITTLE_WORDS = re.compile(
    r"(a|an|and|are|at|be|by|can|do|does|for|from|get|give|how|i|in|is|it|make|me|my|of|on|or|the"
    r"|to|was|what|when|where|which|who|why|with|you|your)"
)


def _prompts(name: str) -> list[str]:
    if name == "sft.jsonl":
        return [_text(row.example.prompt) for row in read_supervised(DEMO / name)]
    return [_text(row.prompt) for row in read_prompts(DEMO / name)]


def _text(prompt: Conversation) -> str:
    return plain_text(prompt)


def _content(prompt: str) -> frozenset[str]:
    words = re.findall(r"\w+", prompt.lower())
    return frozenset(word for word in words if not LITTLE_WORDS.fullmatch(word))


@pytest.mark.parametrize(
    ("name", "kind", "fewest"),
    [
        ("pairs.jsonl", FileKind.PREFERENCE, 96),
        ("unlabelled.jsonl", FileKind.COMPARISON, 24),
        ("sft.jsonl", FileKind.SUPERVISED, 100),
        ("checkable.jsonl", FileKind.PROMPTS, 40),
        ("held_out.jsonl", FileKind.PROMPTS, 30),
        ("prompts.jsonl", FileKind.PROMPTS, 120),
    ],
)
def test_every_file_has_its_kind_and_enough_rows(name: str, kind: FileKind, fewest: int) -> None:
    assert detect_kind(DEMO / name) is kind
    assert len((DEMO / name).read_text(encoding="utf-8").splitlines()) >= fewest


def test_no_two_prompts_ask_the_same() -> None:
    files = ("prompts.jsonl", "held_out.jsonl", "sft.jsonl", "checkable.jsonl")
    asked = [(name, prompt, _content(prompt)) for name in files for prompt in _prompts(name)]
    same = [
        (first[:2], second[:2])
        for first, second in combinations(asked, 2)
        if first[2] == second[2] and "checkable.jsonl" not in (first[0], second[0])
    ]
    assert same == []
    assert len({prompt.lower() for _, prompt, _ in asked}) == len(asked)


def test_held_out_prompts_are_marked_and_in_no_other_file() -> None:
    held_out = {_text(row.prompt) for row in read_prompts(DEMO / "held_out.jsonl")}
    assert all(row.split is Split.HELD_OUT for row in read_prompts(DEMO / "held_out.jsonl"))
    pairs = {_text(row.example.prompt) for row in read_preferences(DEMO / "pairs.jsonl")}
    to_label = {_text(row.prompt) for row in read_comparisons(DEMO / "unlabelled.jsonl")}
    assert not held_out & (pairs | to_label)
    assert pairs | to_label <= set(_prompts("prompts.jsonl"))
    assert not pairs & to_label


def test_every_pair_is_labelled_as_the_rule_says() -> None:
    for row in read_preferences(DEMO / "pairs.jsonl"):
        chosen, rejected = row.example.chosen, row.example.rejected
        assert prefer(chosen, rejected) is Choice.FIRST, row.example.pair_id
        assert rejected.startswith(chosen)
        assert count_words(chosen) >= 4
        assert not chosen.endswith(":")
        assert row.verdict_source == "rule"
        assert row.rejected_origin is not None
        assert row.rejected_origin.kind is OriginKind.SAMPLED
        assert None not in (
            row.rejected_origin.model, row.rejected_origin.seed, row.rejected_origin.temperature,
            row.rejected_origin.top_p, row.rejected_origin.max_new_tokens,
        )  # fmt: skip


def test_pairs_to_label_differ_and_say_where_they_came_from() -> None:
    for row in read_comparisons(DEMO / "unlabelled.jsonl"):
        assert row.first != row.second
        assert row.first_origin is not None
        assert row.second_origin is not None
        assert row.first_origin.seed != row.second_origin.seed


def test_examples_answer_directly() -> None:
    for row in read_supervised(DEMO / "sft.jsonl"):
        assert 1 <= count_words(row.example.completion) <= 20


SUM = re.compile(r"What is (\d[\d.]*) (\+|-|times|divided by) (\d[\d.]*)\?")


def test_plain_sums_are_right() -> None:
    found = 0
    for row in read_prompts(DEMO / "checkable.jsonl"):
        assert row.answer
        match = SUM.fullmatch(_text(row.prompt))
        if match is None:
            continue
        found += 1
        first, second = Fraction(match[1]), Fraction(match[3])
        results = {"+": first + second, "-": first - second, "times": first * second}
        right = results[match[2]] if match[2] in results else first / second
        assert row.check is Check.NUMBER
        assert Fraction(row.answer) == right, _text(row.prompt)
    assert found >= 7


def test_trl_reads_the_pairs_as_preference_rows() -> None:
    for line in (DEMO / "pairs.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert [message["role"] for message in row["prompt"]] == ["user"]
        assert [message["role"] for message in row["chosen"] + row["rejected"]] == ["assistant"] * 2


def test_the_demo_project_holds_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    told: list[tuple[int, int]] = []
    with create_demo_project(
        tmp_path / "demo", lambda done, of: told.append((done, of))
    ) as project:
        assert len(project.pairs.labelled()) >= 96
        assert len(project.pairs.waiting("me", 1000)) >= 24
        assert len(project.datasets.prompts(Split.HELD_OUT)) == 30
        assert {labelled.verdict_source for labelled in project.pairs.labelled()} == {"rule"}
        assert project.models.all() == []
    assert told[-1] == (6, 6)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".demo")] == []


def test_the_demo_project_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    with open_demo_project() as project:
        project.set("mark", "mine")
    with open_demo_project() as project:
        assert project.get("mark") == "mine"


def test_a_place_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(KnownError, match="not an empty folder"):
        create_demo_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
