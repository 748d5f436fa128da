"""What there is to look through: the data sets, and all rows of a kind where several hold some."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.store.browse import KIND_OF_DATASET
from workbench.store.rows import Dataset
from workbench.ui.panels.data.browser import Place
from workbench.ui.widgets.entry_list import Entry, EntryList, heading
from workbench.ui.wording import count

_ALL = "all:"


class DatasetList(EntryList):
    """`place` tells what the current row stands for."""

    def __init__(self) -> None:
        super().__init__("")
        self.setAccessibleName(self.tr("Data sets"))
        self.setObjectName("data.list")
        self._places: dict[str, Place] = {}

    def show_datasets(self, datasets: Sequence[Dataset]) -> None:
        """Replace the rows; what was current stays so where it is still there."""
        by_kind: dict[str, list[Dataset]] = {}
        for dataset in datasets:
            by_kind.setdefault(KIND_OF_DATASET[dataset.kind], []).append(dataset)
        entries = []
        self._places = {}
        for kind, several in by_kind.items():
            if len(several) > 1:
                entries.append(self._all_of(kind, several))
        if entries:
            entries.append(heading(self.tr("Data sets")))
        for dataset in datasets:
            entries.append(self._entry(dataset))
            self._places[dataset.id] = Place(
                dataset.name, KIND_OF_DATASET[dataset.kind], (dataset.id,)
            )
        self.show_entries(entries)

    def place(self, key: str) -> Place | None:
        """What the row with this key stands for."""
        return self._places.get(key)

    def _all_of(self, kind: str, datasets: Sequence[Dataset]) -> Entry:
        titles = {
            "pair": self.tr("All pairs"),
            "example": self.tr("All examples"),
            "prompt": self.tr("All prompts"),
            "unpaired": self.tr("All rated answers"),
        }
        rows = sum(dataset.row_count for dataset in datasets)
        self._places[_ALL + kind] = Place(titles[kind], kind)
        detail = self.tr("{0} in {1} data sets").format(
            count(rows, self.tr("row"), self.tr("rows")), len(datasets)
        )
        return Entry(_ALL + kind, titles[kind], detail)

    def _entry(self, dataset: Dataset) -> Entry:
        tags = {
            "preference": self.tr("pairs"),
            "supervised": self.tr("examples"),
            "prompts": self.tr("prompts"),
            "unpaired": self.tr("rated"),
        }
        rows = count(dataset.row_count, self.tr("row"), self.tr("rows"))
        source = Path(dataset.source).name if dataset.source else ""
        detail = " · ".join(part for part in (rows, source) if part)
        return Entry(dataset.id, dataset.name, detail, tags[dataset.kind])
