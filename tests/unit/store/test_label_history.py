"""Undo and redo have no end, outlive a restart, and never change what was written."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core import conversation
from workbench.core.ids import new_id
from workbench.core.preferences import (
    Choice,
    Origin,
    OriginKind,
    Span,
    Strength,
    Verdict,
    VerdictDetails,
)
from workbench.store import Project
from workbench.store.rows import NewPair

ORIGIN = Origin(OriginKind.SAMPLED, model="tiny")


def add_pairs(project: Project, count: int) -> list[str]:
    pairs = [
        NewPair(conversation.user(f"Question {n}?"), f"Short {n}.", f"Long {n}.", ORIGIN, ORIGIN)
        for n in range(count)
    ]
    project.datasets.add_pairs("Pairs", pairs)
    return [pair.id for pair in project.pairs.waiting("Ada", count)]


def give(
    project: Project,
    pair_id: str,
    choice: Choice,
    *,
    annotator: str = "Ada",
    source: str = "label",
    replaces: str | None = None,
    details: VerdictDetails | None = None,
) -> Verdict:
    verdict = Verdict(
        id=new_id(), pair_id=pair_id, annotator=annotator, choice=choice, shown_left=Choice.FIRST,
        created_at=time.time(), elapsed_s=1.0, strength=Strength.MUCH, source=source,
        replaces=replaces, details=details,
    )  # fmt: skip
    project.labels.record(verdict)
    return verdict


def standing(project: Project, annotator: str = "Ada") -> dict[str, str]:
    sql = "SELECT pair_id, choice FROM standing WHERE annotator = ?"
    return dict(project.database.read(lambda db: db.execute(sql, [annotator]).fetchall()))


def test_what_was_undone_is_redone_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    with Project.create(folder, "Restarted") as project:
        first, second, third = add_pairs(project, 3)
        for pair_id, choice in ((first, Choice.FIRST), (second, Choice.TIE), (third, Choice.SKIP)):
            give(project, pair_id, choice)
        project.labels.undo("Ada")
        project.labels.undo("Ada")
    with Project.open(folder) as project:
        undone = project.labels.undo("Ada")
        assert undone is not None
        assert undone.pair_id == first
        assert standing(project) == {}
        redone = [project.labels.redo("Ada") for _ in range(4)]
        assert [item.pair_id if item else None for item in redone] == [first, second, third, None]
        assert standing(project) == {first: "first", second: "tie", third: "skip"}
        assert len(project.labels.history(first)) == 3


def test_a_new_verdict_ends_what_could_be_redone(project: Project) -> None:
    first, second = add_pairs(project, 2)
    give(project, first, Choice.FIRST)
    project.labels.undo("Ada")
    give(project, second, Choice.SECOND)
    assert project.labels.redo("Ada") is None
    assert standing(project) == {second: "second"}


def test_undoing_a_changed_mind_brings_the_first_verdict_back(project: Project) -> None:
    (pair_id,) = add_pairs(project, 1)
    before = give(project, pair_id, Choice.FIRST)
    give(project, pair_id, Choice.SECOND, replaces=before.id)
    assert standing(project) == {pair_id: "second"}
    project.labels.undo("Ada")
    assert standing(project) == {pair_id: "first"}
    project.labels.redo("Ada")
    assert standing(project) == {pair_id: "second"}
    project.labels.undo("Ada")
    project.labels.undo("Ada")
    assert standing(project) == {}


def test_a_repeat_is_kept_and_changes_nothing_that_stands(project: Project) -> None:
    (pair_id,) = add_pairs(project, 1)
    give(project, pair_id, Choice.FIRST)
    repeat = give(project, pair_id, Choice.SECOND, source="repeat")
    assert standing(project) == {pair_id: "first"}
    undone = project.labels.undo("Ada")
    assert undone == repeat
    taken_back = project.labels.history(pair_id)[-1]
    assert (taken_back.choice, taken_back.source, taken_back.replaces) == (
        None, "repeat", repeat.id,
    )  # fmt: skip
    assert standing(project) == {pair_id: "first"}


def test_details_come_back_and_are_redone(project: Project) -> None:
    (pair_id,) = add_pairs(project, 1)
    details = VerdictDetails(
        picked_by="unsure", score_source="rm", unsureness=0.9, flag="Names a person",
        note="See the last line", tags=("too long", "wrong fact"),
        aspects={"helpful": Choice.FIRST, "honest": Choice.TIE},
        spans=(Span("r1", 3, 7, "text", is_good=False),),
    )  # fmt: skip
    given_verdict = give(project, pair_id, Choice.FIRST, details=details)
    assert project.labels.history(pair_id) == [given_verdict]
    project.labels.undo("Ada")
    again = project.labels.redo("Ada")
    assert again is not None
    assert project.labels.history(pair_id)[-1].details == details
    assert project.labels.picked("Ada") == {"unsure": 1}


def test_undo_leaves_others_and_files_alone(project: Project) -> None:
    (pair_id,) = add_pairs(project, 1)
    give(project, pair_id, Choice.FIRST, annotator="Grace")
    give(project, pair_id, Choice.FIRST, annotator="import", source="import")
    assert project.labels.undo("Ada") is None
    assert project.labels.undo("import") is None


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.one_of(st.integers(0, 5), st.sampled_from(["undo", "redo"])), max_size=25))
def test_undo_and_redo_are_those_of_an_editor(shared: Path, steps: list[int | str]) -> None:
    """Against the model everybody knows: two stacks."""
    with Project.create(shared / new_id(), "Model") as project:
        pairs = add_pairs(project, 6)
        done: list[tuple[str, Choice]] = []
        undone: list[tuple[str, Choice]] = []
        for number, step in enumerate(steps):
            if step == "undo":
                project.labels.undo("Ada")
                if done:
                    undone.append(done.pop())
            elif step == "redo":
                project.labels.redo("Ada")
                if undone:
                    done.append(undone.pop())
            else:
                choice = (Choice.FIRST, Choice.SECOND, Choice.TIE)[number % 3]
                give(project, pairs[int(step)], choice)
                done.append((pairs[int(step)], choice))
                undone.clear()
            assert standing(project) == {pair_id: choice.value for pair_id, choice in done}
