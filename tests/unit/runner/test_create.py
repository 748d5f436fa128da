from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from workbench.core.conversation import plain_text, user
from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.preferences import (
    Choice,
    Origin,
    OriginKind,
    PreferenceExample,
    Split,
    Strength,
    SupervisedExample,
    Verdict,
)
from workbench.core.recipes import (
    DpoConfig,
    GrpoConfig,
    KtoConfig,
    ModelRef,
    PpoConfig,
    RewardConfig,
    RlooConfig,
    RunSpec,
    SftConfig,
)
from workbench.core.rewards import LengthReward, NumericMatch, RewardSpec
from workbench.runner.create import create_run
from workbench.runner.snapshot import split_by_prompt
from workbench.store import Project
from workbench.store.rows import NewExample, NewPair, NewPrompt

MODEL = ModelRef(name="tiny", path="/models/tiny")
WRITTEN = Origin(OriginKind.WRITTEN)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Runs") as project:
        yield project


def pair(n: int, choice: Choice | None, split: Split = Split.TRAIN) -> NewPair:
    return NewPair(user(f"Question {n}"), "short", "long", WRITTEN, WRITTEN, choice, split)


def rows(path: Path) -> list[dict[str, Any]]:
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


def test_a_kto_run_learns_from_judged_answers_and_from_both_sides_of_pairs(
    project: Project,
) -> None:
    labelled = [pair(n, Choice.SECOND) for n in range(3)]
    project.datasets.add_pairs("Answers", [*labelled, pair(9, Choice.FIRST, Split.HELD_OUT)])
    add_judged(project, "Marked", [("Is it true?", "Yes", True), ("Is it true?", "No", False)])
    config = KtoConfig(eval_steps=0)
    run = project.runs.get(create_run(project, name="K", model=MODEL, config=config))
    found = {(row["completion"][0]["content"], row["label"]) for row in rows(run.folder.train_data)}
    assert found == {("Yes", True), ("No", False), ("long", True), ("short", False)}
    assert run.spec.data.description == "8 judged answers from all data sets"


def test_an_answer_in_many_pairs_is_judged_once(project: Project) -> None:
    project.datasets.add_pairs("Answers", [pair(1, Choice.FIRST), pair(1, Choice.FIRST)])
    run_id = create_run(project, name="K", model=MODEL, config=KtoConfig(eval_steps=0))
    assert len(rows(project.runs.get(run_id).folder.train_data)) == 2


def test_how_much_better_an_answer_is_goes_with_its_pair(project: Project) -> None:
    project.datasets.add_pairs("Answers", [pair(1, None), pair(2, Choice.FIRST)])
    waiting = project.pairs.waiting("ann", 1)[0]
    project.labels.record(
        Verdict("v1", waiting.id, "ann", Choice.FIRST, Choice.FIRST, 1.0, strength=Strength.MUCH)
    )
    run_id = create_run(project, name="R", model=MODEL, config=RewardConfig(eval_steps=0))
    strengths = [row.get("strength") for row in rows(project.runs.get(run_id).folder.train_data)]
    assert sorted(strengths, key=str) == [3, None]


def test_an_online_run_takes_prompts_with_their_answers_and_never_held_out_ones(
    project: Project,
) -> None:
    prompts = [NewPrompt(user(f"{n} + 1 = ?"), answer=str(n + 1)) for n in range(3)]
    held_out = NewPrompt(user("9 + 1 = ?"), Split.HELD_OUT, answer="10")
    sums = project.datasets.add_prompts("Sums", [*prompts, held_out])
    project.datasets.add_pairs("Answers", [pair(1, None)])

    def asked(*rewards: RewardSpec, dataset_ids: tuple[str, ...] = ()) -> list[object]:
        config = GrpoConfig(rewards=rewards)
        run_id = create_run(project, name="G", model=MODEL, config=config, dataset_ids=dataset_ids)
        folder = project.runs.get(run_id).folder
        assert rows(folder.eval_data) == []
        return [row.get("answer") for row in rows(folder.train_data)]

    assert sorted(asked(LengthReward()), key=str) == ["1", "2", "3", None]
    assert asked(NumericMatch()) == ["1", "2", "3"]
    assert asked(LengthReward(), dataset_ids=(sums.id,)) == ["1", "2", "3"]


def test_what_an_online_run_lacks_is_told(project: Project) -> None:
    with pytest.raises(RunError, match="No prompts to train on yet"):
        create_run(project, name="x", model=MODEL, config=RlooConfig(rewards=(LengthReward(),)))
    project.datasets.add_prompts("Asked", [NewPrompt(user("Why?"))])
    with pytest.raises(RunError, match="no reward to learn from"):
        create_run(project, name="x", model=MODEL, config=PpoConfig())
    with pytest.raises(RunError, match="None of the prompts has a right answer"):
        create_run(project, name="x", model=MODEL, config=PpoConfig(rewards=(NumericMatch(),)))
    with pytest.raises(RunError, match="No judged answers yet"):
        create_run(project, name="x", model=MODEL, config=KtoConfig())
    assert project.runs.all() == []


def add_judged(project: Project, name: str, answers: Sequence[tuple[str, str, bool]]) -> None:
    """Answers marked good or bad, as an import leaves them."""
    asked = project.datasets.add_prompts(name, [NewPrompt(user(q)) for q, _, _ in answers])
    ids = {plain_text(p.messages): p.id for p in project.datasets.prompts(Split.TRAIN)}

    def insert(db: sqlite_utils.Database) -> None:
        db.table("unpaired").insert_all(
            {"id": f"u{place}", "prompt_id": ids[question], "completion": answer,
             "desirable": int(good), "dataset_id": asked.id, "position": place}
            for place, (question, answer, good) in enumerate(answers)
        )  # fmt: skip

    project.database.write(insert)
