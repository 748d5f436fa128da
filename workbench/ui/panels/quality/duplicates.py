"""Prompts that are nearly the same, and whether they leak from training into what is held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from workbench.stats.near_duplicates import DuplicateGroup, NearDuplicateSearch
from workbench.store.quality import QualityReader

MOST_PROMPTS = 200_000
"""More prompts are not searched here: it takes longer than somebody looks at a page."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`alike` of the prompts are nearly the same as another one.

    They form `groups`; those that are `leaking` hold a prompt that may be trained on and one that
    is held out. `searched` is False where there were too many prompts.
    """

    prompts: int
    alike: int = 0
    groups: int = 0
    leaking: int = 0
    searched: bool = True


@dataclass(frozen=True, slots=True)
class DuplicatePrompts:
    """What one search found: in all data sets together, and in each by its id."""

    everywhere: Duplicates
    of_dataset: dict[str, Duplicates]

    def of(self, dataset_id: str | None) -> Duplicates:
        """The groups with a part in a data set, with all their prompts; None is all groups."""
        if dataset_id is None:
            return self.everywhere
        return self.of_dataset.get(dataset_id, Duplicates(0, searched=self.everywhere.searched))


def find_duplicates(reader: QualityReader, stop: Callable[[], bool]) -> DuplicatePrompts:
    """Search all prompts; takes about ten seconds for 100,000.

    Raises `store.reading.Stopped`, or ends early, after `stop` became true.
    """
    search = NearDuplicateSearch()
    rows: list[int] = []
    held_out: list[bool] = []
    datasets: list[str] = []
    for page in reader.prompts(stop):
        if len(rows) + len(page.rows) > MOST_PROMPTS:
            return DuplicatePrompts(Duplicates(len(rows), searched=False), {})
        search.add(page.texts)
        rows.extend(page.rows)
        held_out.extend(page.held_out)
        datasets.extend(page.dataset_ids)
    found = search.groups(
        lambda numbers: reader.prompt_texts([rows[number] for number in numbers]), stop
    )
    per_dataset: dict[str, list[DuplicateGroup]] = {name: [] for name in datasets}
    for group in found:
        for name in {datasets[number] for number in group.members}:
            per_dataset[name].append(group)
    sizes = Counter(datasets)
    return DuplicatePrompts(
        _count(len(rows), found, held_out),
        {name: _count(sizes[name], groups, held_out) for name, groups in per_dataset.items()},
    )


def _count(prompts: int, groups: list[DuplicateGroup], held_out: list[bool]) -> Duplicates:
    leaking = sum(len({held_out[number] for number in group.members}) == 2 for group in groups)
    alike = sum(len(group.members) for group in groups)
    return Duplicates(prompts, alike, len(groups), leaking)
