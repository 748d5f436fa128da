"""The page in words: what each figure means in a sentence, and what to do in another."""

from __future__ import annotations

from workbench.ui.panels.quality.data_findings import DataFindings
from workbench.ui.panels.quality.duplicates import DuplicatePrompts
from workbench.ui.panels.quality.figures import QualityFigures
from workbench.ui.panels.quality.finding import Finding
from workbench.ui.panels.quality.people_findings import PeopleFindings

KEYS = (
    "agreement",
    "consistency",
    "sides",
    "length",
    "speed",
    "contradictions",
    "duplicates",
    "pace",
)
"""The cards in the order of the page."""


def findings(figures: QualityFigures, duplicates: DuplicatePrompts | None) -> list[Finding]:
    """All cards, as in `KEYS`; duplicates None are still being searched."""
    people, data = PeopleFindings(), DataFindings()
    alike = None if duplicates is None else duplicates.of(figures.scope.dataset_id)
    return [
        people.agreement(figures),
        people.consistency(figures),
        people.sides(figures),
        data.length(figures),
        people.speed(figures),
        data.contradictions(figures),
        data.duplicates(alike),
        data.pace(figures),
    ]
