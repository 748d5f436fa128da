"""Candidates: answers of several writers become pairs in a queue, with where they came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.conversation import user
from workbench.core.errors import RunError
from workbench.core.generation import Sampling
from workbench.core.preferences import Origin, OriginKind, Pair, Prompt, Split
from workbench.core.recipes import ModelRef
from workbench.runner.candidates import (
    Answer,
    CandidateOrder,
    CandidateProgress,
    CandidateReport,
    Writer,
    pairs_of,
    write_candidates,
)
from workbench.store import Project
from workbench.store.dataset_prompts import prompts_of
from workbench.store.rows import NewPrompt

FAKE_HOST = "tests.unit.runner.fake_host"
BASE = Writer(ModelRef(name="tiny", path="somewhere"), Sampling(seed=5))
TRAINED = Writer(
    BASE.model, Sampling(temperature=0.2, seed=9), adapter=Path("adapter"), run_id="r1",
    run_name="dpo-1", checkpoint_step=40,
)  # fmt: skip
OTHER = Writer(ModelRef(name="other", path="elsewhere"), Sampling(), adapter=Path("x"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Candidates") as made:
        yield made


def prompts(project: Project, *texts: str, split: Split = Split.TRAIN) -> list[Prompt]:
    dataset = project.datasets.add_prompts("P", [NewPrompt(user(text), split) for text in texts])
    return prompts_of(project.database, dataset)


def write(
    project: Project, asked: list[Prompt], *writers: Writer, **options: object
) -> CandidateReport:
    order = CandidateOrder("Candidates", asked, writers)
    return write_candidates(project, order, host_module=FAKE_HOST, **options)


def waiting(project: Project) -> list[Pair]:
    return project.pairs.waiting("ada", 100)


def test_pairs_wait_to_be_labelled_with_where_they_came_from(project: Project) -> None:
    steps: list[CandidateProgress] = []
    asked = prompts(project, "Tea?", "Coffee?")
    report = write(project, asked, BASE, TRAINED, on_progress=steps.append)
    assert (report.pairs, report.without_pair, report.problem) == (2, 0, "")
    tea, coffee = waiting(project)
    assert (tea.first.text, tea.second.text) == ("base: Tea?", "writer-1: Tea?")
    assert coffee.prompt.messages == user("Coffee?")
    assert tea.first.origin == Origin(
        OriginKind.SAMPLED, model="tiny", temperature=0.7, top_p=0.95, max_new_tokens=200, seed=5
    )
    assert (tea.second.origin.run_id, tea.second.origin.checkpoint_step) == ("r1", 40)
    assert tea.second.origin.note == "dpo-1"
    assert (steps[-1].answers, steps[-1].total, steps[-1].pairs) == (4, 4, 2)
    assert steps[0].doing == "Loading tiny"
    assert [(item.name, item.row_count) for item in project.datasets.all()][1] == ("Candidates", 2)


def test_models_take_turns_and_their_answers_meet(project: Project) -> None:
    report = write(project, prompts(project, "Tea?"), BASE, OTHER)
    assert report.pairs == 1
    (pair,) = waiting(project)
    assert {pair.first.origin.model, pair.second.origin.model} == {"tiny", "other"}


def test_answers_that_are_the_same_are_not_paired(project: Project) -> None:
    twice = Writer(BASE.model, Sampling(), answers=2)
    report = write(project, prompts(project, "Tea?"), twice)
    assert (report.pairs, report.without_pair, report.dataset_id) == (0, 1, None)
    assert [dataset.name for dataset in project.datasets.all()] == ["P"]


def test_held_out_prompts_stay_held_out(project: Project) -> None:
    write(project, prompts(project, "Tea?", split=Split.HELD_OUT), BASE, TRAINED)
    assert waiting(project)[0].prompt.split is Split.HELD_OUT


def test_cancelling_keeps_the_pairs_that_are_there(project: Project) -> None:
    asked = prompts(project, *(f"Question {n}?" for n in range(16)), "hang")
    landed: list[int] = []
    report = write(
        project, asked, BASE, TRAINED,
        on_progress=lambda progress: landed.append(progress.pairs),
        is_cancelled=lambda: bool(landed) and landed[-1] == 16,
    )  # fmt: skip
    assert (report.is_cancelled, report.pairs) == (True, 16)
    assert len(waiting(project)) == 16


def test_a_host_that_dies_leaves_the_pairs_and_says_why(project: Project) -> None:
    asked = prompts(project, *(f"Question {n}?" for n in range(16)), "kill")
    report = write(project, asked, BASE, TRAINED)
    assert report.pairs == 16
    assert report.problem


def test_nothing_to_do_is_said_at_once(project: Project) -> None:
    with pytest.raises(RunError, match="two answers"):
        write(project, prompts(project, "Tea?"), BASE)
    with pytest.raises(RunError, match="no prompts"):
        write(project, [], BASE, TRAINED)
    lost = Writer(ModelRef(name="gone", path="missing"), Sampling(), answers=2)
    with pytest.raises(RunError, match="There is no model"):
        write(project, prompts(project, "Why?"), lost)


def test_many_answers_meet_in_a_ring_and_each_of_them_twice() -> None:
    origin = Origin(OriginKind.SAMPLED)
    prompt = Prompt("p", user("Tea?"))
    five = [Answer(text, origin) for text in ("a", "b", "a ", "c", "d", "e")]
    pairs = [(pair.first, pair.second) for pair in pairs_of(prompt, five)]
    assert pairs == [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "a")]
    assert len(pairs_of(prompt, five[:4])) == 3
    assert pairs_of(prompt, five[:1]) == []
