from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.conversation import user
from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.preferences import (
    Choice,
    Origin,
    OriginKind,
    PreferenceExample,
    Split,
    SupervisedExample,
)
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec, SftConfig
from workbench.runner.create import create_run
from workbench.runner.snapshot import split_by_prompt
from workbench.store import Project
from workbench.store.rows import NewExample, NewPair

MODEL = ModelRef(name="tiny", path="/models/tiny")
WRITTEN = Origin(OriginKind.WRITTEN)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Runs") as project:
        yield project


def pair(n: int, choice: Choice | None, split: Split = Split.TRAIN) -> NewPair:
    return NewPair(user(f"Question {n}"), "short", "long", WRITTEN, WRITTEN, choice, split)


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_dpo_run_freezes_labelled_pairs_and_never_held_out_ones(project: Project) -> None:
    labelled = [pair(n, Choice.SECOND) for n in range(20)]
    useless = [pair(50, Choice.TIE), pair(51, None), pair(52, Choice.FIRST, Split.HELD_OUT)]
    dataset = project.datasets.add_pairs("Answers", [*labelled, *useless])
    run_id = create_run(
        project, name="First", model=MODEL, config=DpoConfig(), dataset_ids=[dataset.id],
        sample_prompts=[user("Say hello")], device="cpu",
    )  # fmt: skip
    run = project.runs.get(run_id)
    assert (run.name, run.state, run.method) == ("First", RunState.QUEUED, "dpo")
    assert RunSpec.model_validate_json(run.folder.spec.read_text()) == run.spec
    assert (run.spec.data.train_examples, run.spec.data.eval_examples) == (18, 2)
    assert run.spec.data.description == "20 labelled pairs from Answers"
    assert run.spec.sample_prompts == (user("Say hello"),)
    train, apart = rows(run.folder.train_data), rows(run.folder.eval_data)
    assert (len(train), len(apart)) == (18, 2)
    assert train[0]["chosen"] == [{"role": "assistant", "content": "long"}]
    assert not {json.dumps(r["prompt"]) for r in train} & {json.dumps(r["prompt"]) for r in apart}
    assert [path.name for path in project.runs_dir.iterdir()] == [run_id]


def test_an_sft_run_freezes_examples(project: Project) -> None:
    project.datasets.add_examples("Ex", [NewExample(user(f"Q{n}"), f"A{n}") for n in range(3)])
    config = SftConfig(eval_steps=0)
    run = project.runs.get(create_run(project, name="S", model=MODEL, config=config))
    assert [r["completion"] for r in rows(run.folder.train_data)] == [
        [{"role": "assistant", "content": f"A{n}"}] for n in range(3)
    ]
    assert rows(run.folder.eval_data) == []
    assert run.spec.data.description == "3 examples from all data sets"


def test_nothing_to_train_on_says_what_to_do(project: Project) -> None:
    def create(config: DpoConfig | SftConfig, dataset_ids: tuple[str, ...] = ()) -> None:
        create_run(project, name="x", model=MODEL, config=config, dataset_ids=dataset_ids)

    with pytest.raises(RunError, match="import pairs in Data"):
        create(DpoConfig())
    with pytest.raises(RunError, match="import some in Data"):
        create(SftConfig())
    dataset = project.datasets.add_pairs("Unlabelled", [pair(1, None)])
    with pytest.raises(RunError, match="No labelled pairs yet: label some in Label"):
        create(DpoConfig())
    with pytest.raises(RunError, match="chosen data sets hold no labelled pairs"):
        create(DpoConfig(), (dataset.id,))
    with pytest.raises(RunError, match="chosen data sets hold no examples"):
        create(SftConfig(), (dataset.id,))
    assert list(project.runs_dir.iterdir()) == []
    assert project.runs.all() == []


def test_a_folder_that_cannot_be_written_leaves_no_run(project: Project) -> None:
    project.datasets.add_pairs("Answers", [pair(1, Choice.FIRST)])
    project.runs_dir.rmdir()
    project.runs_dir.write_text("a file in the way")
    with pytest.raises(RunError, match="can't be written"):
        create_run(project, name="x", model=MODEL, config=DpoConfig())
    assert project.runs.all() == []


def example(n: int, answer: str = "a") -> SupervisedExample:
    return SupervisedExample(user(f"Question {n}"), answer)


def test_the_split_is_by_prompt_and_the_same_in_any_order() -> None:
    examples = [example(n, answer) for n in range(50) for answer in ("a", "b")]
    first = split_by_prompt(examples, 0.12)
    assert (len(first.train), len(first.eval)) == (88, 12)
    assert {e.prompt for e in first.train}.isdisjoint(e.prompt for e in first.eval)
    again = split_by_prompt(examples[::-1], 0.12)
    assert set(again.eval) == set(first.eval)


@pytest.mark.parametrize(
    ("prompts", "fraction", "apart"),
    [(1, 0.12, 0), (3, 0.12, 0), (4, 0.12, 1), (100, 0.0, 0), (5, 1.0, 4), (100, 0.12, 12)],
)
def test_small_sets_keep_something_to_train_on(prompts: int, fraction: float, apart: int) -> None:
    snapshot = split_by_prompt([example(n) for n in range(prompts)], fraction)
    assert (len(snapshot.train), len(snapshot.eval)) == (prompts - apart, apart)


def test_both_kinds_of_example_can_be_split() -> None:
    pairs = [PreferenceExample(user(f"Q{n}"), "a", "b") for n in range(8)]
    assert len(split_by_prompt(pairs, 0.25).eval) == 2
