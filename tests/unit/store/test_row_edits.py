"""Editing, tagging, throwing away and adding rows: nothing that was there is lost."""

from __future__ import annotations

import pytest

from workbench.core.conversation import user
from workbench.core.errors import ProjectError
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.store import Project
from workbench.store.browse import RowFilter
from workbench.store.row_detail import RowDetail, read_row
from workbench.store.rows import NewExample, NewPair, NewPrompt

FILE = Origin(OriginKind.IMPORTED, note="tea.jsonl")


def pair(prompt: str, choice: Choice | None = Choice.FIRST, split: Split = Split.TRAIN) -> NewPair:
    return NewPair(user(prompt), f"{prompt} yes", f"{prompt} no", FILE, FILE, choice, split)


def ids(project: Project, kind: str = "pair") -> list[str]:
    return project.browse.row_ids(kind, project.browse.all_keys(RowFilter(kind)))


def detail(project: Project, row_id: str, kind: str = "pair") -> RowDetail:
    found = read_row(project.database, kind, row_id)
    assert found is not None
    return found


def test_an_edited_answer_keeps_its_parent_its_history_and_the_verdict(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair("Tea?")])
    (row_id,) = ids(project)
    before = detail(project, row_id)
    assert project.edits.edit_text("pair", row_id, "first", "Yes, hot.", "ada")
    after = detail(project, row_id)
    assert [answer.text for answer in after.answers] == ["Yes, hot.", "Tea? no"]
    assert after.answers[0].parent_id == before.answers[0].id
    assert after.answers[0].origin.kind is OriginKind.EDITED
    (edit,) = after.edits
    assert (edit.part, edit.before, edit.after, edit.editor) == (
        "first", "Tea? yes", "Yes, hot.", "ada",
    )  # fmt: skip
    (labelled,) = project.pairs.labelled()
    assert labelled.example.chosen == "Yes, hot."
    assert not project.edits.edit_text("pair", row_id, "first", "Yes, hot.", "ada")


def test_an_edit_can_ask_for_the_verdict_again(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair("Tea?")])
    (row_id,) = ids(project)
    project.edits.edit_text("pair", row_id, "second", "Never.", "ada", ask_again=True)
    assert project.pairs.labelled() == []
    assert [item.id for item in project.pairs.waiting("ada", 5)] == [row_id]
    assert [verdict.choice for verdict in detail(project, row_id).verdicts] == [Choice.FIRST, None]


def test_a_prompt_is_edited_in_its_row_alone(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair("Tea?"), pair("Tea?", split=Split.HELD_OUT)])
    first, second = ids(project)
    assert project.edits.edit_prompt("pair", first, user("Green tea?"), "ada")
    edited, other = detail(project, first), detail(project, second)
    assert edited.prompt.messages == user("Green tea?")
    assert edited.prompt.split is Split.HELD_OUT  # what was held out stays held out
    assert other.prompt.messages == user("Tea?")
    assert [answer.text for answer in edited.answers] == ["Tea? yes", "Tea? no"]
    assert not {answer.id for answer in edited.answers} & {answer.id for answer in other.answers}


def test_examples_and_lone_prompts_are_edited_too(project: Project) -> None:
    project.datasets.add_examples("Ex", [NewExample(user("Tea?"), "A drink.")])
    project.datasets.add_prompts("List", [NewPrompt(user("Why?")), NewPrompt(user("Tea?"))])
    (example,) = ids(project, "example")
    (lone,) = ids(project, "prompt")
    project.edits.edit_text("example", example, "first", "A hot drink.", "ada")
    assert detail(project, example, "example").answers[0].text == "A hot drink."
    assert detail(project, example, "example").edits[0].before == "A drink."
    project.edits.edit_prompt("prompt", lone, user("Why not?"), "ada")
    assert detail(project, lone, "prompt").prompt.messages == user("Why not?")
    with pytest.raises(ProjectError, match="in the project already"):
        project.edits.edit_prompt("prompt", lone, user("Tea?"), "ada")
    with pytest.raises(ProjectError, match="can't be empty"):
        project.edits.edit_text("example", example, "first", "  ", "ada")


def test_thrown_rows_are_gone_everywhere_and_come_back_together(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair("One"), pair("Two"), pair("Three", None)])
    one, two, three = ids(project)
    thrown = project.bin.throw("pair", [one, three, "unknown"])
    assert thrown.row_count == 2
    assert ids(project) == [two]
    assert [dataset.row_count for dataset in project.datasets.all()] == [1]
    assert [item.example.pair_id for item in project.pairs.labelled()] == [two]
    assert project.pairs.waiting("ada", 5) == []
    assert project.labels.progress("ada").total == 0
    assert [item.row_count for item in project.bin.batches()] == [2]
    assert project.bin.put_back(thrown.batch) == 2
    assert ids(project) == [one, two, three]
    assert [dataset.row_count for dataset in project.datasets.all()] == [3]
    assert project.labels.progress("ada").total == 1


def test_thrown_examples_and_prompts_train_nothing(project: Project) -> None:
    project.datasets.add_examples("Ex", [NewExample(user("Tea?"), "A drink.")])
    project.datasets.add_prompts("List", [NewPrompt(user("Why?"))])
    project.bin.throw("example", ids(project, "example"))
    project.bin.throw("prompt", ids(project, "prompt"))
    assert project.datasets.examples() == []
    assert [item.messages for item in project.datasets.prompts(Split.TRAIN)] == [user("Tea?")]


def test_tags_are_put_on_counted_and_taken_off(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair("One"), pair("Two")])
    one, two = ids(project)
    assert project.tags.add("pair", [one, two], "  to  check ") == "to check"
    project.tags.add("pair", [one], "to check")
    project.tags.remove([two], "to check")
    assert project.tags.counts() == {"to check": 1}
    assert detail(project, one).tags == ("to check",)
    for bad in ("  ", "x" * 41):
        with pytest.raises(ProjectError):
            project.tags.add("pair", [one], bad)


def test_rows_are_added_one_by_one(project: Project) -> None:
    dataset_id = project.added.new_dataset("By hand", "preference")
    (row_id,) = project.added.add_pairs(dataset_id, [pair("Tea?")], "ada")
    assert project.labels.history(row_id)[0].annotator == "ada"
    list_id = project.added.new_dataset("Prompts", "prompts")
    project.added.add_prompt(list_id, NewPrompt(user("Why?")))
    with pytest.raises(ProjectError, match="already"):
        project.added.add_prompt(list_id, NewPrompt(user("Why?")))
    examples = project.added.new_dataset("Examples", "supervised")
    project.added.add_example(examples, NewExample(user("Why?"), "Because."))
    assert [dataset.row_count for dataset in project.datasets.all()] == [1, 1, 1]


def test_rows_added_by_hand_gather_in_one_data_set_of_each_kind(project: Project) -> None:
    for prompt in ("Tea?", "Coffee?"):
        project.added.add_pairs(None, [pair(prompt)], "ada")
    project.added.add_example(None, NewExample(user("Why?"), "Because."))
    with pytest.raises(ProjectError, match="already"):
        project.added.add_prompt(None, NewPrompt(user("Why?")))
    project.added.add_prompt(None, NewPrompt(user("How hot?")))
    found = [(each.name, each.kind, each.row_count) for each in project.datasets.all()]
    assert sorted(found) == [
        ("Added by hand", "preference", 2),
        ("Added by hand", "prompts", 1),
        ("Added by hand", "supervised", 1),
    ]
