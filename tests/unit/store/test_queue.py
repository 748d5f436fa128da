"""Who is given which pair: random, unsure, reserved, gold, repeated, disputed."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.store.test_label_history import add_pairs, give, standing
from workbench.core.errors import ProjectError
from workbench.core.labelling import GoldAnswer, LabelSettings, PickedBy, VerdictSource
from workbench.core.preferences import Choice, OriginKind, Strength, VerdictDetails
from workbench.store import Project
from workbench.store.edited_answers import Edit

PLAIN = LabelSettings(gold_every=0, repeat_every=0)


def ids(project: Project, annotator: str, count: int, settings: LabelSettings) -> list[str]:
    return [picked.pair.id for picked in project.queue.hand_out(annotator, count, settings)]


def test_pairs_come_at_random_and_each_once(project: Project) -> None:
    pairs = add_pairs(project, 40)
    given_pairs = ids(project, "Ada", 40, PLAIN)
    assert sorted(given_pairs) == sorted(pairs)
    assert given_pairs != pairs
    assert project.queue.hand_out("Ada", 5, PLAIN, exclude=pairs) == []


def test_pairs_come_in_order_where_that_is_asked(project: Project) -> None:
    pairs = add_pairs(project, 6)
    assert ids(project, "Ada", 6, replace(PLAIN, in_order=True)) == pairs


def test_the_last_of_many_decided_pairs_is_found(project: Project) -> None:
    pairs = add_pairs(project, 400)
    for pair_id in pairs[:-1]:
        give(project, pair_id, Choice.FIRST)
    assert ids(project, "Ada", 16, PLAIN) == [pairs[-1]]
    assert project.labels.progress("Ada").total == 400


def test_a_pair_in_one_hand_is_not_given_to_another(project: Project) -> None:
    add_pairs(project, 10)
    in_hand = ids(project, "Ada", 4, PLAIN)
    others = ids(project, "Grace", 10, PLAIN)
    assert len(others) == 6
    assert not set(in_hand) & set(others)
    project.queue.release("Ada")
    assert set(ids(project, "Grace", 10, PLAIN)) >= set(in_hand)


def test_a_reservation_ends_with_its_time(project: Project) -> None:
    add_pairs(project, 3)
    assert len(ids(project, "Ada", 3, PLAIN)) == 3
    assert ids(project, "Grace", 3, PLAIN) == []
    project.database.write(lambda db: db.execute("UPDATE reservations SET expires_at = 1"))
    assert len(ids(project, "Grace", 3, PLAIN)) == 3


def test_what_a_crash_left_in_hand_is_given_out_again(tmp_path: Path) -> None:
    with Project.create(tmp_path / "project", "Test") as project:
        add_pairs(project, 3)
        assert len(ids(project, "Ada", 3, PLAIN)) == 3
    with Project.open(tmp_path / "project") as project:
        assert len(ids(project, "Grace", 3, PLAIN)) == 3


@pytest.mark.parametrize("overlap", [1, 2])
def test_no_more_people_than_the_overlap_are_asked(project: Project, overlap: int) -> None:
    settings = replace(PLAIN, overlap=overlap)
    (pair_id,) = add_pairs(project, 1)
    for name in ("Ada", "Grace", "Emmy")[:overlap]:
        assert ids(project, name, 5, settings) == [pair_id]
        give(project, pair_id, Choice.FIRST, annotator=name)
    assert ids(project, "Olga", 5, settings) == []
    assert project.labels.progress("Olga", overlap).total == 0
    assert project.labels.progress("Ada", overlap).total == 1


def test_the_most_unsure_come_first_and_a_random_part_is_kept(project: Project) -> None:
    pairs = add_pairs(project, 200)
    scores = [(pair_id, number / 200) for number, pair_id in enumerate(pairs)]
    assert project.scores.put("reward model", [*scores, ("no such pair", 0.5)]) == 200
    (source,) = project.scores.sources()
    assert (source.name, source.pair_count) == ("reward model", 200)
    settings = replace(PLAIN, score_source="reward model", random_share=0.2)
    picked = project.queue.hand_out("Ada", 100, settings)
    why = Counter(item.picked_by for item in picked)
    assert set(why) == {PickedBy.RANDOM, PickedBy.UNSURE}
    assert 5 <= why[PickedBy.RANDOM] <= 45
    unsure = {item.pair.id for item in picked if item.picked_by is PickedBy.UNSURE}
    assert unsure == set(pairs[-len(unsure) :])
    assert {item.score_source for item in picked if item.picked_by is PickedBy.UNSURE} == {
        "reward model"
    }


def test_the_random_part_can_not_be_turned_off() -> None:
    with pytest.raises(ProjectError, match="random part"):
        LabelSettings(random_share=0.1)


def test_settings_are_kept_in_the_project(project: Project) -> None:
    assert project.queue.settings() == LabelSettings()
    changed = LabelSettings(overlap=2, aspects=("kind",), tags=(), in_order=True)
    project.queue.change_settings(changed)
    assert project.queue.settings() == changed


def test_gold_items_are_mixed_in_for_others_and_never_train(project: Project) -> None:
    pairs = add_pairs(project, 10)
    answer = GoldAnswer(pairs[0], Choice.SECOND, Strength.MUCH, "The first is wrong.")
    project.gold.mark(answer, "Ada")
    settings = replace(PLAIN, gold_every=1)
    assert pairs[0] not in ids(project, "Ada", 20, settings)
    project.queue.release("Ada")
    (gold,) = [
        item for item in project.queue.hand_out("Grace", 20, settings) if item.gold is not None
    ]
    assert (gold.gold, gold.source) == (answer, VerdictSource.GOLD)
    give(project, pairs[0], Choice.SECOND, annotator="Grace", source="gold")
    assert project.pairs.labelled() == []
    assert project.labels.counts() == {}
    score = project.gold.score("Grace")
    assert (score.asked, score.right) == (1, 1)
    project.queue.release("Grace")
    assert pairs[0] not in ids(project, "Grace", 20, settings)
    project.gold.unmark(pairs[0])
    assert project.gold.count() == 0


def test_a_pair_is_repeated_once_with_its_sides_swapped(project: Project) -> None:
    pairs = add_pairs(project, 40)
    for pair_id in pairs[:25]:
        give(project, pair_id, Choice.FIRST)
    settings = replace(PLAIN, repeat_every=1)
    repeats = [
        item
        for item in project.queue.hand_out("Ada", 15, settings)
        if item.picked_by is PickedBy.REPEAT
    ]
    assert repeats
    for item in repeats:
        assert item.pair.id in pairs[:6]
        assert item.shown_left is Choice.SECOND
        assert item.source is VerdictSource.REPEAT
        give(project, item.pair.id, Choice.SECOND, source="repeat")
    project.queue.release("Ada")
    again = project.queue.hand_out("Ada", 15, settings)
    repeated = {item.pair.id for item in again if item.picked_by is PickedBy.REPEAT}
    assert not repeated & {item.pair.id for item in repeats}


def test_disagreements_wait_until_somebody_settles_them(project: Project) -> None:
    disputed, agreed, skipped = add_pairs(project, 3)
    for pair_id, choices in (
        (disputed, (Choice.FIRST, Choice.SECOND)),
        (agreed, (Choice.FIRST, Choice.FIRST)),
        (skipped, (Choice.FIRST, Choice.SKIP)),
    ):
        for name, choice in zip(("Ada", "Grace"), choices, strict=True):
            give(project, pair_id, choice, annotator=name)
    assert project.queue.disagreements() == [disputed]
    assert [(said.annotator, said.choice) for said in project.labels.said_of(disputed)] == [
        ("Ada", Choice.FIRST), ("Grace", Choice.SECOND),
    ]  # fmt: skip
    (picked,) = project.queue.asked([disputed, "unknown"], "Emmy", PickedBy.ADJUDICATION)
    assert picked.source is VerdictSource.ADJUDICATE
    give(project, disputed, Choice.SKIP, annotator="Emmy", source="adjudicate")
    assert project.queue.disagreements() == [disputed]
    give(project, disputed, Choice.SECOND, annotator="Emmy", source="adjudicate")
    assert project.queue.disagreements() == []
    assert sorted(item.example.chosen for item in project.pairs.labelled()) == [
        "Long 0.", "Short 1.", "Short 2.",
    ]  # fmt: skip


def test_people_need_not_settle_what_has_a_known_answer(project: Project) -> None:
    disputed, known = add_pairs(project, 2)
    for pair_id in (disputed, known):
        for name, choice in (("Ada", Choice.FIRST), ("Grace", Choice.SECOND)):
            give(project, pair_id, choice, annotator=name)
    project.gold.mark(GoldAnswer(known, Choice.FIRST, None, ""), "Ada")
    assert project.queue.disagreements() == [disputed]


def test_what_was_thrown_away_waits_for_nobody(project: Project) -> None:
    disputed, flagged = add_pairs(project, 2)
    for name, choice in (("Ada", Choice.FIRST), ("Grace", Choice.SECOND)):
        give(project, disputed, choice, annotator=name)
    give(project, flagged, Choice.FIRST, details=VerdictDetails(flag="Names a person"))
    thrown = project.bin.throw("pair", [disputed, flagged])
    assert (project.queue.disagreements(), project.queue.flagged()) == ([], [])
    project.bin.put_back(thrown.batch)
    assert (project.queue.disagreements(), project.queue.flagged()) == ([disputed], [flagged])


def test_flagged_pairs_wait_and_do_not_train(project: Project) -> None:
    (pair_id,) = add_pairs(project, 1)
    give(project, pair_id, Choice.FIRST, details=VerdictDetails(flag="Names a person"))
    assert project.queue.flagged() == [pair_id]
    assert project.pairs.labelled() == []
    give(project, pair_id, Choice.FIRST, annotator="Grace", source="adjudicate")
    assert project.queue.flagged() == []
    assert len(project.pairs.labelled()) == 1


def test_an_asked_pair_knows_the_verdict_that_it_replaces(project: Project) -> None:
    first, second = add_pairs(project, 2)
    before = give(project, first, Choice.FIRST)
    asked = project.queue.asked([second, first], "Ada", PickedBy.ASKED)
    assert [(item.pair.id, item.replaces) for item in asked] == [(second, None), (first, before.id)]


def test_an_edited_answer_is_chosen_over_its_original(project: Project) -> None:
    (pair_id,) = add_pairs(project, 1)
    pair = project.pairs.get(pair_id)
    project.edited_answers.keep_draft("Ada", pair.id, pair.second.id, "Bett")
    assert project.edited_answers.draft("Ada", pair.id, pair.second.id) == "Bett"
    edited_id = project.edited_answers.save(Edit(pair, pair.second, "Better.", "Ada", 12.0))
    assert project.edited_answers.draft("Ada", pair.id, pair.second.id) is None
    (labelled,) = project.pairs.labelled()
    assert (labelled.example.chosen, labelled.example.rejected) == ("Better.", "Long 0.")
    edited = project.pairs.get(edited_id)
    assert edited.first.origin.kind is OriginKind.EDITED
    assert edited.first.parent_id == pair.second.id
    assert project.edited_answers.original_of(edited_id) == pair.id
    assert [item.id for item in project.pairs.waiting("Grace", 5)] == [pair.id]
    project.labels.undo("Ada")
    assert project.pairs.labelled() == []
    assert [item.id for item in project.pairs.waiting("Ada", 5)] == [pair.id]
    project.labels.redo("Ada")
    assert standing(project) == {edited_id: "first"}


@pytest.mark.parametrize("text", ["", "  \n", "Long 0."])
def test_an_edit_that_is_none_is_refused(project: Project, text: str) -> None:
    (pair_id,) = add_pairs(project, 1)
    pair = project.pairs.get(pair_id)
    with pytest.raises(ProjectError, match="answer is"):
        project.edited_answers.save(Edit(pair, pair.second, text, "Ada"))
    assert project.pairs.count() == 1


def test_profiles_have_names(project: Project) -> None:
    assert project.annotators.add("  Ada   Lovelace ") == "Ada Lovelace"
    assert project.annotators.add("ada lovelace") == "Ada Lovelace"
    (pair_id,) = add_pairs(project, 1)
    give(project, pair_id, Choice.FIRST, annotator="Grace")
    assert project.annotators.names() == ["Ada Lovelace", "Grace"]
    for name in ("", "import", "x" * 61):
        with pytest.raises(ProjectError, match="annotator's name"):
            project.annotators.add(name)


def test_pairs_to_score_are_those_that_wait(project: Project) -> None:
    first, second = add_pairs(project, 2)
    give(project, first, Choice.FIRST)
    (row,) = project.scores.to_score("Ada")
    assert (row.pair_id, row.prompt, row.first) == (second, "Question 1?", "Short 1.")
