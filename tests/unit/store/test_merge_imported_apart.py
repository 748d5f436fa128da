"""Two people imported the same file, each on their own: a merge finds each row again.

Nothing of the rows' identifiers agrees then, and either may have been edited or thrown away.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.store.test_label_history import give
from workbench.core import conversation
from workbench.core.ids import new_id
from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice
from workbench.exchange.import_data import ImportOptions, import_source
from workbench.exchange.merge_projects import merge_project
from workbench.store import Project

# The same question again, and a row that is there twice.
ROWS = {
    "pair": [
        {"prompt": f"Why {n}?", "chosen": f"Yes {answer}.", "rejected": "No."}
        for n, answer in ((0, 0), (1, 1), (1, 1), (1, 2))
    ],
    "example": [{"prompt": f"Why {n}?", "completion": "So."} for n in (0, 1, 1, 2)],
    "unpaired": [
        {"prompt": f"Why {n}?", "completion": "So.", "label": n == 0} for n in (0, 1, 1, 2)
    ],
    "prompt": [{"prompt": f"Why {n}?"} for n in range(4)],
}
TABLES = {"pair": "pairs", "example": "examples", "unpaired": "unpaired", "prompt": "prompts"}

_TEXTS = {
    "pair": (
        "SELECT r.id, p.text, a.text, b.text, p.split FROM pairs r JOIN prompts p"
        " ON p.id = r.prompt_id JOIN responses a ON a.id = r.first_id"
        " JOIN responses b ON b.id = r.second_id"
    ),
    "example": "SELECT r.id, p.text, r.completion, p.split FROM examples r"
    " JOIN prompts p ON p.id = r.prompt_id",
    "unpaired": "SELECT r.id, p.text, r.completion, r.desirable, p.split FROM unpaired r"
    " JOIN prompts p ON p.id = r.prompt_id",
    "prompt": "SELECT r.id, r.text, r.split FROM prompts r",
}


def row_ids(project: Project, kind: str) -> list[str]:
    sql = f"SELECT id FROM {TABLES[kind]} ORDER BY position"
    return project.database.read(lambda db: [row[0] for row in db.execute(sql).fetchall()])


def seen(project: Project, kind: str) -> Counter[object]:
    """All that a person sees of the rows, whatever their identifiers are."""

    def query(db: object) -> Counter[object]:
        def of(sql: str, row_id: str) -> object:
            return tuple(sorted(map(tuple, db.execute(sql, [row_id]).fetchall())))

        return Counter(
            (
                texts,
                of("SELECT thrown_at FROM bin WHERE row_id = ?", row_id),
                of("SELECT tag FROM row_tags WHERE row_id = ?", row_id),
                of("SELECT choice, annotator FROM gold WHERE pair_id = ?", row_id),
                of("SELECT annotator, choice, source FROM standing WHERE pair_id = ?", row_id),
                of("SELECT before, after, part FROM row_edits WHERE row_id = ?", row_id),
            )
            for row_id, *texts in map(tuple, db.execute(_TEXTS[kind]).fetchall())
            for texts in [tuple(texts)]
        )

    return project.database.read(query)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each kind two closed projects, `mine` and `yours`, to be copied."""
    folder = tmp_path_factory.mktemp("apart")
    for kind, rows in ROWS.items():
        file = folder / f"{kind}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        for name in ("mine", "yours"):
            with Project.create(folder / kind / name, name) as project:
                import_source(project, file)
    return folder


@contextmanager
def both(apart: Path, kind: str) -> Iterator[tuple[Project, Project]]:
    folder = apart / new_id()
    shutil.copytree(apart / kind, folder)
    with Project.open(folder / "mine") as mine, Project.open(folder / "yours") as yours:
        yield mine, yours
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ROWS)
def test_an_edited_row_is_not_doubled(apart: Path, kind: str) -> None:
    with both(apart, kind) as (mine, yours):
        row = row_ids(yours, kind)[2]
        if kind != "prompt":
            yours.edits.edit_text(kind, row, "first", "Edited.", "Grace")
        yours.edits.edit_prompt(kind, row, conversation.user("Edited?"), "Grace")
        there = seen(yours, kind)
        merged = merge_project(mine, yours.folder)
        assert (merged.datasets, merged.pairs, merged.verdicts) == (0, 0, 0)
        assert seen(mine, kind)[next(iter(there - Counter()))] >= 1
        listed = [item.row_count for item in mine.datasets.all()]
        assert listed == [4]
        assert len(row_ids(mine, kind)) == len(row_ids(yours, kind))
        merge_project(yours, mine.folder)
        assert seen(mine, kind) == seen(yours, kind) == there


def test_an_edit_after_which_the_pair_is_asked_again_takes_the_files_verdict_back(
    apart: Path,
) -> None:
    with both(apart, "pair") as (mine, yours):
        row = row_ids(yours, "pair")[0]
        yours.edits.edit_text("pair", row, "first", "Edited.", "Grace", ask_again=True)
        assert merge_project(mine, yours.folder).verdicts == 1
        assert [pair.first.text for pair in mine.pairs.waiting("Ada", 9)] == ["Edited."]
        assert merge_project(mine, yours.folder).verdicts == 0
        assert seen(mine, "pair") == seen(yours, "pair")


def test_rows_read_in_another_way_come_in_beside(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS["pair"]), "utf-8")
    with closing(Project.create(tmp_path / "other", "Other")) as other:
        import_source(project, file, ImportOptions(ask_again=True))
        import_source(other, file, ImportOptions(held_out=True))
        merge_project(project, other.folder)
        merge_project(project, other.folder)
        assert project.pairs.count() == 4
        assert {row[0][3] for row in seen(project, "pair")} == {"held_out"}
        assert project.pairs.labelled() == []


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["first", "second", "prompt", "again", "throw", "back", "tag", "gold",
                         "give", "undo"]),
        st.integers(0, 3),
    ),
    max_size=5,
)  # fmt: skip


def carry_out(project: Project, kind: str, steps: list[tuple[str, int]], name: str) -> None:
    rows = row_ids(project, kind)[:4]
    thrown: list[str] = []
    for step, number in steps:
        row = rows[number]
        if step in ("first", "second", "again") and kind == "pair":
            part = "second" if step == "second" else "first"
            again = step == "again"
            project.edits.edit_text(kind, row, part, f"{name} {step}.", name, ask_again=again)
        elif step == "first" and kind != "prompt":
            project.edits.edit_text(kind, row, "first", f"{name}.", name)
        elif step == "prompt":
            project.edits.edit_prompt(kind, row, conversation.user(f"{name} {number}?"), name)
        elif step == "throw":
            thrown.append(project.bin.throw(kind, [row]).batch)
        elif step == "back" and thrown:
            project.bin.put_back(thrown.pop())
        elif step == "tag":
            project.tags.add(kind, [row], name)
        elif step == "gold" and kind == "pair":
            project.gold.mark(GoldAnswer(row, Choice.TIE), name)
        elif step == "give" and kind == "pair":
            give(project, row, Choice.SECOND, annotator=name)
        elif step == "undo":
            project.labels.undo(name)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(list(ROWS)), mine=_STEPS, yours=_STEPS)
def test_either_way_gives_the_same_rows_each_once(
    apart: Path, kind: str, mine: list[tuple[str, int]], yours: list[tuple[str, int]]
) -> None:
    with both(apart, kind) as (first, second):
        carry_out(first, kind, mine, "Ada")
        carry_out(second, kind, yours, "Grace")
        merge_project(first, second.folder)
        joined = seen(first, kind)
        merge_project(second, first.folder)
        assert seen(second, kind) == joined
        for project in (first, second):
            (dataset,) = project.datasets.all()
            assert dataset.row_count == sum(1 for row in joined.elements() if not row[1])
            assert len(row_ids(project, kind)) == 4
        merge_project(first, second.folder)
        assert seen(first, kind) == joined
