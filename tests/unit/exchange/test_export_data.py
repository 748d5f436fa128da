"""What goes out comes in again, in every form and kind of file; filters and parts do as told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.exchange.rows_of_forms import ROWS, jsonl
from workbench.core.conversation import Message, user
from workbench.core.errors import DataFileError, KnownError, ProjectError
from workbench.core.ids import new_id
from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice, Origin, OriginKind, Split, Strength, Verdict
from workbench.exchange.export_data import (
    ExportCancelled,
    ExportOptions,
    export_data,
    writable_forms,
)
from workbench.exchange.import_data import import_source
from workbench.formats.form import Form
from workbench.formats.records import Kind
from workbench.store import Project
from workbench.store.exports import stored_examples, stored_pairs, stored_prompts, stored_unpaired
from workbench.store.rows import NewExample, NewPair, NewPrompt

MODEL = Origin(OriginKind.SAMPLED, model="SmolLM2", temperature=0.7, seed=3)
TRAINED = Origin(OriginKind.SAMPLED, model="SmolLM2", run_id="run-1", checkpoint_step=20)
TALK = (Message("system", "Be kind."), Message("user", "Hi"), Message("assistant", "Hello!"),
        Message("user", "Why, “exactly”,\nis it — so?"))  # fmt: skip


def add_pairs(project: Project, count: int = 4) -> list[str]:
    """Pairs of which every second one prefers its second answer; one is a longer talk."""
    pairs = [
        NewPair(TALK if n == 0 else user(f"Question {n}?"), f"First {n}.", f"Second, {n}", MODEL,
                TRAINED)
        for n in range(count)
    ]  # fmt: skip
    project.datasets.add_pairs("Pairs", pairs)
    waiting = project.pairs.waiting("Ada", count)
    for number, pair in enumerate(waiting):
        judge(project, pair.id, "Ada", Choice.SECOND if number % 2 else Choice.FIRST,
              Strength(1 + number % 3))  # fmt: skip
    return [pair.id for pair in waiting]


def judge(
    project: Project, pair_id: str, who: str, choice: Choice, strength: Strength | None = None
) -> None:
    verdict = Verdict(
        id=new_id(), pair_id=pair_id, annotator=who, choice=choice, shown_left=Choice.FIRST,
        created_at=1_790_000_000.5, elapsed_s=2.5, strength=strength,
    )  # fmt: skip
    project.labels.record(verdict)


def add_rows(project: Project, kind: Kind) -> None:
    if kind is Kind.PREFERENCE:
        add_pairs(project)
    elif kind is Kind.SUPERVISED:
        rows = [NewExample(user("Who?"), "Ada.\n\nAnd Grace."), NewExample(user("Où ?"), "Là.")]
        project.datasets.add_examples("Examples", rows)
    elif kind is Kind.PROMPTS:
        rows = [NewPrompt(TALK), NewPrompt(user("6 × 7?"), Split.TRAIN, "42", "number"),
                NewPrompt(user("Never trained?"), Split.HELD_OUT)]  # fmt: skip
        project.datasets.add_prompts("Prompts", rows)
    else:
        rows = [ROWS["trl-kto"], {**ROWS["trl-kto"], "completion": "So.", "label": True}]
        path = jsonl(project.folder / "kto.jsonl", rows)
        import_source(project, path)


def content(project: Project, kind: Kind) -> set[Any]:
    """What is stored, without ids: prompts, answers, origins, verdicts."""
    path = project.database.path
    if kind is Kind.PREFERENCE:
        return {_winner_first(pair) for pair in stored_pairs(path)}
    if kind is Kind.PROMPTS:
        return {
            (p.prompt.messages, p.prompt.split, p.answer, p.check) for p in stored_prompts(path)
        }
    rows = stored_examples(path) if kind is Kind.SUPERVISED else stored_unpaired(path)
    return {(row.prompt.prompt.messages, row.text, row.desirable) for row in rows}


def _winner_first(pair: Any) -> Any:
    answers = [(pair.first.text, pair.first.origin), (pair.second.text, pair.second.origin)]
    (verdict,) = pair.verdicts
    if verdict.choice is Choice.SECOND:
        answers.reverse()
    said = (verdict.annotator, verdict.strength, verdict.created_at, verdict.elapsed_s)
    return pair.prompt.prompt.messages, *answers, *said


def round_trip(project: Project, tmp_path: Path, form: Form, name: str) -> Project:
    path = tmp_path / name
    report = export_data(project, path, ExportOptions(form=form.name))
    assert report.files == (path,)
    second = Project.create(tmp_path / "second", "Second")
    brought = import_source(second, path)
    assert (brought.dataset.row_count, brought.problem_count) == (report.rows, 0)
    return second


KEEP_LESS = {"argilla", "trl-preference-text"}


@pytest.mark.parametrize("form", writable_forms(), ids=lambda form: form.name)
def test_every_form_comes_in_again_as_it_was(project: Project, tmp_path: Path, form: Form) -> None:
    add_rows(project, form.kind)
    with round_trip(project, tmp_path, form, "rows.jsonl") as second:
        if form.name not in KEEP_LESS:
            assert content(second, form.kind) == content(project, form.kind)
        elif form.name == "trl-preference-text":
            longer = {row for row in content(project, form.kind) if row[0] == TALK}
            assert content(second, form.kind) >= content(project, form.kind) - longer
        else:  # all but when, and how long it took
            texts = {row[:-2] for row in content(second, form.kind)}
            assert texts == {row[:-2] for row in content(project, form.kind)}


@pytest.mark.parametrize(
    "name", ["t.csv", "t.tsv", "t.json", "t.parquet", "t.jsonl.gz", "t.csv.gz"]
)
@pytest.mark.parametrize("form", ["trl-preference", "comparison", "trl-kto", "prompts", "sharegpt"])
def test_every_kind_of_file_comes_in_again(
    project: Project, tmp_path: Path, name: str, form: str
) -> None:
    chosen = next(each for each in writable_forms() if each.name == form)
    add_rows(project, chosen.kind)
    with round_trip(project, tmp_path, chosen, name) as second:
        assert content(second, chosen.kind) == content(project, chosen.kind)


@pytest.mark.parametrize("form", ["argilla", "label-studio"])
def test_what_a_table_holds_as_lists_comes_in_again(
    project: Project, tmp_path: Path, form: str
) -> None:
    chosen = next(each for each in writable_forms() if each.name == form)
    add_rows(project, chosen.kind)
    with round_trip(project, tmp_path, chosen, "t.csv") as second:  # all but how long it took
        before, after = (content(each, chosen.kind) for each in (project, second))
        assert {row[:-2] for row in after} == {row[:-2] for row in before}


def rows_of(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_filters_keep_what_is_strong_agreed_on_and_by_the_asked(
    project: Project, tmp_path: Path
) -> None:
    ids = add_pairs(project, 6)  # strengths 1 2 3 1 2 3
    path = tmp_path / "out.jsonl"
    strong = export_data(project, path, ExportOptions(min_strength=Strength.CLEARLY))
    assert (strong.rows, list(strong.left_out.values())) == (4, [2])
    judge(project, ids[0], "Grace", Choice.SECOND, Strength.MUCH)
    judge(project, ids[1], "Grace", Choice.SECOND, Strength.MUCH)
    judge(project, ids[2], "Grace", Choice.TIE)
    judge(project, ids[2], "Alan", Choice.FIRST)
    assert export_data(project, path).rows == 5  # Ada and Grace differ on the first
    assert export_data(project, path, ExportOptions(min_agreement=1.0)).rows == 4
    grace = export_data(project, path, ExportOptions(annotators=("Grace",)))
    assert (grace.rows, sum(grace.left_out.values())) == (2, 4)
    assert {row["verdicts"][0]["annotator"] for row in rows_of(path)} == {"Grace"}
    ties = export_data(project, path, ExportOptions("comparison", annotators=("Grace",)))
    assert [row["winner"] for row in rows_of(path)] == ["response_2", "response_2", "tie"]
    assert ties.rows == 3


def test_every_row_is_written_or_left_out_for_a_reason(project: Project, tmp_path: Path) -> None:
    ids = add_pairs(project, 40)
    project.gold.mark(GoldAnswer(ids[5], Choice.FIRST), "Ada")
    judge(project, ids[6], "Ada", Choice.SKIP)
    path = tmp_path / "out.jsonl"
    report = export_data(project, path)
    assert (report.rows, report.told_rows, report.read_rows) == (38, 38, 40)
    assert report.left_out["gold, which only tests annotators"] == 1
    singly = export_data(project, path, ExportOptions("trl-kto"))
    assert (singly.rows, singly.told_rows, singly.read_rows) == (76, 38, 40)
    # A talk of several turns has no place in this form, in whichever part it is.
    parts = export_data(project, path, ExportOptions("alpaca", held_out_fraction=0.9))
    assert parts.rows + parts.held_out_rows == parts.told_rows == 37
    assert parts.read_rows == 40
    few = ExportOptions("alpaca", held_out_fraction=1.0)
    with pytest.raises(ProjectError, match="ask for a smaller share"):
        export_data(project, path, few)


def test_provenance_is_there_unless_it_is_not_wanted(project: Project, tmp_path: Path) -> None:
    add_pairs(project, 2)
    path = tmp_path / "out.jsonl"
    export_data(project, path)
    row = rows_of(path)[1]
    assert row["chosen_origin"]["run_id"] == "run-1"
    assert row["verdicts"] == [
        {"choice": "first", "annotator": "Ada", "strength": 2,
         "created_at": "2026-09-21T14:13:20.500000+00:00", "elapsed_s": 2.5}
    ]  # fmt: skip
    export_data(project, path, ExportOptions(provenance=False))
    assert [set(row) for row in rows_of(path)] == [{"prompt", "chosen", "rejected"}] * 2


def test_parts_share_no_prompt_and_are_the_same_each_time(project: Project, tmp_path: Path) -> None:
    add_pairs(project, 60)
    pairs = [NewPair(user(f"Question {n}?"), "Other A", "Other B", MODEL, MODEL, Choice.FIRST)
             for n in range(60)]  # fmt: skip
    project.datasets.add_pairs("On the same prompts", pairs)
    held_out = [NewPrompt(user(f"Question {n}?"), Split.HELD_OUT) for n in range(50, 60)]
    project.datasets.add_prompts("Held out", held_out)
    path = tmp_path / "pairs.jsonl.gz"
    report = export_data(project, path, ExportOptions(held_out_fraction=0.2))
    train, held = (rows_of(file) for file in report.files)
    assert [file.name for file in report.files] == [
        "pairs.train.jsonl.gz", "pairs.held_out.jsonl.gz",
    ]  # fmt: skip
    assert (report.rows, report.held_out_rows) == (len(train), len(held))
    assert len(train) + len(held) == 120
    in_train, in_held = ({str(row["prompt"]) for row in rows} for rows in (train, held))
    assert not in_train & in_held
    assert 0.05 < (len(in_held) - 10) / 50 < 0.4
    never = {str([{"role": "user", "content": f"Question {n}?"}]) for n in range(50, 60)}
    assert never <= in_held
    before = [file.read_bytes() for file in report.files]
    export_data(project, path, ExportOptions(held_out_fraction=0.2))
    assert [file.read_bytes() for file in report.files] == before
    whole = export_data(project, tmp_path / "whole.jsonl")
    assert not never & {str(row["prompt"]) for row in rows_of(whole.files[0])}
    assert whole.rows == 100


def test_pairs_become_what_else_they_teach(project: Project, tmp_path: Path) -> None:
    ids = add_pairs(project, 3)
    judge(project, ids[2], "Ada", Choice.BOTH_BAD)
    path = tmp_path / "out.jsonl"
    assert export_data(project, path, ExportOptions("trl-kto")).rows == 6
    assert [row["label"] for row in rows_of(path)] == [True, False, False, True, False, False]
    assert export_data(project, path, ExportOptions("chat-messages")).rows == 2
    assert rows_of(path)[0]["messages"][-1] == {"role": "assistant", "content": "First 0."}


def test_an_export_of_nothing_says_why(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("as it was", encoding="utf-8")
    with pytest.raises(ProjectError, match="label some"):
        export_data(project, path)
    add_pairs(project, 2)
    with pytest.raises(ProjectError, match="2 weaker than asked for"):
        export_data(project, path, ExportOptions(min_strength=Strength.MUCH))
    with pytest.raises(ProjectError, match="not judged by these annotators"):
        export_data(project, path, ExportOptions(annotators=("Nobody",)))
    with pytest.raises(KnownError, match="only read here"):
        export_data(project, path, ExportOptions("ultrafeedback"))
    with pytest.raises(DataFileError, match="must end with"):
        export_data(project, tmp_path / "out.docx")
    with pytest.raises(DataFileError, match="choose another place"):
        export_data(project, tmp_path / "absent" / "out.jsonl")
    with pytest.raises(ExportCancelled):
        export_data(project, path, cancelled=lambda: True)
    assert path.read_text(encoding="utf-8") == "as it was"
    assert {file.name for file in tmp_path.iterdir()} == {"out.jsonl", "project"}
