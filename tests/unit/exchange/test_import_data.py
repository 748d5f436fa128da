"""Every good row comes in, every bad one is told, and an import is whole or not there at all."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.exchange.rows_of_forms import LONG, QUESTION, ROWS, SHORT, jsonl
from workbench.core.conversation import user
from workbench.core.errors import DataFileError, KnownError, ProjectError
from workbench.core.preferences import Choice, Split, Strength
from workbench.exchange.import_data import (
    AlreadyImportedError,
    ImportCancelled,
    ImportOptions,
    ImportProgress,
    NothingImportedError,
    Stage,
    has_rejects,
    import_source,
    same_content,
    save_rejects,
)
from workbench.exchange.probe import probe
from workbench.exchange.sources import Pasted
from workbench.formats.roles import Role
from workbench.store import Project
from workbench.store.learnable import Learnable
from workbench.store.rows import NewPrompt

GOOD = ROWS["trl-preference-text"]
TABLES = (
    "datasets", "unfinished", "imported", "prompts", "prompt_keys", "responses", "pairs",
    "examples", "unpaired", "verdicts", "standing",
)  # fmt: skip


def sizes(project: Project) -> dict[str, int]:
    return project.database.read(lambda db: {name: db[name].count for name in TABLES})


def many(path: Path, count: int, *more: Any) -> Path:
    rows = [{**GOOD, "prompt": f"Question {number}?"} for number in range(count)]
    return jsonl(path, [*rows, *more])


@pytest.mark.parametrize("form", list(ROWS))
def test_every_form_is_recognised_and_comes_in(project: Project, tmp_path: Path, form: str) -> None:
    report = import_source(project, jsonl(tmp_path / "rows.jsonl", [ROWS[form]]))
    assert (report.dataset.row_count, report.problem_count) == (1, 0)
    stored = project.database.read(lambda db: next(iter(db["imported"].rows))["form"])
    assert stored == form
    if report.dataset.kind == "preference":
        (labelled,) = project.pairs.labelled()
        assert labelled.example.prompt == user(QUESTION["content"])
        assert labelled.example.chosen == SHORT["content"]
        assert labelled.example.rejected == LONG["content"]
        assert labelled.verdict_source == "import"


def test_what_a_row_says_of_itself_is_kept(project: Project, tmp_path: Path) -> None:
    import_source(project, jsonl(tmp_path / "a.jsonl", [ROWS["arena"]]))
    (labelled,) = project.pairs.labelled()
    assert (labelled.chosen_origin.model, labelled.rejected_origin.model) == ("alpha", "beta")
    import_source(project, jsonl(tmp_path / "h.jsonl", [ROWS["helpsteer2"]]))
    verdicts = project.database.read(lambda db: list(db["verdicts"].rows))
    assert [row["annotator"] for row in verdicts] == ["arena_user_973", "import"]
    assert [row["strength"] for row in verdicts] == [None, Strength.CLEARLY]
    assert verdicts[0]["created_at"] == 1682351591.1


def test_of_two_empty_answers_nothing_is_learnt(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text("prompt,chosen,rejected\nOne?,Yes.,No.\nTwo?,,\nThree?,Yes.,\n")
    report = import_source(project, path)
    (problem,) = report.problems
    assert str(problem) == "cells.csv, line 3: both answers are empty."
    assert report.dataset.row_count == 2


def test_bad_rows_are_told_and_the_good_ones_come_in(project: Project, tmp_path: Path) -> None:
    path = many(
        tmp_path / "pairs.jsonl", 3, "{torn", "", '[1, 2]', {"prompt": "a", "chosen": "b"},
        {**GOOD, "chosen": 7}, '{"prompt": "\\ud800", "chosen": "b", "rejected": "c"}',
        {**GOOD, "prompt": " "},
    )  # fmt: skip
    report = import_source(project, path)
    assert report.dataset.row_count == 3
    told = [(problem.line, problem.column) for problem in report.problems]
    assert told == [(4, None), (6, None), (7, "rejected"), (8, "chosen"), (9, None), (10, "prompt")]
    assert str(report.problems[2]) == "pairs.jsonl, line 7, column “rejected”: is missing."
    assert has_rejects(project, report.dataset.id)
    saved = tmp_path / "rejects.jsonl"
    assert save_rejects(project, report.dataset.id, saved) == 6
    first = json.loads(saved.read_text(encoding="utf-8").splitlines()[0])
    assert (first["line"], first["row"]) == (4, "{torn")


def test_a_pair_that_parts_before_its_last_answer_says_so(project: Project, tmp_path: Path) -> None:
    row = {"chosen": [QUESTION, SHORT, QUESTION, LONG], "rejected": [QUESTION, LONG]}
    with pytest.raises(NothingImportedError, match="differ in their last answer") as caught:
        import_source(project, jsonl(tmp_path / "turns.jsonl", [row]))
    assert caught.value.problems[0].column == "chosen"
    assert sizes(project)["datasets"] == 0


def test_a_large_file_is_read_by_another_process(project: Project, tmp_path: Path) -> None:
    path = many(tmp_path / "large.jsonl", 4000, "{torn")
    told: list[ImportProgress] = []
    report = import_source(project, path, on_progress=told.append)
    assert (report.dataset.row_count, report.problem_count) == (4000, 1)
    assert [problem.line for problem in report.problems] == [4001]
    assert {each.stage for each in told} == {Stage.READING, Stage.STORING}
    assert [each.share for each in told] == sorted(each.share for each in told)
    assert told[-1].share == pytest.approx(1.0)
    assert sizes(project) | {"datasets": 1, "unfinished": 0, "pairs": 4000, "prompts": 4000,
                             "prompt_keys": 4000, "responses": 8000} == sizes(project)  # fmt: skip
    assert project.database.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []


@pytest.mark.parametrize("stage", [Stage.READING, Stage.STORING])
@pytest.mark.parametrize("count", [300, 4000])
def test_a_cancelled_import_leaves_nothing(
    project: Project, tmp_path: Path, stage: Stage, count: int
) -> None:
    import_source(project, jsonl(tmp_path / "before.jsonl", [{**GOOD, "prompt": "Question 7?"}]))
    before = sizes(project)
    reached: set[Stage] = set()
    with pytest.raises(ImportCancelled):
        import_source(
            project,
            many(tmp_path / "many.jsonl", count),
            on_progress=lambda progress: reached.add(progress.stage),
            cancelled=lambda: stage in reached,
        )
    assert sizes(project) == before
    assert [file.name for file in project.imports.folder.iterdir()] == []
    assert import_source(project, tmp_path / "many.jsonl").dataset.row_count == count


_IMPORTER = """
import sys, time
from pathlib import Path
from workbench.exchange.import_data import Stage, import_source
from workbench.store import Project
from workbench.store.learnable import Learnable

def tell(progress):
    if progress.stage is Stage.STORING and progress.share > 0.6:
        print("storing", flush=True)
        time.sleep(600)  # it is killed here, never after the last row

with Project.open(Path(sys.argv[1])) as project:
    import_source(project, Path(sys.argv[2]), on_progress=tell)
"""


def test_an_import_that_is_killed_leaves_nothing(project: Project, tmp_path: Path) -> None:
    folder = project.folder
    before = sizes(project)
    project.close()
    path = many(tmp_path / "many.jsonl", 6000)
    importer = subprocess.Popen(
        [sys.executable, "-c", _IMPORTER, str(folder), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert importer.stdout is not None
    with importer.stdout as lines:
        assert lines.readline() == "storing\n"
        os.kill(importer.pid, signal.SIGKILL)
    importer.wait()
    with Project.open(folder) as reopened:
        assert reopened.datasets.all() == []
        assert reopened.pairs.count() == 0
        reopened.imports.sweep()
        assert sizes(reopened) == before
        assert list(reopened.imports.folder.iterdir()) == []


def test_an_import_that_the_disk_has_no_room_for_leaves_nothing(
    project: Project, tmp_path: Path
) -> None:
    path = many(tmp_path / "pairs.jsonl", 3000)

    def limit(pages: int) -> None:
        project.database.read(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    limit(1)
    with pytest.raises(ProjectError, match=r"could not be stored.*disk is full.*Nothing of it"):
        import_source(project, path)
    limit(4294967294)
    assert not any(sizes(project).values())
    assert import_source(project, path).dataset.row_count == 3000


def test_the_same_file_and_the_same_rows_are_recognised(project: Project, tmp_path: Path) -> None:
    path = many(tmp_path / "pairs.jsonl", 3)
    first = import_source(project, path).dataset
    assert same_content(project, path) == first
    with pytest.raises(AlreadyImportedError, match=r"“pairs”: it is the same file") as caught:
        import_source(project, path)
    assert caught.value.dataset == first
    turned = tmp_path / "turned.json.gz"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    turned.write_bytes(gzip.compress(json.dumps(rows[::-1]).encode()))
    with pytest.raises(AlreadyImportedError, match="it holds the same rows"):
        import_source(project, turned)
    again = import_source(project, turned, ImportOptions(even_again=True)).dataset
    assert (again.name, again.row_count) == ("turned", 3)
    assert sizes(project)["prompts"] == 3


def test_columns_can_be_put_right(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('what,good one,bad one\nWhy?,So.,"Well, so."\n', encoding="utf-8")
    with pytest.raises(KnownError, match="lacks a column for"):
        import_source(project, path)
    mapping = {Role.PROMPT: "what", Role.CHOSEN: "good one", Role.REJECTED: "bad one"}
    import_source(project, path, ImportOptions(form="trl-preference-text", mapping=mapping))
    (labelled,) = project.pairs.labelled()
    assert labelled.example.rejected == "Well, so."


def test_options_are_followed(project: Project, tmp_path: Path) -> None:
    options = ImportOptions(name="To label", ask_again=True)
    report = import_source(project, many(tmp_path / "a.jsonl", 2), options)
    assert report.dataset.name == "To label"
    assert len(project.pairs.waiting("Ada", 5)) == 2
    import_source(project, many(tmp_path / "b.jsonl", 3), ImportOptions(held_out=True))
    assert len(project.datasets.prompts(Split.HELD_OUT)) == 3
    assert project.pairs.labelled() == []
    import_source(project, jsonl(tmp_path / "c.jsonl", [GOOD]), ImportOptions(annotator="Grace"))
    annotators = project.database.read(lambda db: {row["annotator"] for row in db["standing"].rows})
    assert annotators == {"import", "Grace"}


def test_pasted_text_and_folders_are_sources(project: Project, tmp_path: Path) -> None:
    pasted = import_source(project, Pasted("Why is grass green?\nWhy is snow white?\n"))
    assert (pasted.dataset.name, pasted.dataset.kind) == ("Pasted rows", "prompts")
    assert pasted.dataset.row_count == 2
    table = import_source(project, Pasted("prompt\tchosen\trejected\nWhy?\tSo.\tWell.\n"))
    assert table.dataset.kind == "preference"
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    many(folder / "a.jsonl", 2, "{torn")
    jsonl(folder / "deep" / "b.jsonl", [{**GOOD, "prompt": "Another?"}])
    report = import_source(project, folder)
    assert (report.dataset.name, report.dataset.row_count) == ("folder", 3)
    assert [problem.file for problem in report.problems] == ["a.jsonl"]


def test_known_prompts_are_shared_and_stay_held_out(project: Project, tmp_path: Path) -> None:
    project.datasets.add_prompts("Held", [NewPrompt(user("Question 1?"), Split.HELD_OUT)])
    import_source(project, many(tmp_path / "pairs.jsonl", 3))
    assert sizes(project)["prompts"] == 3
    assert len(project.pairs.labelled()) == 2
    held = jsonl(tmp_path / "p.jsonl", [{"prompt": "Question 2?", "split": "held_out"}])
    import_source(project, held)
    assert len(project.pairs.labelled()) == 1
    answers = jsonl(tmp_path / "q.jsonl", [{"prompt": "Question 0?", "answer": "Four"},
                                           {"prompt": "New?", "answer": "7"}])  # fmt: skip
    assert import_source(project, answers).dataset.row_count == 1
    known = project.database.read(
        lambda db: {row["text"]: row["answer_check"] for row in db["prompts"].rows}
    )
    assert (known["Question 0?"], known["New?"]) == ("exact", "number")
    with pytest.raises(ProjectError, match="nothing new"):
        import_source(project, jsonl(tmp_path / "r.jsonl", [{"prompt": "New?"}]))


def test_judged_answers_come_in(project: Project, tmp_path: Path) -> None:
    rows = [ROWS["trl-kto"], {**ROWS["trl-kto"], "completion": SHORT["content"], "label": True}]
    dataset = import_source(project, jsonl(tmp_path / "kto.jsonl", rows)).dataset
    assert dataset.kind == "unpaired"
    judged = Learnable(project.database).judged()
    assert [(each.completion, each.desirable) for each in judged] == [
        (LONG["content"], False), (SHORT["content"], True),
    ]  # fmt: skip


def test_several_verdicts_on_a_pair_keep_their_annotators(project: Project, tmp_path: Path) -> None:
    row = {**ROWS["argilla"], "preference.responses.status": ["submitted", "submitted"]}
    import_source(project, jsonl(tmp_path / "argilla.jsonl", [row]))
    standing = project.database.read(
        lambda db: {row["annotator"]: row["choice"] for row in db["standing"].rows}
    )
    assert standing == {"ada": Choice.FIRST, "grace": Choice.SECOND}


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\n\n", "empty"), (b"\xff\xfe\x00bad", "UTF-8"), (b"\x1f\x8bno", "damaged")],
)
def test_a_file_without_readable_rows_is_refused(
    project: Project, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=said):
        import_source(project, path)
    with pytest.raises(DataFileError, match="no such file"):
        import_source(project, tmp_path / "absent.jsonl")
    assert sizes(project)["datasets"] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_names_that_are_no_text_are_no_obstacle(project: Project, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(b"prompt,chosen,rejected,caf\xe9\nWhy?,So.,Well.,x\nHow?,a,\xff,y\n")
    report = import_source(project, path)
    assert (report.dataset.name, report.dataset.row_count) == ("caf?", 1)
    assert [problem.reason for problem in report.problems] == ["is not UTF-8 text"]


def test_how_many_rows_a_large_file_has_is_told_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    answer = "long " * 200
    rows = (json.dumps({"prompt": f"{n:05}", "completion": answer}) for n in range(6_000))
    path.write_text("\n".join(rows), encoding="utf-8")
    assert probe(path).row_estimate == pytest.approx(6_000, rel=0.05)
