"""Files come in whole or not at all, and what goes out comes in again."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataFileError, ProjectError
from workbench.core.preferences import Choice, Split
from workbench.exchange.export_file import export_preferences
from workbench.exchange.import_file import Cancelled, ImportOptions, import_file
from workbench.store import Project

GOOD = {"prompt": "Why is the sky blue?", "chosen": "Air scatters blue light.", "rejected": "Well."}


def jsonl(path: Path, *rows: Any) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_preferences_come_in_decided(project: Project, tmp_path: Path) -> None:
    dataset = import_file(project, jsonl(tmp_path / "pairs.jsonl", GOOD))
    assert (dataset.name, dataset.kind, dataset.row_count) == ("pairs", "preference", 1)
    (labelled,) = project.pairs.labelled()
    assert (labelled.example.chosen, labelled.verdict_source) == (GOOD["chosen"], "import")
    assert project.pairs.waiting("Ada", 1) == []


def test_preferences_can_be_asked_again(project: Project, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "pairs.jsonl", GOOD)
    import_file(project, path, ImportOptions(ask_again=True))
    assert project.pairs.labelled() == []
    assert len(project.pairs.waiting("Ada", 5)) == 1


def test_held_out_prompts_are_held_out(project: Project, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "prompts.jsonl", {"prompt": "One?"}, {"prompt": "Two?"})
    import_file(project, path, ImportOptions(held_out=True))
    assert len(project.datasets.prompts(Split.HELD_OUT)) == 2


def test_the_same_file_twice_is_recognised(project: Project, tmp_path: Path) -> None:
    import_file(project, jsonl(tmp_path / "pairs.jsonl", GOOD))
    copy = jsonl(tmp_path / "copy.jsonl", GOOD)
    with pytest.raises(ProjectError, match=r"copy.jsonl is already in this project, as “pairs”"):
        import_file(project, copy)
    assert project.pairs.count() == 1


@pytest.mark.parametrize(
    ("bad_row", "said"),
    [
        ("{not json", "line 2"),
        ({"prompt": "Why?", "chosen": "Because."}, "rejected"),
        ({**GOOD, "chosen": 7}, "chosen"),
    ],
)
def test_a_bad_row_leaves_the_project_as_it_was(
    project: Project, tmp_path: Path, bad_row: Any, said: str
) -> None:
    path = jsonl(tmp_path / "pairs.jsonl", GOOD, bad_row)
    with pytest.raises(DataFileError, match=said) as caught:
        import_file(project, path)
    assert "\n" not in str(caught.value)
    assert project.datasets.all() == []
    assert project.pairs.count() == 0


def test_a_bad_row_far_down_leaves_the_project_as_it_was(project: Project, tmp_path: Path) -> None:
    rows = [{**GOOD, "prompt": f"Question {number}?"} for number in range(500)]
    path = jsonl(tmp_path / "pairs.jsonl", *rows, "{torn")
    with pytest.raises(DataFileError, match="line 501"):
        import_file(project, path)
    assert project.pairs.count() == 0


def test_a_cancelled_import_leaves_nothing(project: Project, tmp_path: Path) -> None:
    rows = [{**GOOD, "prompt": f"Question {number}?"} for number in range(500)]
    seen: list[int] = []

    def give_up(count: int) -> None:
        seen.append(count)
        if count >= 400:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_file(project, jsonl(tmp_path / "pairs.jsonl", *rows), on_progress=give_up)
    assert seen == [200, 400]
    assert project.datasets.all() == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00bad"])
def test_a_file_without_readable_rows_is_refused(
    project: Project, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=r"empty\.jsonl"):
        import_file(project, path)


def test_what_is_exported_can_be_imported(project: Project, tmp_path: Path) -> None:
    rows = [{**GOOD, "prompt": f"Question {number}?"} for number in range(3)]
    import_file(project, jsonl(tmp_path / "pairs.jsonl", *rows))
    exported = tmp_path / "out.jsonl"
    assert export_preferences(project, exported) == 3
    with Project.create(tmp_path / "second", "Second") as second:
        import_file(second, exported)
        texts = [(item.example.prompt, item.example.chosen) for item in second.pairs.labelled()]
        first = [(item.example.prompt, item.example.chosen) for item in project.pairs.labelled()]
        assert texts == first
        assert second.labels.counts() == {Choice.FIRST: 3}


def test_an_export_of_nothing_says_what_to_do(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="label some"):
        export_preferences(project, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
