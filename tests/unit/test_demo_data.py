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
from workbench.exchange.probe import probe
from workbench.formats.records import Check, ExampleRecord, PairRecord, PromptRecord
from workbench.formats.whole_file import read_records
from workbench.runner.demo_project import create_demo_project, open_demo_project
from workbench.stats.brevity_rule import count_words, prefer

DEMO = paths.resources_dir() / "demo"
LITTLE_WORDS = re.compile(
    r"(a|an|and|are|at|be|by|can|do|does|for|from|get|give|how|i|in|is|it|make|me|my|of|on|or|the"
    r"|to|was|what|when|where|which|who|why|with|you|your)"
)


def pairs(name: str) -> list[PairRecord]:
    form = "trl-preference" if name == "pairs.jsonl" else "comparison"
    return [row for row in read_records(DEMO / name, form) if isinstance(row, PairRecord)]


def prompts(name: str) -> list[PromptRecord]:
    return [row for row in read_records(DEMO / name, "prompts") if isinstance(row, PromptRecord)]


def examples() -> list[ExampleRecord]:
    rows = read_records(DEMO / "sft.jsonl", "trl-prompt-completion")
    return [row for row in rows if isinstance(row, ExampleRecord)]


def _prompts(name: str) -> list[str]:
    rows = examples() if name == "sft.jsonl" else prompts(name)
    return [_text(row.prompt) for row in rows]


def _text(prompt: Conversation) -> str:
    return plain_text(prompt)


def _content(prompt: str) -> frozenset[str]:
    words = re.findall(r"\w+", prompt.lower())
    return frozenset(word for word in words if not LITTLE_WORDS.fullmatch(word))


@pytest.mark.parametrize(
    ("name", "form", "fewest"),
    [
        ("pairs.jsonl", "trl-preference", 96),
        ("unlabelled.jsonl", "comparison", 24),
        ("sft.jsonl", "trl-prompt-completion", 100),
        ("checkable.jsonl", "prompts", 40),
        ("held_out.jsonl", "prompts", 30),
        ("prompts.jsonl", "prompts", 120),
    ],
)
def test_every_file_has_its_form_and_enough_rows(name: str, form: str, fewest: int) -> None:
    assert probe(DEMO / name).form.name == form
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
    held_out = {_text(row.prompt) for row in prompts("held_out.jsonl")}
    assert all(row.split is Split.HELD_OUT for row in prompts("held_out.jsonl"))
    decided = {_text(row.prompt) for row in pairs("pairs.jsonl")}
    to_label = {_text(row.prompt) for row in pairs("unlabelled.jsonl")}
    assert not held_out & (decided | to_label)
    assert decided | to_label <= set(_prompts("prompts.jsonl"))
    assert not decided & to_label


def test_every_pair_is_labelled_as_the_rule_says() -> None:
    for row in pairs("pairs.jsonl"):
        chosen, rejected = row.first, row.second
        assert prefer(chosen, rejected) is Choice.FIRST, chosen
        assert rejected.startswith(chosen)
        assert count_words(chosen) >= 4
        assert not chosen.endswith(":")
        assert [judgement.by_rule for judgement in row.judgements] == [True]
        assert row.second_origin is not None
        assert row.second_origin.kind is OriginKind.SAMPLED
        assert None not in (
            row.second_origin.model, row.second_origin.seed, row.second_origin.temperature,
            row.second_origin.top_p, row.second_origin.max_new_tokens,
        )  # fmt: skip


def test_pairs_to_label_differ_and_say_where_they_came_from() -> None:
    for row in pairs("unlabelled.jsonl"):
        assert row.first != row.second
        assert row.first_origin is not None
        assert row.second_origin is not None
        assert row.first_origin.seed != row.second_origin.seed


def test_examples_answer_directly() -> None:
    for row in examples():
        assert 1 <= count_words(row.completion) <= 20


SUM = re.compile(r"What is (\d[\d.]*) (\+|-|times|divided by) (\d[\d.]*)\?")


def test_plain_sums_are_right() -> None:
    found = 0
    for row in prompts("checkable.jsonl"):
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
