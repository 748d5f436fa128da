"""A run's model scores the pairs that wait, and the queue asks by its scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.conversation import user
from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.labelling import LabelSettings, PickedBy
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.core.recipes import DpoConfig, MethodConfig, ModelRef, RunSpec, SftConfig
from workbench.runner.pair_scoring import (
    ScoringProgress,
    ScoringReport,
    newer_judge,
    runs_that_judge,
    score_source,
    score_waiting_pairs,
)
from workbench.store import Project
from workbench.store.rows import NewPair, RunRow

FAKE_HOST = "tests.unit.runner.fake_host"
WRITTEN = Origin(OriginKind.WRITTEN)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Scores") as made:
        yield made


def add_run(
    project: Project, name: str, *, config: MethodConfig | None = None, state: str = "finished",
    has_result: bool = True,
) -> RunRow:  # fmt: skip
    number = len(project.runs.all())
    spec = RunSpec(
        run_id=f"run-{number}", name=name, model=ModelRef(name="tiny", path="/nowhere"),
        config=config or DpoConfig(), created_at=float(number + 1),
    )  # fmt: skip
    folder = project.runs_dir / spec.run_id
    folder.mkdir(parents=True)
    if has_result:
        (folder / "adapter").mkdir()
    return project.runs.add(spec, folder, RunState(state))


def add_pairs(project: Project, *texts: str, choice: Choice | None = None) -> None:
    """Pairs of which the first answer is longer, by as much as there were before."""
    rows = [
        NewPair(user(text), "long" + "!" * number, "long", WRITTEN, WRITTEN, choice)
        for number, text in enumerate(texts)
    ]
    project.datasets.add_pairs(texts[0], rows)


def unsureness(project: Project) -> dict[str, float]:
    sql = """
        SELECT prompts.text, unsureness.score FROM unsureness
        JOIN pairs ON pairs.id = unsureness.pair_id JOIN prompts ON prompts.id = pairs.prompt_id
    """
    return project.database.read(lambda db: dict(db.execute(sql).fetchall()))


def score(project: Project, run: RunRow, **options: object) -> ScoringReport:
    return score_waiting_pairs(project, run.id, "ada", host_module=FAKE_HOST, **options)


def test_waiting_pairs_are_scored_and_the_most_unsure_comes_first(project: Project) -> None:
    run = add_run(project, "dpo-1")
    add_pairs(project, "Even?", "Nearly?", "Sure?")
    add_pairs(project, "Decided?", choice=Choice.FIRST)
    told: list[ScoringProgress] = []
    report = score(project, run, on_progress=told.append)
    assert (report.source, report.scored, report.unreadable) == ("dpo-1", 3, 0)
    assert [(item.done, item.total) for item in told] == [(0, 3), (3, 3)]
    (source,) = project.scores.sources()
    assert (source.name, source.pair_count) == ("dpo-1", 3)
    assert unsureness(project)["Even?"] == 1.0
    assert unsureness(project)["Even?"] > unsureness(project)["Nearly?"]
    assert unsureness(project)["Nearly?"] > unsureness(project)["Sure?"] > 0.0
    settings = LabelSettings(score_source="dpo-1", gold_every=0, repeat_every=0)
    for pick in project.queue.hand_out("ada", 3, settings):
        if pick.picked_by is PickedBy.UNSURE:
            assert pick.score_source == "dpo-1"


def test_only_what_has_no_score_yet_is_scored(project: Project) -> None:
    run = add_run(project, "dpo-1")
    add_pairs(project, "A?")
    assert score(project, run).scored == 1
    with pytest.raises(RunError, match="nothing to score"):
        score(project, run)
    add_pairs(project, "B?", "C?")
    assert score(project, run).scored == 2


def test_a_pair_that_is_too_long_is_counted_and_left_out(project: Project) -> None:
    run = add_run(project, "dpo-1")
    add_pairs(project, "A?", "too long")
    report = score(project, run)
    assert (report.scored, report.unreadable) == (1, 1)


def test_scoring_can_be_given_up(project: Project) -> None:
    run = add_run(project, "dpo-1")
    add_pairs(project, "hang")
    report = score(project, run, is_cancelled=lambda: True)
    assert report.is_cancelled
    assert report.scored == 0


def test_a_process_that_dies_says_so_and_what_was_scored_stays(project: Project) -> None:
    run = add_run(project, "dpo-1")
    add_pairs(project, "kill")
    with pytest.raises(RunError):
        score(project, run)
    add_pairs(project, *[f"A {number}?" for number in range(200)])
    # Among so many it comes after the first hand-over or in it; both end in a sentence.
    try:
        report = score(project, run)
    except RunError:
        assert project.scores.sources() == []
    else:
        assert report.problem
        assert project.scores.sources()[0].pair_count == report.scored > 0


def test_runs_whose_result_can_judge_are_offered_newest_first(project: Project) -> None:
    first = add_run(project, "dpo-1")
    add_run(project, "sft", config=SftConfig())
    add_run(project, "at work", state="running")
    add_run(project, "without", has_result=False)
    again = add_run(project, "dpo-1")
    assert [run.id for run in runs_that_judge(project)] == [again.id, first.id]
    assert score_source(project, first) != score_source(project, again)


def ask_by(project: Project, source: str) -> None:
    project.queue.change_settings(LabelSettings(score_source=source))


def test_a_run_that_finished_after_the_one_that_scored_is_newer(project: Project) -> None:
    older = add_run(project, "dpo-1")
    ask_by(project, score_source(project, older))
    assert newer_judge(project) is None
    add_run(project, "sft-1", config=SftConfig())
    add_run(project, "dpo-2", state="stopped")
    assert newer_judge(project) is None
    newer = add_run(project, "dpo-1")  # a name may be given twice
    assert newer_judge(project) == newer
    ask_by(project, score_source(project, newer))
    assert newer_judge(project) is None


def test_scores_that_are_no_runs_are_never_out_of_date(project: Project) -> None:
    add_run(project, "dpo-1")
    assert newer_judge(project) is None
    ask_by(project, "scores.jsonl")
    assert newer_judge(project) is None
