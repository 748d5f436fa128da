"""What the rows are like: lengths, languages, sources, and how many repeat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from workbench.core.languages import LANGUAGES
from workbench.stats.languages import UNKNOWN, count_languages
from workbench.store.browse import RowFilter
from workbench.store.duplicates import DuplicateQuestion, find_duplicates
from workbench.store.reading import Stopped
from workbench.store.row_statistics import (
    LengthCounts,
    RowStatistics,
    read_statistics,
    sample_texts,
)
from workbench.ui.context import Session
from workbench.ui.panels.data.browser import Place
from workbench.ui.panels.data.charts import BarChart, Histogram, Spread
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_4, SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.dot import Dot
from workbench.ui.widgets.flow import FlowLayout
from workbench.ui.widgets.texts import label

_SAMPLE = 2000
_MOST_COMPARED = 50_000
_MOST_LANGUAGES = 8
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class _Repeats:
    """Of how many rows, how many repeat an earlier one: the same, or nearly."""

    compared: int
    same: int
    nearly: int


class StatisticsPage(ToolPage):
    """Counts come at once; languages and repeats follow as they are found."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._stop = threading.Event()
        self.lengths = Histogram(self.tr("Lengths in words"))
        self.languages = BarChart(self.tr("Languages"), "series2")
        self.origins = BarChart(self.tr("Sources"), "series0")
        self.repeats = BarChart(self.tr("Duplicates"), "series1")
        self._cards = {
            "lengths": Card(self.tr("Lengths"), " "),
            "languages": Card(self.tr("Languages"), " "),
            "origins": Card(self.tr("Sources"), " "),
            "repeats": Card(self.tr("Duplicates"), " "),
        }
        self._legend = FlowLayout(gap=SPACE_12)
        self._cards["lengths"].body.addLayout(self._legend)
        self._finding = label("", "secondary", wrap=True)
        self._cards["lengths"].body.addWidget(self.lengths, 1)
        self._cards["languages"].body.addWidget(self.languages, 1)
        self._cards["origins"].body.addWidget(self.origins, 1)
        self._cards["repeats"].body.addWidget(self.repeats, 1)
        grid = QGridLayout()
        grid.setSpacing(SPACE_16)
        for number, card in enumerate(self._cards.values()):
            grid.addWidget(card, *divmod(number, 2))
        for place in (0, 1):
            grid.setColumnStretch(place, 1)
            grid.setRowStretch(place, 1)
        self.body.addWidget(self._finding)
        self.body.addLayout(grid, 1)

    def show_place(self, place: Place) -> None:
        """Read the statistics of these rows."""
        self._stop.set()
        self._stop = threading.Event()
        self.set_heading(self.tr("Statistics"), place.title)
        self._finding.setText(self.tr("Reading…"))
        self._clear()
        wanted = RowFilter(place.kind, place.dataset_ids)
        project, stop = self._session.project, self._stop

        def counts() -> RowStatistics:
            project.index.catch_up(is_cancelled=stop.is_set)
            return read_statistics(project.database, project.index, wanted, stop.is_set)

        def languages() -> Mapping[str, int]:
            texts = sample_texts(project.database, project.browse, wanted, _SAMPLE, stop.is_set)
            return count_languages(texts, stop.is_set)

        def repeats() -> _Repeats:
            compared = len(project.browse.first_keys(wanted, limit=_MOST_COMPARED))
            question = DuplicateQuestion(wanted, threshold=_ALIKE, row_limit=_MOST_COMPARED)
            groups = find_duplicates(
                project.database, project.browse, question, is_cancelled=stop.is_set
            )
            same = sum(len(g.keys) - 1 for g in groups if g.least_similarity == 1)
            return _Repeats(compared, same, sum(len(g.keys) - 1 for g in groups) - same)

        show = partial(self._show, stop)
        works: tuple[Callable[[], object], ...] = (counts, languages, repeats)
        for work in works:
            self._session.bridge.run(work, show, self._on_error, owner=self)

    def close_page(self) -> None:
        self._stop.set()
        super().close_page()

    def close_down(self) -> None:
        self._stop.set()

    def _clear(self) -> None:
        """Take away what was found of other rows."""
        self._clear_legend()
        self.lengths.show_spreads([])
        for chart in (self.languages, self.origins, self.repeats):
            chart.show_values({})
        for card in self._cards.values():
            card.set_title(card.accessibleName(), " ")

    def _clear_legend(self) -> None:
        while (item := self._legend.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()

    def _show(self, stop: threading.Event, found: object) -> None:
        """Show what arrives, unless somebody asked for other rows meanwhile."""
        if stop.is_set():
            return
        if isinstance(found, RowStatistics):
            self._show_counts(found)
        elif isinstance(found, _Repeats):
            self._show_repeats(found)
        elif isinstance(found, dict):
            self._show_languages(found)

    def _show_counts(self, found: RowStatistics) -> None:
        names = {
            "prompt": (self.tr("prompts"), "series0"),
            "chosen": (self.tr("chosen"), "series2"),
            "rejected": (self.tr("rejected"), "series5"),
            "undecided": (self.tr("not decided"), "series3"),
            "answer": (self.tr("answers"), "series2"),
        }
        spreads = []
        self._clear_legend()
        for part, counts in found.lengths.items():
            name, color = names[part]
            spreads.append(Spread(name, counts.counts, color))
            words = self.tr("{0}, median {1:,}").format(name, counts.quantile(0.5))
            self._legend.addWidget(_named_dot(color, words))
        self.lengths.show_spreads(spreads)
        above = self.tr("words; the longest 1 % lie above {0:,}").format(
            self.lengths.left_out_above
        )
        self._cards["lengths"].set_title(self.tr("Lengths"), above)
        self.origins.show_values(found.origins)
        self._cards["origins"].set_title(self.tr("Sources"), self.tr("answers by model or file"))
        self._finding.setText(self._words(found))

    def _words(self, found: RowStatistics) -> str:
        rows = self.tr("{0:,} rows.").format(found.row_count)
        chosen = found.lengths.get("chosen", LengthCounts())
        if found.longer_wins is None or not chosen.total:
            return rows
        return self.tr(
            "{0} The longer answer was chosen in {1:.0%} of the decided pairs whose lengths differ."
        ).format(rows, found.longer_wins)

    def _show_languages(self, found: Mapping[str, int]) -> None:
        total = sum(found.values())
        shown = dict(list(found.items())[:_MOST_LANGUAGES])
        rest = total - sum(shown.values())
        values = {LANGUAGES.get(code, code): number for code, number in shown.items() if code}
        if shown.get(UNKNOWN):
            values[self.tr("can't be told")] = shown[UNKNOWN]
        if rest:
            values[self.tr("others")] = rest
        self.languages.show_values(values)
        note = self.tr("of {0:,} answers, evenly spread").format(total)
        self._cards["languages"].set_title(self.tr("Languages"), note)

    def _show_repeats(self, found: _Repeats) -> None:
        self.repeats.show_values(
            {
                self.tr("one of a kind"): found.compared - found.same - found.nearly,
                self.tr("repeat another row"): found.same,
                self.tr("nearly repeat one"): found.nearly,
            }
        )
        note = self.tr("of {0:,} rows; nearly: {1:.0%} alike").format(found.compared, _ALIKE)
        self._cards["repeats"].set_title(self.tr("Duplicates"), note)

    def _on_error(self, error: BaseException) -> None:
        if not isinstance(error, Stopped):
            self._session.show_error(error)


def _named_dot(color: str, words: str) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE_4)
    row.addWidget(Dot(color))
    row.addWidget(label(words, "small"))
    return made
