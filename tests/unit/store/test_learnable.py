"""What KTO and the online methods learn from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.conversation import plain_text, user
from workbench.core.preferences import (
    Choice,
    Origin,
    OriginKind,
    Pair,
    Split,
    Strength,
    Verdict,
)
from workbench.store.learnable import Learnable, LearnableCounts
from workbench.store.project import Project
from workbench.store.rows import NewExample, NewPair, NewPrompt

WRITTEN = Origin(OriginKind.WRITTEN)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Learn") as project:
        yield project


def asked(project: Project, *dataset_ids: str) -> list[str]:
    return [plain_text(item.prompt) for item in Learnable(project.database).prompts(dataset_ids)]


def test_prompts_are_those_of_every_data_set_that_has_them_but_held_out_ones(
    project: Project,
) -> None:
    prompts = project.datasets.add_prompts(
        "Prompts", [NewPrompt(user("A?"), answer="a"), NewPrompt(user("Out?"), Split.HELD_OUT)]
    )
    pairs = project.datasets.add_pairs(
        "Pairs", [NewPair(user(text), "x", "y", WRITTEN, WRITTEN) for text in ("A?", "B?", "Out?")]
    )
    examples = project.datasets.add_examples("Examples", [NewExample(user("C?"), "c")])
    assert asked(project) == ["A?", "B?", "C?"]
    assert asked(project, prompts.id) == ["A?"]
    assert asked(project, pairs.id) == ["A?", "B?"]
    assert asked(project, pairs.id, examples.id) == ["A?", "B?", "C?"]
    learnable = Learnable(project.database)
    assert [item.answer for item in learnable.prompts()] == ["a", None, None]
    assert learnable.counts() == LearnableCounts(judged=0, prompts=3, answers=1)
    assert learnable.dataset_with_answers() == prompts.id


def test_what_was_thrown_away_teaches_nothing(project: Project) -> None:
    project.datasets.add_prompts("Prompts", [NewPrompt(user(text)) for text in ("A?", "B?")])
    first = Learnable(project.database).prompts()[0]
    assert first.prompt_id is not None
    project.bin.throw("prompt", [first.prompt_id])
    assert asked(project) == ["B?"]
    assert Learnable(project.database).counts().prompts == 1


def test_of_several_opinions_the_least_strength_counts(project: Project) -> None:
    project.datasets.add_pairs("Pairs", [NewPair(user("A?"), "x", "y", WRITTEN, WRITTEN)])
    pair = project.pairs.waiting("ann", 1)[0]

    def judge(annotator: str, choice: Choice, strength: Strength | None) -> None:
        project.labels.record(verdict(pair, annotator, choice, strength))

    judge("ann", Choice.FIRST, Strength.MUCH)
    judge("bob", Choice.FIRST, Strength.SLIGHTLY)
    judge("cid", Choice.FIRST, None)
    judge("dan", Choice.TIE, None)
    assert Learnable(project.database).strengths() == {pair.id: Strength.SLIGHTLY}


def test_an_import_under_way_neither_counts_nor_teaches(project: Project) -> None:
    dataset = project.datasets.add_pairs(
        "Coming", [NewPair(user("A?"), "x", "y", WRITTEN, WRITTEN)]
    )
    pair = project.pairs.waiting("ann", 1)[0]
    project.labels.record(verdict(pair, "ann", Choice.FIRST, Strength.MUCH))
    assert project.labels.counts() == {Choice.FIRST: 1}
    row = {"dataset_id": dataset.id, "started_at": 0.0}
    project.database.write(lambda db: db.table("unfinished").insert(row))
    assert project.labels.counts() == {}
    assert Learnable(project.database).strengths() == {}


def verdict(pair: Pair, annotator: str, choice: Choice, strength: Strength | None) -> Verdict:
    return Verdict(
        f"v-{annotator}", pair.id, annotator, choice, Choice.FIRST, 1.0, strength=strength
    )
