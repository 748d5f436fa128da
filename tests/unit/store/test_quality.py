"""The verdict history as columns: what is read, and what is left out."""

import dataclasses
import itertools
import time

import numpy as np
import pytest

from workbench.core.conversation import Message
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Origin, OriginKind, Split, Strength, Verdict
from workbench.store import Project
from workbench.store.bin import Bin
from workbench.store.quality import ANSWERS, QualityReader
from workbench.store.reading import Stopped
from workbench.store.rows import NewPair


def pair(number: int, choice: Choice | None = None, model: str | None = None) -> NewPair:
    origin = Origin(OriginKind.SAMPLED, model=model)
    return NewPair(
        prompt=(Message("user", f"Question {number}?"),),
        first="one two three",
        second=f"answer {number}",
        first_origin=origin,
        second_origin=Origin(OriginKind.IMPORTED),
        choice=choice,
        split=Split.HELD_OUT if number == 0 else Split.TRAIN,
    )


def verdict(pair_id: str, choice: Choice | None, **more: object) -> Verdict:
    known = {
        "id": new_id(),
        "pair_id": pair_id,
        "annotator": "ada",
        "choice": choice,
        "shown_left": Choice.FIRST,
        "created_at": time.time(),
    }
    return Verdict(**(known | more))


@pytest.fixture
def reader(project: Project) -> QualityReader:
    return QualityReader(project.database.path)


def waiting(project: Project) -> list[str]:
    return [one.id for one in project.pairs.waiting("nobody", 100)]


def test_every_entry_becomes_a_place(project: Project, reader: QualityReader) -> None:
    project.datasets.add_pairs("Some", [pair(number, model="base") for number in range(3)])
    first, second, _ = waiting(project)
    given = verdict(
        first, Choice.SECOND, shown_left=Choice.SECOND, elapsed_s=4.5, strength=Strength.MUCH
    )
    project.labels.record(given)
    project.labels.record(verdict(second, Choice.TIE, annotator="ben"))
    project.labels.record(verdict(first, None, replaces=given.id))
    records = reader.read()
    verdicts = records.verdicts
    assert [records.annotators[one] for one in verdicts.annotator] == ["ada", "ben", "ada"]
    assert [ANSWERS[one] for one in verdicts.choice[:2]] == [Choice.SECOND, Choice.TIE]
    assert verdicts.choice[2] == -1
    assert verdicts.first_was_left.tolist() == [False, True, True]
    assert verdicts.strength.tolist() == [3, 0, 0]
    assert verdicts.elapsed_s[0] == 4.5
    assert np.isnan(verdicts.elapsed_s[1])
    assert verdicts.stands.tolist() == [False, True, False]
    assert verdicts.replaces.tolist() == [-1, -1, 0]
    assert verdicts.pair.tolist() == [0, 1, 0]
    assert reader.pair_ids(records.pairs.row.tolist()) == [first, second]
    assert reader.pair_ids(records.pairs.row.tolist()[::-1]) == [second, first]
    assert records.is_from("label").all()
    assert not records.is_from("import", "rule").any()


def test_what_a_pair_tells(project: Project, reader: QualityReader) -> None:
    dataset = project.datasets.add_pairs(
        "Some", [pair(1, Choice.FIRST, "base"), pair(2, Choice.SECOND, "dpo")]
    )
    records = reader.read()
    pairs = records.pairs
    assert pairs.first_words.tolist() == [3, 3]
    assert pairs.second_words.tolist() == [2, 2]
    assert pairs.first_chars.tolist() == [len("one two three")] * 2
    assert pairs.first_text[0] == pairs.first_text[1]
    assert pairs.second_text[0] != pairs.second_text[1]
    assert pairs.prompt[0] != pairs.prompt[1]
    assert pairs.first_model[0] != pairs.first_model[1]
    assert pairs.second_model.tolist() == [-1, -1]
    assert [records.datasets[one] for one in pairs.dataset] == [dataset.id] * 2


def test_pairs_without_a_verdict_and_thrown_ones_are_left_out(
    project: Project, reader: QualityReader
) -> None:
    project.datasets.add_pairs("Some", [pair(number) for number in range(3)])
    first, second, _ = waiting(project)
    for pair_id in (first, second):
        project.labels.record(verdict(pair_id, Choice.FIRST))
    waste = Bin(project.database)
    thrown = waste.throw("pair", [first])
    assert reader.pair_ids(reader.read().pairs.row.tolist()) == [second]
    waste.put_back(thrown.batch)
    assert len(reader.read().pairs.row) == 2


def test_an_import_under_way_is_not_counted(project: Project, reader: QualityReader) -> None:
    dataset = project.datasets.add_pairs("Some", [pair(1, Choice.FIRST)])
    project.database.write(
        lambda db: db.table("unfinished").insert({"dataset_id": dataset.id, "started_at": 0.0})
    )
    records = reader.read()
    assert len(records.verdicts.pair) == len(records.pairs.row) == 0
    assert list(reader.prompts()) == []


def test_texts_are_read_once_until_told_otherwise(project: Project, reader: QualityReader) -> None:
    project.datasets.add_pairs("Some", [pair(1, Choice.FIRST)])
    assert reader.read().pairs.first_words.tolist() == [3]

    def edit(db) -> None:
        db.execute("UPDATE responses SET text = 'quite a few more words'")

    project.database.write(edit)
    assert reader.read().pairs.first_words.tolist() == [3]
    reader.forget_pairs()
    assert reader.read().pairs.first_words.tolist() == [5]


def test_pairs_that_come_later_are_found(project: Project, reader: QualityReader) -> None:
    project.datasets.add_pairs("One", [pair(number) for number in range(4)])
    ids = waiting(project)
    expected = []
    for pair_id in (ids[2], ids[0], ids[3]):
        project.labels.record(verdict(pair_id, Choice.FIRST))
        expected.append(pair_id)
        records = reader.read()
        by_verdict = records.pairs.row[records.verdicts.pair].tolist()
        assert reader.pair_ids(by_verdict) == expected


def test_prompts_come_in_pages_with_their_split(project: Project, reader: QualityReader) -> None:
    dataset = project.datasets.add_pairs("Some", [pair(number) for number in range(3)])
    (page,) = reader.prompts()
    assert page.texts == tuple(f"Question {number}?" for number in range(3))
    assert page.held_out == (True, False, False)
    assert set(page.dataset_ids) == {dataset.id}
    assert reader.prompt_texts(page.rows[::-1]) == list(page.texts[::-1])


def test_texts_without_spaces_have_words_too(project: Project, reader: QualityReader) -> None:
    unspaced = NewPair((Message("user", "?"),), "好" * 48, "ok", *[Origin(OriginKind.WRITTEN)] * 2)
    project.datasets.add_pairs("Some", [dataclasses.replace(unspaced, choice=Choice.FIRST)])
    assert reader.read().pairs.first_words.tolist() == [4]


def test_a_read_tells_how_far_it_has_come(project: Project, reader: QualityReader) -> None:
    project.datasets.add_pairs("Some", [pair(number, Choice.FIRST) for number in range(2100)])
    told: list[float] = []
    reader.read(on_progress=told.append)
    assert len(told) == 4
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] < 1


def test_a_read_that_nobody_waits_for_ends(project: Project) -> None:
    project.datasets.add_pairs("Some", [pair(number, Choice.FIRST) for number in range(400)])
    looks = itertools.count()
    with pytest.raises(Stopped):
        QualityReader(project.database.path).read(lambda: next(looks) >= 0)


def test_a_new_project_has_nothing(reader: QualityReader) -> None:
    records = reader.read()
    assert len(records.verdicts.pair) == 0
    assert len(records.pairs.row) == 0
    assert records.annotators == ()
