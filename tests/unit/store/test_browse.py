"""Finding rows: by words, filters and order, with an index that catches up by itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from workbench.core.conversation import user
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.store import Project, search_index
from workbench.store.browse import Order, RowFilter
from workbench.store.reading import Stopped, reading
from workbench.store.rows import NewExample, NewPair, NewPrompt
from workbench.store.search_index import IndexProgress
from workbench.store.search_query import match_expression

FILE = Origin(OriginKind.IMPORTED, note="tea.jsonl")
MODEL = Origin(OriginKind.SAMPLED, model="SmolLM")


def pair(
    prompt: str, first: str = "Yes.", second: str = "No.", choice: Choice | None = None,
    split: Split = Split.TRAIN, origin: Origin = FILE,
) -> NewPair:  # fmt: skip
    return NewPair(user(prompt), first, second, FILE, origin, choice, split)


@pytest.fixture
def tea(project: Project) -> Project:
    project.datasets.add_pairs(
        "Tea",
        [
            pair("Is green tea strong?", "Not very.", "It depends on how long it draws."),
            pair("What is coffee?", "A drink.", "A strong drink.", Choice.FIRST),
            pair("Thé vert?", "Oui, très strong.", "Non.", split=Split.HELD_OUT, origin=MODEL),
        ],
    )
    project.index.catch_up()
    return project


def prompts(project: Project, wanted: RowFilter, order: Order = Order.STORED) -> list[str]:
    keys = project.browse.all_keys(wanted, order)
    assert list(project.browse.first_keys(wanted, order, 2)) == list(keys[:2])
    return [row.prompt for row in project.browse.page(wanted.kind, keys)]


GREEN, COFFEE, THE = "Is green tea strong?", "What is coffee?", "Thé vert?"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("strong", [GREEN, COFFEE, THE]),
        ("strong drink", [COFFEE]),
        ('"strong drink"', [COFFEE]),
        ('"drink strong"', []),
        ("strong -drink", [GREEN, THE]),
        ("the ", [THE]),  # accents don't matter
        ("dep", [GREEN]),  # the word that is being typed
        ("dep ", []),
        ("dep* tea", [GREEN]),
        ("STRONG? (very)", [GREEN]),
        ('un"closed', []),
        ("pair", []),  # not a word of any row
        ("-strong", []),
        ("***", []),
    ],
)
def test_words_are_found_wherever_they_stand(tea: Project, typed: str, found: list[str]) -> None:
    assert prompts(tea, RowFilter(text=typed)) == found


def test_rows_are_filtered_and_sorted(tea: Project) -> None:
    first = tea.browse.row_ids("pair", tea.browse.all_keys(RowFilter())[:1])
    tea.tags.add("pair", first, "check")
    assert prompts(tea, RowFilter(split=Split.HELD_OUT)) == [THE]
    assert prompts(tea, RowFilter(split=Split.TRAIN)) == [GREEN, COFFEE]
    assert prompts(tea, RowFilter(is_labelled=True)) == [COFFEE]
    assert prompts(tea, RowFilter(is_labelled=False)) == [GREEN, THE]
    assert prompts(tea, RowFilter(tags=("check",))) == [GREEN]
    assert prompts(tea, RowFilter(tags=("check",), text="coffee")) == []
    assert prompts(tea, RowFilter(origin="SmolLM")) == [THE]
    assert prompts(tea, RowFilter(min_words=3)) == [GREEN, COFFEE, THE]
    assert prompts(tea, RowFilter(min_words=4)) == [GREEN]
    assert prompts(tea, RowFilter(max_words=3), Order.NEWEST) == [THE, COFFEE]
    assert prompts(tea, RowFilter(), Order.LONGEST)[0] == GREEN
    assert prompts(tea, RowFilter(), Order.SHORTEST)[-1] == GREEN
    assert prompts(tea, RowFilter(text="strong"), Order.LONGEST)[0] == GREEN
    assert tea.browse.origins() == ["SmolLM", "tea.jsonl"]


def test_a_page_tells_what_is_known_of_its_rows(tea: Project) -> None:
    keys = tea.browse.all_keys(RowFilter())
    row_id = tea.browse.row_ids("pair", keys[1:2])[0]
    tea.tags.add("pair", [row_id], "b")
    tea.tags.add("pair", [row_id], "a")
    row = tea.browse.page("pair", keys)[1]
    assert (row.id, row.first, row.second) == (row_id, "A drink.", "A strong drink.")
    assert (row.outcome.choice, row.split, row.tags) == (Choice.FIRST, Split.TRAIN, ("a", "b"))


def test_other_kinds_are_looked_through_alike(project: Project) -> None:
    project.datasets.add_examples("Ex", [NewExample(user("Tea?"), "A hot drink.")])
    project.datasets.add_prompts(
        "List", [NewPrompt(user("Why?"), answer="42", check="number"), NewPrompt(user("How hot?"))]
    )
    project.index.catch_up()
    assert prompts(project, RowFilter("example", text="hot")) == ["Tea?"]
    assert prompts(project, RowFilter("prompt", text="hot")) == ["How hot?"]
    assert prompts(project, RowFilter("prompt")) == ["Why?", "How hot?"]
    assert prompts(project, RowFilter("pair", text="hot")) == []
    assert prompts(project, RowFilter("unpaired")) == []
    assert prompts(project, RowFilter("prompt"), Order.LONGEST) == ["How hot?", "Why?"]


def test_one_data_set_is_searched_alone(tea: Project) -> None:
    other = tea.datasets.add_pairs("Other", [pair("Is cocoa strong?")])
    tea.index.catch_up()
    only = RowFilter(text="strong", dataset_ids=(other.id,))
    assert prompts(tea, only) == ["Is cocoa strong?"]
    assert len(prompts(tea, RowFilter(text="strong"))) == 4


def test_the_index_follows_edits_deletions_and_new_rows(tea: Project) -> None:
    keys = tea.browse.all_keys(RowFilter())
    first = tea.browse.row_ids("pair", keys)[0]
    tea.edits.edit_text("pair", first, "first", "Quite mild.", "ada")
    tea.added.add_pairs(tea.datasets.all()[0].id, [pair("Is mate strong?")])
    steps: list[IndexProgress] = []
    assert tea.index.catch_up(steps.append)
    assert steps[-1] == IndexProgress(4, 4)
    assert prompts(tea, RowFilter(text="mild")) == [GREEN]
    assert prompts(tea, RowFilter(text='"not very"')) == []
    assert prompts(tea, RowFilter(text="mate")) == ["Is mate strong?"]
    waiting = tea.database.read(lambda db: db["search_todo"].count)
    assert waiting == 0
    tea.index.catch_up(steps.append)
    assert steps[-1] == IndexProgress(4, 4)


def test_a_row_that_takes_the_number_of_a_deleted_one_is_found(tea: Project) -> None:
    tea.database.write(lambda db: db.execute("DELETE FROM pairs WHERE rowid = 3"))
    tea.index.catch_up()
    assert prompts(tea, RowFilter(text="strong")) == [GREEN, COFFEE]
    tea.added.add_pairs(tea.datasets.all()[0].id, [pair("Is mate strong?")])
    tea.index.catch_up()
    assert prompts(tea, RowFilter(text="mate")) == ["Is mate strong?"]
    assert prompts(tea, RowFilter(text="vert")) == []  # of the one that was deleted


def test_rows_take_numbers_of_deleted_ones_that_are_still_in_the_index(
    tea: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset_id = tea.datasets.all()[0].id
    tea.added.add_pairs(dataset_id, [pair(f"Is mate {n} strong?") for n in range(5)])
    tea.index.catch_up()
    # As an import that is given up: many at once, of which the index takes in some at a time.
    tea.database.write(lambda db: db.execute("DELETE FROM pairs WHERE rowid > 3"))
    monkeypatch.setattr(search_index, "_CHUNK_ROWS", 2)
    looks = iter([False, True])
    assert not tea.index.catch_up(is_cancelled=lambda: next(looks))
    tea.added.add_pairs(dataset_id, [pair(f"Is juice {n} strong?") for n in range(5)])
    assert tea.index.catch_up()
    assert prompts(tea, RowFilter(text="juice")) == [f"Is juice {n} strong?" for n in range(5)]
    assert prompts(tea, RowFilter(text="mate")) == []


def test_the_index_is_made_anew_when_rows_were_renumbered_or_it_is_damaged(tea: Project) -> None:
    tea.database.write(lambda db: db.execute("DELETE FROM pairs WHERE rowid = 1"))
    tea.index.catch_up()
    tea.database.read(lambda db: db.execute("VACUUM"))
    tea.index.catch_up()
    assert prompts(tea, RowFilter(text="strong")) == [COFFEE, THE]
    folder = tea.folder
    tea.close()
    for name in ("search.sqlite-wal", "search.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "search.sqlite").write_bytes(b"not a database" * 500)
    with Project.open(folder) as again:
        again.index.catch_up()
        assert prompts(again, RowFilter(text="strong")) == [COFFEE, THE]


def test_a_word_being_typed_is_completed_from_the_words_there_are(
    tea: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "FEW_ROWS", 1)
    tea.added.add_pairs(tea.datasets.all()[0].id, [pair("Is stronger better?")])
    tea.index.catch_up()
    assert prompts(tea, RowFilter(text="stro")) == [GREEN, COFFEE, THE, "Is stronger better?"]
    assert prompts(tea, RowFilter(text="stro*", dataset_ids=("none",))) == []
    asked: list[str] = []

    def complete(beginning: str) -> list[str]:
        asked.append(beginning)
        return ["strong", "stronger"]

    assert match_expression("tea stro", complete=complete) == (
        '{prompt first second} : "tea" AND {prompt first second} : ("strong" OR "stronger")'
    )
    assert asked == ["stro"]


def test_a_cancelled_catching_up_goes_on_the_next_time(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair("Is tea strong?")])
    assert not project.index.catch_up(is_cancelled=lambda: True)
    assert prompts(project, RowFilter(text="strong")) == []
    assert prompts(project, RowFilter()) == ["Is tea strong?"]  # browsing needs no index
    assert project.index.catch_up()
    assert prompts(project, RowFilter(text="strong")) == ["Is tea strong?"]


def test_rows_of_an_import_under_way_are_not_shown(tea: Project) -> None:
    dataset_id = tea.datasets.all()[0].id
    row = {"dataset_id": dataset_id, "started_at": 0.0}
    tea.database.write(lambda db: db.table("unfinished").insert(row))
    assert prompts(tea, RowFilter()) == prompts(tea, RowFilter(text="strong")) == []


def test_a_reader_can_be_stopped_and_can_not_write(tea: Project) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    path = Path(tea.database.path)
    with pytest.raises(Stopped), reading(path, stop=lambda: True) as db:
        db.execute(endless).fetchone()
    with pytest.raises(sqlite3.OperationalError, match="readonly"), reading(path) as db:
        db.execute("DELETE FROM pairs")


def test_typed_words_can_not_break_the_query_language() -> None:
    assert match_expression("") == match_expression("  ?! ") == ""
    assert match_expression('a AND b" OR (') == (
        '{prompt first second} : "a" AND {prompt first second} : "AND"'
        ' AND {prompt first second} : "b" AND {prompt first second} : "OR"'
    )
