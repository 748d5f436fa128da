"""What the panel's menus open: settings, keys, names, gold items, files of scores."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QDialog, QWidget

from workbench.core.changes import NO_CHANGES, Changes
from workbench.core.labelling import PickedBy
from workbench.core.preferences import Choice, Pair, choice_of_side
from workbench.store.merge import Merged
from workbench.ui import label_operations
from workbench.ui.context import Session
from workbench.ui.file_dialogs import ask_for_file, ask_for_folder, ask_where_to_save
from workbench.ui.panels.label.actions import KeyMap
from workbench.ui.panels.label.gold_items import GoldItemsDialog
from workbench.ui.panels.label.header import PeopleMenu, QueueMenu
from workbench.ui.panels.label.keys_dialog import KeysDialog
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.panels.label.settings_dialog import LabelSettingsDialog
from workbench.ui.panels.label.small_dialogs import GoldDialog, NameDialog
from workbench.ui.wording import count

ShowList = Callable[[list[str], str, PickedBy], object]


class Requests:
    """Dialogs open without stopping the event loop; each ends in an operation."""

    def __init__(self, owner: QWidget, session: Session, queue: Callable[[], LabelQueue]) -> None:
        self._owner = owner
        self._session = session
        self._queue = queue

    def answer(self, menu: QueueMenu, people: PeopleMenu) -> None:
        """Show in the menus what there is when they open, and answer what they ask for."""
        annotators = self._session.project.annotators
        menu.aboutToShow.connect(lambda: menu.show_queue(self._queue()))
        menu.settings_wanted.connect(self.settings)
        menu.export_wanted.connect(self.write_pairs)
        menu.scores_wanted.connect(self.read_scores)
        menu.gold_wanted.connect(self.gold)
        menu.gold_items_wanted.connect(self.gold_items)
        people.aboutToShow.connect(
            lambda: people.show_people(annotators.names(), self._queue().annotator)
        )
        people.merge_wanted.connect(self.merge)

    def settings(self) -> None:
        """How pairs are picked."""
        project, annotator = self._session.project, self._queue().annotator

        def show(by_reason: dict[str, int]) -> None:
            # As they are now: what the queue has read may be on its way still.
            dialog = LabelSettingsDialog(
                project.queue.settings(), project.scores.sources(), by_reason, self._owner
            )

            def use() -> None:
                self._session.change(
                    lambda: label_operations.change_label_settings(project, dialog.settings)
                )

            _open(dialog, use)

        read = partial(project.labels.picked, annotator)
        self._session.bridge.run(read, show, self._session.show_error, owner=self._owner)

    def keys(self, keymap: KeyMap, use: Callable[[KeyMap], object]) -> None:
        """Other keys."""
        dialog = KeysDialog(keymap, self._owner)
        _open(dialog, lambda: use(dialog.keymap))

    def new_annotator(self, use: Callable[[str], object]) -> None:
        """Another person to label as."""
        made: list[str] = []

        def add(typed: str) -> None:
            changes, name = label_operations.add_annotator(self._session.project, typed)
            made.append(name)
            self._session.apply(changes)

        dialog = NameDialog(add, self._owner)
        _open(dialog, lambda: use(made[-1]))

    def settle(self, show: ShowList) -> None:
        """The pairs that people disagree on now, or that there are none."""

        def take(pair_ids: list[str]) -> None:
            if pair_ids:
                why = self._owner.tr("Disagreements: your verdict settles each.")
                show(pair_ids, why, PickedBy.ADJUDICATION)
            else:
                said = self._owner.tr("Nobody disagrees: no pair has to be settled.")
                self._session.window.show_notice(said)

        read = self._session.project.queue.disagreements
        self._session.bridge.run(read, take, self._session.show_error, owner=self._owner)

    def look_at_flagged(self, show: ShowList) -> None:
        """The pairs that were flagged."""
        why = self._owner.tr("Flagged pairs: your verdict settles each.")
        show(list(self._queue().flagged), why, PickedBy.FLAGGED)

    def gold(self) -> None:
        """A known answer to the pair in view."""
        queue = self._queue()
        if queue.current is None:
            return
        shown = queue.current
        dialog = GoldDialog(self._owner)

        def accept() -> None:
            given = dialog.given
            if queue.current is not shown:
                return
            choice = given.choice or Choice.TIE
            if given.side is not None:
                choice = choice_of_side(given.side, shown.shown_left)
            explanation = dialog.explanation.text().strip()
            if self._session.change(lambda: queue.make_gold(choice, given.strength, explanation)):
                said = self._owner.tr("It is a gold item now: others are asked it now and then.")
                self._session.window.show_notice(said)

        _open(dialog, accept)

    def gold_items(self) -> None:
        """The gold items, and the way back to ordinary pairs."""
        project, session = self._session.project, self._session

        def unmark(pair_id: str) -> bool:
            return session.change(lambda: label_operations.unmark_gold(project, pair_id))

        def show(pairs: list[Pair]) -> None:
            _open(GoldItemsDialog(pairs, unmark, self._owner), lambda: None)

        def read() -> list[Pair]:
            pair_ids = project.gold.pair_ids()
            found = {pair.id: pair for pair in project.pairs.some(pair_ids)}
            return [found[pair_id] for pair_id in pair_ids]

        session.bridge.run(read, show, session.show_error, owner=self._owner)

    def read_scores(self) -> None:
        """Scores from a file, named after it."""
        title, filters = self._owner.tr("Read scores"), self._score_filters()
        ask_for_file(self._owner, self._session.settings, title, self.read_scores_from, filters)

    def read_scores_from(self, path: Path) -> None:
        """Read a file of scores while labelling goes on."""
        project = self._session.project
        counts: list[int] = []

        def work() -> Changes:
            changes, count = label_operations.import_scores(project, path, path.stem)
            counts.append(count)
            return changes

        def done() -> None:
            said = self._owner.tr("“{name}” scored {count:,} pairs: choose it in the queue's menu.")
            self._session.window.show_notice(said.format(name=path.stem, count=counts[-1]))

        self._session.change_later(work, owner=self._owner, then=done)

    def write_pairs(self) -> None:
        """The waiting pairs, for a model to score."""
        ask_where_to_save(
            self._owner, self._session.settings, self._owner.tr("Write pairs to score"),
            "pairs-to-score.jsonl", self.write_pairs_to, self._score_filters(),
        )  # fmt: skip

    def write_pairs_to(self, path: Path) -> None:
        """Write the file while labelling goes on."""
        project, annotator = self._session.project, self._queue().annotator
        counts: list[int] = []

        def work() -> Changes:
            counts.append(label_operations.export_pairs_to_score(project, path, annotator))
            return NO_CHANGES

        def done() -> None:
            said = self._owner.tr("{count:,} pairs are now in {name}.")
            self._session.window.show_notice(said.format(count=counts[-1], name=path.name))

        self._session.change_later(work, owner=self._owner, then=done)

    def merge(self) -> None:
        """Another annotator's copy of this project."""
        title = self._owner.tr("Folder of the other copy")
        ask_for_folder(self._owner, self._session.settings, title, self.merge_from)

    def merge_from(self, folder: Path) -> None:
        """Bring in another copy while labelling goes on."""
        project = self._session.project
        found: list[Merged] = []

        def work() -> Changes:
            changes, merged = label_operations.merge_copy(project, folder)
            found.append(merged)
            return changes

        def done() -> None:
            self._session.window.show_notice(self._what_came_in(found[-1], folder.name))

        self._session.change_later(work, owner=self._owner, then=done)

    def _what_came_in(self, merged: Merged, name: str) -> str:
        if not (merged.verdicts or merged.pairs or merged.datasets or merged.thrown):
            return self._owner.tr("No verdicts or pairs of {name} are new here.").format(name=name)
        verdicts = count(merged.verdicts, self._owner.tr("verdict"), self._owner.tr("verdicts"))
        pairs = count(merged.pairs, self._owner.tr("pair"), self._owner.tr("pairs"))
        said = self._owner.tr("{0} and {1} came in from {2}.").format(verdicts, pairs, name)
        if merged.thrown > 0:
            rows = count(merged.thrown, self._owner.tr("row"), self._owner.tr("rows"))
            said += " " + self._owner.tr("Thrown away there, and in the bin now: {0}.").format(rows)
        return said

    def _score_filters(self) -> list[str]:
        return [self._owner.tr("Scores (*.jsonl *.csv)")]


def _open(dialog: QDialog, accepted: Callable[[], object]) -> None:
    dialog.accepted.connect(lambda: accepted())
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
