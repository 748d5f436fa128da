"""The panel's header: pace and progress, the queue's menu, and who is labelling."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QProgressBar, QPushButton, QSizePolicy, QWidget

from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.widgets.texts import button, label, pill

_PROGRESS_WIDTH = 80


class Header:
    """`widgets` go into the panel's header, in this order."""

    def __init__(self, menu: QueueMenu, people: PeopleMenu) -> None:
        self._menu = menu
        self._pace = pill("", "good")
        self._count = label("", "secondary")
        self._count.setObjectName("label.count")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(_PROGRESS_WIDTH)
        self._progress.setAccessibleName(menu.tr("Pairs decided"))
        self._queue = _menu_button("label.queue", menu)
        self._people = _menu_button("label.annotator", people)
        self._people.setAccessibleName(menu.tr("Annotator"))

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return self._pace, self._count, self._progress, self._queue, self._people

    def show_queue(self, queue: LabelQueue) -> None:
        """Show how far it is, how fast, and how pairs are picked."""
        menu = self._menu
        said = menu.tr("{decided} of {total}")
        self._count.setText(said.format(decided=queue.decided, total=queue.total))
        self._progress.setRange(0, max(queue.total, 1))
        self._progress.setValue(queue.decided)
        pace = queue.pairs_an_hour
        self._pace.setVisible(pace is not None)
        if pace is not None:
            self._pace.setText(menu.tr("{count:,} an hour").format(count=pace))
        has_pairs = queue.total > 0
        self._count.setVisible(has_pairs)
        self._progress.setVisible(has_pairs)
        self._people.setText(queue.annotator)
        if queue.is_list:
            title = menu.tr("Queue: a list")
        elif queue.settings.score_source:
            title = menu.tr("Queue: random + unsure")
        elif queue.settings.in_order:
            title = menu.tr("Queue: in order")
        else:
            title = menu.tr("Queue: random")
        self._queue.setText(title)


class QueueMenu(QMenu):
    """Which pairs to look at, and how they are picked."""

    all_wanted = Signal()
    disagreements_wanted = Signal()
    flagged_wanted = Signal()
    settings_wanted = Signal()
    judge_wanted = Signal()
    export_wanted = Signal()
    scores_wanted = Signal()
    keys_wanted = Signal()
    gold_wanted = Signal()
    gold_items_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._all = self._add(self.tr("Pairs to label"), self.all_wanted)
        self._disagreements = self._add("", self.disagreements_wanted)
        self._flagged = self._add("", self.flagged_wanted)
        self.addSeparator()
        self._add(self.tr("How pairs are picked…"), self.settings_wanted)
        self._add(self.tr("Score with a model…"), self.judge_wanted)
        self._add(self.tr("Write pairs to score…"), self.export_wanted)
        self._add(self.tr("Read scores…"), self.scores_wanted)
        self.addSeparator()
        self._gold = self._add(self.tr("Make this pair a gold item…"), self.gold_wanted)
        self._add(self.tr("Gold items…"), self.gold_items_wanted)
        self._add(self.tr("Keys…"), self.keys_wanted)

    def show_queue(self, queue: LabelQueue) -> None:
        """Show how many pairs each list has."""
        disputed, flagged = len(queue.disagreements), len(queue.flagged)
        self._disagreements.setText(
            self.tr("Disagreements to settle ({count})").format(count=disputed)
        )
        self._disagreements.setEnabled(disputed > 0)
        self._flagged.setText(self.tr("Flagged pairs ({count})").format(count=flagged))
        self._flagged.setEnabled(flagged > 0)
        self._gold.setEnabled(queue.current is not None)

    def _add(self, text: str, signal: object) -> QAction:
        made = self.addAction(text)
        made.triggered.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        return made


class PeopleMenu(QMenu):
    """Who is labelling: everybody with a profile here, and a new one."""

    chosen = Signal(str)
    new_wanted = Signal()
    merge_wanted = Signal()

    def show_people(self, names: list[str], chosen: str) -> None:
        self.clear()
        group = QActionGroup(self)
        for name in sorted({*names, chosen}, key=str.casefold):
            made = self.addAction(name)
            made.setCheckable(True)
            made.setChecked(name == chosen)
            made.triggered.connect(lambda _, name=name: self.chosen.emit(name))
            group.addAction(made)
        self.addSeparator()
        self.addAction(self.tr("New annotator…")).triggered.connect(self.new_wanted)
        self.addAction(self.tr("Merge another copy…")).triggered.connect(self.merge_wanted)


def _menu_button(name: str, menu: QMenu) -> QPushButton:
    made = button("")
    made.setObjectName(name)
    made.setMenu(menu)
    made.setProperty("menu", "true")
    made.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    return made
