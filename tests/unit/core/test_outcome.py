"""What several verdicts on a pair come to."""

from __future__ import annotations

import pytest

from workbench.core.outcome import Outcome, Said, outcome
from workbench.core.preferences import Choice

FIRST, SECOND, TIE, SKIP = Choice.FIRST, Choice.SECOND, Choice.TIE, Choice.SKIP


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], Outcome(None)),
        ([("import", FIRST)], Outcome(FIRST)),
        ([("import", FIRST), ("label", SECOND)], Outcome(SECOND)),  # people count before files
        ([("label", FIRST), ("label", TIE)], Outcome(None, is_disputed=True)),
        ([("label", FIRST), ("label", SKIP)], Outcome(FIRST)),
        ([("label", SKIP)], Outcome(SKIP)),
        ([("import", FIRST), ("label", SKIP)], Outcome(SKIP)),
        ([("label", FIRST), ("label", SECOND), ("adjudicate", TIE)], Outcome(TIE)),
        ([("label", FIRST), ("label", SECOND), ("adjudicate", SKIP)], Outcome(None, True)),
        ([("adjudicate", FIRST), ("label", TIE), ("adjudicate", SECOND)], Outcome(SECOND)),
        ([("rule", FIRST), ("import", SECOND)], Outcome(None, True)),
    ],
)
def test_verdicts_come_to_one_outcome(said: list[tuple[str, Choice]], expected: Outcome) -> None:
    assert outcome([Said(source, choice) for source, choice in said]) == expected
