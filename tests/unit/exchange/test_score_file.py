"""Scores from a model: probabilities, margins and unsureness, and what is refused."""

from pathlib import Path

import pytest

from tests.unit.store.test_label_history import add_pairs
from workbench.core.errors import DataFileError
from workbench.exchange.score_file import read_scores, unsureness_of
from workbench.store import Project


@pytest.mark.parametrize(
    ("row", "score"),
    [
        ({"unsureness": 0.25}, 0.25),
        ({"probability": 0.5}, 1.0),
        ({"probability": "1"}, 0.0),
        ({"margin": 0}, 1.0),
        ({"margin": -1e9}, 0.0),
        ({"unsureness": "", "margin": "0.0"}, 1.0),
    ],
)
def test_how_unsure_a_row_is(row: dict[str, object], score: float) -> None:
    assert unsureness_of(row) == pytest.approx(score)


def test_a_csv_is_read_and_read_again(project: Project, tmp_path: Path) -> None:
    first, second = add_pairs(project, 2)
    file = tmp_path / "rm.csv"
    file.write_text(f"pair_id,margin\n{first},0.0\n{second},4\nelsewhere,1\n", "utf-8")
    assert read_scores(project, file, "rm") == 2
    assert read_scores(project, file, "rm") == 2
    (source,) = project.scores.sources()
    assert (source.name, source.pair_count) == ("rm", 2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"pair_id": "x", "margin": 1}\n{"margin": 1}\n', "line 2: the row has no pair_id"),
        ('{"pair_id": "x"}\n', "line 1: .* none of unsureness, probability and margin"),
        ('{"pair_id": "x", "probability": 2}\n', "between 0 and 1, not 2"),
        ('{"pair_id": "x", "margin": "high"}\n', "line 1: the score can't be read"),
        ('{"pair_id": "x", "margin": NaN}\n', "not a number"),
        ("no JSON\n", "line 1"),
        ('{"pair_id": "x", "margin": 1}\n', "no row names a pair"),
    ],
)
def test_a_file_that_can_not_be_read_changes_nothing(
    project: Project, tmp_path: Path, text: str, problem: str
) -> None:
    (pair_id,) = add_pairs(project, 1)
    file = tmp_path / "rm.jsonl"
    is_unknown = "no row names" in problem
    file.write_text(text if is_unknown else text.replace('"x"', f'"{pair_id}"'), "utf-8")
    with pytest.raises(DataFileError, match=problem):
        read_scores(project, file, "rm")
    assert project.scores.sources() == []
