"""What others said of a pair is kept from who has yet to judge it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.store.test_label_history import give
from workbench.core.conversation import user
from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice, Origin, OriginKind, Verdict
from workbench.store import Project
from workbench.store.browse import BrowseRow, RowFilter
from workbench.store.row_detail import RowDetail, read_row
from workbench.store.rows import NewPair

FILE = Origin(OriginKind.IMPORTED, note="tea.jsonl")


@pytest.fixture
def pair_id(project: Project) -> str:
    """A pair that nobody has judged."""
    return _add(project, None)


def _add(project: Project, choice: Choice | None) -> str:
    project.datasets.add_pairs("Tea", [NewPair(user("Tea?"), "Yes.", "No.", FILE, FILE, choice)])
    return project.browse.row_ids("pair", _keys(project))[-1]


def _keys(project: Project) -> list[int]:
    return list(project.browse.all_keys(RowFilter()))


def _row(project: Project, onlooker: str) -> BrowseRow:
    return project.browse.page("pair", _keys(project), onlooker)[-1]


def _detail(project: Project, pair_id: str, onlooker: str) -> RowDetail:
    found = read_row(project.database, "pair", pair_id, onlooker)
    assert found is not None
    return found


def _said(detail: RowDetail) -> list[Verdict]:
    return list(detail.verdicts)


def test_a_verdict_is_kept_from_who_has_yet_to_judge(project: Project, pair_id: str) -> None:
    by_ada = give(project, pair_id, Choice.FIRST, annotator="Ada")
    row, detail = _row(project, "Grace"), _detail(project, pair_id, "Grace")
    assert row.is_kept_back
    assert row.outcome.choice is None
    assert detail.is_kept_back
    assert _said(detail) == []
    for onlooker in ("Ada", ""):
        assert not _row(project, onlooker).is_kept_back
        assert _row(project, onlooker).outcome.choice is Choice.FIRST
        assert [verdict.id for verdict in _said(_detail(project, pair_id, onlooker))] == [by_ada.id]
    give(project, pair_id, Choice.SECOND, annotator="Grace")
    assert _row(project, "Grace").outcome.is_disputed
    assert len(_said(_detail(project, pair_id, "Grace"))) == 2


def test_one_that_was_taken_back_is_kept_back_as_well(project: Project, pair_id: str) -> None:
    give(project, pair_id, Choice.FIRST, annotator="Ada")
    project.labels.undo("Ada")
    assert len(_said(_detail(project, pair_id, ""))) == 2
    assert _said(_detail(project, pair_id, "Grace")) == []


def test_what_nobody_is_asked_for_any_more_is_told(project: Project, pair_id: str) -> None:
    give(project, pair_id, Choice.FIRST, annotator="Ada")
    settings = project.queue.settings()
    project.queue.change_settings(replace(settings, overlap=2))
    assert _row(project, "Grace").is_kept_back
    project.queue.change_settings(replace(settings, overlap=1))
    assert _row(project, "Grace").outcome.choice is Choice.FIRST
    _add(project, Choice.SECOND)  # decided by the file
    assert _row(project, "Grace").outcome.choice is Choice.SECOND


def test_what_is_in_hand_is_kept_back_although_somebody_else_was_first(
    project: Project, pair_id: str
) -> None:
    settings = replace(project.queue.settings(), overlap=1, gold_every=0, repeat_every=0)
    project.queue.change_settings(settings)
    (picked,) = project.queue.hand_out("Grace", 1, settings)
    assert picked.pair.id == pair_id
    give(project, pair_id, Choice.FIRST, annotator="Ada")
    assert _row(project, "Grace").is_kept_back
    project.queue.release("Grace")
    assert _row(project, "Grace").outcome.choice is Choice.FIRST


def test_a_pair_of_which_nothing_was_said_is_no_secret(project: Project, pair_id: str) -> None:
    assert not _row(project, "Grace").is_kept_back
    assert not _detail(project, pair_id, "Grace").is_kept_back


def test_a_gold_item_is_not_told_from_others_before_it_has_tested(
    project: Project, pair_id: str
) -> None:
    give(project, pair_id, Choice.FIRST, annotator="Ada")
    project.gold.mark(GoldAnswer(pair_id, Choice.FIRST, None, "Shorter."), "Ada")
    assert (_row(project, "Ada").is_gold, _row(project, "Ada").is_kept_back) == (True, False)
    assert (_row(project, "Grace").is_gold, _row(project, "Grace").is_kept_back) == (False, True)
    assert not _detail(project, pair_id, "Grace").is_gold
    give(project, pair_id, Choice.SECOND, annotator="Grace", source="gold")
    assert _row(project, "Grace").is_gold
    assert _detail(project, pair_id, "Grace").is_gold
