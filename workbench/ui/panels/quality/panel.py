"""The Quality panel: how far the verdicts can be trusted, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QScrollArea, QStackedWidget, QWidget

from workbench.core.changes import Changed, Changes
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.quality.card import FindingCard
from workbench.ui.panels.quality.card_grid import CardGrid
from workbench.ui.panels.quality.counting import Counted, Counting
from workbench.ui.panels.quality.duplicates import DuplicatePrompts
from workbench.ui.panels.quality.figures import QualityFigures
from workbench.ui.panels.quality.finding import Action, Finding
from workbench.ui.panels.quality.findings import KEYS, findings
from workbench.ui.panels.quality.view import Scope
from workbench.ui.panels.quality.words import Words
from workbench.ui.widgets.empty_state import EmptyState
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button, label

_TEXTS = Changed.PAIRS | Changed.DATASETS
_FILTER_WIDTH = 170
_SCROLLING = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home,
    Qt.Key.Key_End,
)  # fmt: skip
_CARDS, _EMPTY = 1, 2


class QualityPanel(Panel):
    interests: ClassVar[Changed] = Changed.VERDICTS | _TEXTS

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.setObjectName("quality")
        self.set_heading(
            self.tr("Quality"),
            self.tr("How far the verdicts can be trusted, and what to do about it."),
        )
        self._figures: QualityFigures | None = None
        self._duplicates: DuplicatePrompts | None = None
        self.counting = Counting(session, self)
        self.counting.progress.connect(self._show_progress)
        self.counting.counted.connect(self._show_counted)
        self.counting.searched.connect(self._show_duplicates)
        self._busy = label("", "small")
        self.counting.gave_up.connect(self._busy.hide)
        self._datasets = self._filter("quality.dataset", self.tr("Data set"))
        self._annotators = self._filter("quality.annotator", self.tr("Annotator"))
        self._go_on = button(
            self.tr("Go on labelling"), lambda: self.session.navigate("label"), kind="primary"
        )
        self._go_on.setObjectName("quality.label")
        self._go_on.hide()
        for widget in (self._busy, self._datasets, self._annotators, self._go_on):
            self.add_action(widget)
        self.cards: dict[str, FindingCard] = {}
        self._pages = QStackedWidget()
        self.body.addWidget(self._pages, 1)
        # What is put into a window is styled with all that it holds: cards go in one by one.
        self._cards_page = _scrolling_area()
        for page in (QWidget(), self._cards_page, self._make_empty()):
            self._pages.addWidget(page)
        self._grid = CardGrid()
        self._cards_page.setWidget(self._grid)

    def refresh(self, changes: Changes) -> None:
        texts_changed = bool(changes.flags & _TEXTS)
        if texts_changed:
            self._duplicates = None
        self._make_cards_meanwhile()
        self.counting.count(self._scope(), verdicts_changed=True, texts_changed=texts_changed)

    def commands(self) -> list[Command]:
        """The ways to pairs that want another look."""
        actions = [finding.action for finding in self._findings()]
        return [
            Command(action.title, partial(self._go, action), "label")
            for action in actions
            if action is not None and action.panel == "label"
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow and page keys scroll at once, without a click into the page."""
        if event.key() in _SCROLLING:  # others would come back from the bar without an end
            QCoreApplication.sendEvent(self._cards_page.verticalScrollBar(), event)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self.counting.come_back()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.counting.leave()

    def close_down(self) -> None:
        self.counting.leave()

    @Slot(float)
    def _show_progress(self, share: float) -> None:
        self._busy.setText(self.tr("Counting… {0:.0f} %").format(100 * share))
        self._busy.show()

    @Slot(Counted)
    def _show_counted(self, counted: Counted) -> None:
        self._busy.hide()
        self._figures = counted.figures
        everybody = [(name, name) for name in counted.figures.annotators]
        self._offer(self._datasets, self.tr("All data sets"), counted.datasets)
        self._offer(self._annotators, self.tr("Everybody"), everybody)
        is_empty = not len(counted.records.verdicts.pair)
        for action in (self._datasets, self._annotators, self._go_on):
            action.setVisible(not is_empty)
        self._show_findings()
        self._pages.setCurrentIndex(_EMPTY if is_empty else _CARDS)

    @Slot(DuplicatePrompts)
    def _show_duplicates(self, found: DuplicatePrompts) -> None:
        self._duplicates = found
        self._show_findings()

    def _make_cards_meanwhile(self) -> None:
        """Make the next card in each turn of the event loop, while the figures are counted."""
        if len(self.cards) < len(KEYS):
            self._make_card()
            QTimer.singleShot(0, self, self._make_cards_meanwhile)

    def _make_card(self) -> None:
        key = KEYS[len(self.cards)]
        card = self.cards[key] = FindingCard(Words().title(key), key)
        card.wanted.connect(self._go)
        self._grid.add(card)

    def _show_findings(self) -> None:
        while len(self.cards) < len(KEYS):
            self._make_card()
        for finding in self._findings():
            self.cards[finding.key].show_finding(finding)

    def _findings(self) -> list[Finding]:
        return [] if self._figures is None else findings(self._figures, self._duplicates)

    @Slot(Action)
    def _go(self, action: Action) -> None:
        self.session.navigate(action.panel, **action.what)

    def _scope(self) -> Scope:
        return Scope(self._datasets.currentData(), self._annotators.currentData())

    def _filter(self, name: str, spoken: str) -> QComboBox:
        made = CalmComboBox()
        made.setObjectName(name)
        made.setAccessibleName(spoken)
        made.setFixedWidth(_FILTER_WIDTH)
        made.hide()
        made.activated.connect(lambda: self.counting.count(self._scope()))
        return made

    def _offer(
        self, chooser: QComboBox, everything: str, choices: Sequence[tuple[str, str]]
    ) -> None:
        """Fill a filter with what there is, keeping what is chosen."""
        chosen = chooser.currentData()
        chooser.clear()
        chooser.addItem(everything, None)
        for value, shown in choices:
            chooser.addItem(shown, value)
        chooser.setCurrentIndex(max(chooser.findData(chosen), 0))

    def _make_empty(self) -> QWidget:
        return EmptyState(
            "quality",
            self.tr("No verdicts yet"),
            self.tr(
                "Once pairs are labelled, this page tells whether people agree, with each other"
                " and with themselves, and which verdicts want another look."
            ),
            action=self.tr("Label pairs"),
            on_action=lambda: self.session.navigate("label"),
            second=self.tr("Import pairs"),
            on_second=lambda: self.session.navigate("data"),
        )


def _scrolling_area() -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
