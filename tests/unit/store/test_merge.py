"""Two copies of a project join without loss and without doubling, in whatever order."""

import json
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.store.test_label_history import ORIGIN, add_pairs, give, standing
from workbench.core import conversation
from workbench.core.errors import ProjectError
from workbench.core.ids import new_id
from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice, Split, VerdictDetails
from workbench.exchange.import_data import ImportOptions, import_source
from workbench.exchange.merge_projects import merge_project
from workbench.store import Project
from workbench.store.edited_answers import Edit
from workbench.store.rows import NewExample, NewPair, NewPrompt

# Everything that people make; `standing` must follow from it.
_TABLES = (
    "datasets", "prompts", "responses", "pairs", "examples", "votes", "verdicts", "standing",
    "verdict_details", "verdict_aspects", "verdict_spans", "annotators", "gold", "edits",
    "unsureness", "row_tags", "row_edits", "bin", "put_back", "prompt_keys",
)  # fmt: skip


def contents(project: Project) -> dict[str, set[tuple[object, ...]]]:
    def query(db: object) -> dict[str, set[tuple[object, ...]]]:
        return {table: set(db.execute(f"SELECT * FROM {table}").fetchall()) for table in _TABLES}

    return project.database.read(query)


def copy_of(project: Project, folder: Path) -> Project:
    folder.mkdir()
    project.database.backup(folder / "project.sqlite")
    return Project.open(folder)


def test_two_annotators_copies_join(project: Project, tmp_path: Path) -> None:
    pairs = add_pairs(project, 6)
    give(project, pairs[0], Choice.FIRST)
    with copy_of(project, tmp_path / "copy") as other:
        details = VerdictDetails(
            picked_by="random", note="Hm", tags=("too long",), aspects={"honest": Choice.TIE}
        )
        give(other, pairs[0], Choice.SECOND, annotator="Grace", details=details)
        give(other, pairs[1], Choice.TIE, annotator="Grace")
        other.labels.undo("Grace")
        other.gold.mark(GoldAnswer(pairs[5], Choice.FIRST), "Grace")
        pair = other.pairs.get(pairs[2])
        other.edited_answers.save(Edit(pair, pair.first, "Edited.", "Grace"))
        other.scores.put("rm", [(pairs[3], 0.5)])
        add_pairs(other, 2)
        give(project, pairs[4], Choice.SECOND)
        merged = merge_project(project, other.folder)
        assert (merged.verdicts, merged.pairs, merged.datasets) == (4, 3, 1)
        assert merged.annotators == ("Ada", "Grace")
        assert standing(project) == {pairs[0]: "first", pairs[4]: "second"}
        assert standing(project, "Grace")[pairs[0]] == "second"
        assert pairs[1] not in standing(project, "Grace")
        assert project.labels.history(pairs[0])[-1].details == details
        assert project.queue.disagreements() == [pairs[0]]
        assert project.gold.count() == 1
        assert "Edited." in {item.example.chosen for item in project.pairs.labelled()}
        once = contents(project)
        again = merge_project(project, other.folder)
        assert (again.verdicts, again.pairs, again.datasets) == (0, 0, 0)
        assert contents(project) == once
        merge_project(other, project.folder)
        assert contents(other) == once


def test_the_same_file_in_both_is_one_data_set(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"Why {n}?", "chosen": "Yes.", "rejected": "No."} for n in (0, 1, 1)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with Project.create(tmp_path / "other", "Other") as other:
        for each in (project, other):
            import_source(each, file, ImportOptions(ask_again=True))
        for each, name in ((project, "Ada"), (other, "Grace")):
            for pair in each.pairs.waiting(name, 5):
                give(each, pair.id, Choice.FIRST, annotator=name)
        merge_project(project, other.folder)
        merge_project(project, other.folder)
    assert len(project.datasets.all()) == 1
    assert project.pairs.count() == 3
    assert set(standing(project).items()) == set(standing(project, "Grace").items())
    assert len(standing(project)) == 3


def test_a_prompt_held_out_in_one_copy_never_trains(project: Project, tmp_path: Path) -> None:
    (pair_id,) = add_pairs(project, 1)
    give(project, pair_id, Choice.FIRST)
    with copy_of(project, tmp_path / "copy") as other:
        held_out = [NewPrompt(conversation.user("Question 0?"), Split.HELD_OUT)]
        other.datasets.add_prompts("Held out", held_out)
        assert len(project.pairs.labelled()) == 1
        merge_project(project, other.folder)
    assert project.pairs.labelled() == []


def test_what_was_done_to_rows_last_holds_in_both_copies(project: Project, tmp_path: Path) -> None:
    pairs = add_pairs(project, 5)
    project.datasets.add_examples("Told", [NewExample(conversation.user("Who?"), "Ada.")])
    with copy_of(project, tmp_path / "copy") as other:
        (example,) = rows(project, "examples")
        other.edits.edit_text("example", example, "first", "Ada Lovelace.", "Grace")
        project.edits.edit_text("pair", pairs[0], "first", "Mine.", "Ada")
        other.edits.edit_text("pair", pairs[0], "second", "Yours.", "Grace")
        both = project.bin.throw("pair", [pairs[1], pairs[2]])
        theirs = other.bin.throw("pair", [pairs[1], pairs[3]])
        give(project, pairs[3], Choice.FIRST)
        project.gold.mark(GoldAnswer(pairs[4], Choice.FIRST), "Ada")
        other.gold.mark(GoldAnswer(pairs[4], Choice.SECOND), "Grace")
        merged = merge_project(project, other.folder)
        assert (merged.thrown, merged.verdicts) == (1, 0)
        merge_project(other, project.folder)
        for each in (project, other):
            pair = each.pairs.get(pairs[0])
            assert (pair.first.text, pair.second.text) == ("Mine.", "Yours.")
            assert [item.completion for _, item in each.datasets.examples()] == ["Ada Lovelace."]
            assert each.pairs.count() == 2
            assert [item.row_count for item in each.datasets.all()] == [2, 1]
        assert contents(project) == contents(other)
        assert project.bin.put_back(theirs.batch) == 2
        assert standing(project) == {pairs[3]: "first"}
        once = contents(project)
        assert merge_project(project, other.folder).thrown == 0
        assert contents(project) == once
        merge_project(other, project.folder)
        assert contents(other) == once
        assert project.bin.put_back(both.batch) == 1


def test_a_reworded_prompt_is_found_by_its_new_words_alone(
    project: Project, tmp_path: Path
) -> None:
    project.datasets.add_prompts("Asked", [NewPrompt(conversation.user("Who is it?"))])
    with copy_of(project, tmp_path / "copy") as other:
        (prompt,) = rows(project, "prompts")
        other.edits.edit_prompt("prompt", prompt, conversation.user("Who was it?"), "Grace")
        merge_project(project, other.folder)
        merge_project(other, project.folder)
        assert contents(project) == contents(other)
    assert [row[2] for row in contents(project)["prompts"]] == ["Who was it?"]
    project.datasets.add_prompts("More", [NewPrompt(conversation.user("Who is it?"))])
    assert len(rows(project, "prompts")) == 2


def rows(project: Project, table: str) -> list[str]:
    return project.database.read(lambda db: [row["id"] for row in db[table].rows])


def test_what_can_not_be_merged_says_why(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="holds no project"):
        merge_project(project, tmp_path)
    with pytest.raises(ProjectError, match="choose the other copy"):
        merge_project(project, project.folder)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "project.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(ProjectError, match="nothing was merged"):
        merge_project(project, broken)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with four pairs, to be copied."""
    folder = tmp_path_factory.mktemp("merges") / "base"
    with Project.create(folder, "Base") as project:
        add_pairs(project, 4)
    return folder


_STEPS = st.lists(
    st.tuples(st.sampled_from(["give", "undo", "redo", "add", "edit"]), st.integers(0, 3)),
    max_size=6,
)


def carry_out(project: Project, steps: list[tuple[str, int]], name: str) -> None:
    pairs = [pair.id for pair in project.pairs.waiting("nobody", 4)]
    choices = (Choice.FIRST, Choice.SECOND, Choice.TIE, Choice.SKIP)
    for step, number in steps:
        if step == "give":
            give(project, pairs[number], choices[number], annotator=name)
        elif step == "undo":
            project.labels.undo(name)
        elif step == "redo":
            project.labels.redo(name)
        elif step == "edit":
            pair = project.pairs.get(pairs[number])
            project.edited_answers.save(Edit(pair, pair.first, f"{name} {time.time_ns()}", name))
        else:
            prompt = conversation.user(f"New {number}?")
            project.datasets.add_pairs(name, [NewPair(prompt, "A", "B", ORIGIN, ORIGIN)])


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mine=_STEPS, yours=_STEPS)
def test_merging_either_way_gives_the_same_and_twice_adds_nothing(
    base: Path, mine: list[tuple[str, int]], yours: list[tuple[str, int]]
) -> None:
    folders = [base.with_name(f"{name}-{new_id()}") for name in ("mine", "yours")]
    for folder in folders:
        shutil.copytree(base, folder)
    with Project.open(folders[0]) as first, Project.open(folders[1]) as second:
        carry_out(first, mine, "Ada")
        carry_out(second, yours, "Grace")
        before = (ids(first), ids(second))
        merge_project(first, second.folder)
        merge_project(second, first.folder)
        joined = contents(first)
        for table in ("verdicts", "responses", "pairs", "datasets", "edits"):
            assert ids(first)[table] == before[0][table] | before[1][table]
        for table in ("verdicts", "standing", "verdict_details", "annotators", "gold", "edits"):
            assert contents(second)[table] == joined[table]
        merge_project(first, second.folder)
        assert contents(first) == joined
    for folder in folders:
        shutil.rmtree(folder)


def ids(project: Project) -> dict[str, set[object]]:
    return {table: {row[0] for row in rows} for table, rows in contents(project).items()}
